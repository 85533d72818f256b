//! The names and steps of the real program, in the words of the model.

use crate::conformance::label::Label;
use crate::path::{Path, Run};

/// One of the outputs of a run. The model has one: a trace is held to it once for each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Output {
    /// The name of its folder.
    pub kind: String,
    /// The name of the folder of a day.
    pub day: Option<String>,
}

impl Output {
    /// The output with this name in the folder of a staged run.
    pub fn of_staged(name: &str) -> Option<Self> {
        let mut parts = name.split('.');
        let (kind, second) = (parts.next()?.to_owned(), parts.next()?);
        let is_output = !matches!(&*kind, "manifest" | "open");
        is_output.then(|| Self { kind, day: second.contains('=').then(|| second.to_owned()) })
    }

    /// The path in the model; `None` for what the model does not have: other outputs, files of sled, followers.
    pub fn path(&self, real: &str) -> Option<Path> {
        let parts: Vec<&str> = real.split('/').collect();
        let (kind, day) = (&*self.kind, self.day.as_deref());
        let placed = |run: &str| Some(Path::of_sessions(run_of(run)?, day.is_some()));
        let retracted = |run: &str| Some(Path::of_retracted(run_of(run)?, day.is_some()));
        match parts[..] {
            [""] => Some(Path::Root),
            ["sessionize-state"] => Some(Path::State(0)),
            ["sessionize-state", "db"] => Some(Path::Log(0)),
            ["sessionize-state", "conf"] => Some(Path::Conf(0)),
            ["sessionize-out"] => Some(Path::Out),
            ["sessionize-out", "owner.json"] => Some(Path::Owner),
            ["sessionize-out", "owner.json.partial"] => Some(Path::OwnerPartial),
            ["sessionize-out", ".staging"] => Some(Path::Staging),
            ["sessionize-out", ".staging", run] => Some(Path::StagedRun(run_of(run)?)),
            ["sessionize-out", ".staging", run, "manifest.json"] => Some(Path::StagedManifest(run_of(run)?)),
            ["sessionize-out", ".staging", run, file] if Self::of_staged(file).as_ref() == Some(self) => {
                Some(Path::StagedSessions(run_of(run)?))
            }
            ["sessionize-out", "manifests"] => Some(Path::Manifests),
            ["sessionize-out", "manifests", run] => Some(Path::Manifest(run_of(run)?)),
            ["sessionize-out", "retracted"] => Some(Path::RetractedFolder),
            ["sessionize-out", of] if of == kind => Some(Path::SessionsFolder),
            ["sessionize-out", of, run] if of == kind && day.is_none() => placed(run),
            ["sessionize-out", of, folder] if of == kind && day == Some(folder) => Some(Path::Day),
            ["sessionize-out", of, folder, run] if of == kind && day == Some(folder) => placed(run),
            ["sessionize-out", "retracted", of] if of == kind => Some(Path::RetractedSessions),
            ["sessionize-out", "retracted", of, run] if of == kind && day.is_none() => retracted(run),
            ["sessionize-out", "retracted", of, folder] if of == kind && day == Some(folder) => {
                Some(Path::RetractedDay)
            }
            ["sessionize-out", "retracted", of, folder, run] if of == kind && day == Some(folder) => {
                retracted(run)
            }
            _ => None,
        }
    }

    /// The label of a change of the disk; `None` for what the model does not have. What sled writes by itself is its own affair: the
    /// program says what it asks for ([`of_announced`]), and syncs the log itself.
    pub fn label(&self, change: char, real: &str, other: &str) -> Option<Label> {
        if real == "sessionize-state/lock" {
            return (change == 'W').then_some(Label::Lock);
        }
        let path = self.path(real)?;
        let is_of_sled = matches!(path, Path::Log(_) | Path::Conf(_));
        match change {
            'S' => Some(Label::Sync(path)),
            _ if is_of_sled => None,
            'M' => Some(Label::CreateFolder(path)),
            'C' => Some(Label::Create(path)),
            'W' => Some(Label::Write(path)),
            'R' => Some(Label::Rename(path, self.path(other)?)),
            'U' => Some(Label::Remove(path)),
            _ => None,
        }
    }
}

/// The label of a durable step that the program announces in its log, where no change of the disk tells as much.
pub fn of_announced(step: &str) -> Option<Label> {
    match step {
        "write state" => Some(Label::WriteStore),
        "commit" => Some(Label::Commit),
        _ => None,
    }
}

/// The number in `run-00000007` or `run-00000007.csv`.
fn run_of(name: &str) -> Option<Run> {
    name.strip_prefix("run-")?.split('.').next()?.parse().ok()
}
