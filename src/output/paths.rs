//! The output folder and its names: the path of a file shows its run.

use super::form::OutputForm;
use super::kind::OutputKind;
use super::partitions;
use super::partitions::OutputDate;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind};
use crate::ledger::RunId;
use std::io;
use std::path::{Path, PathBuf};

pub(super) const MANIFEST_NAME: &str = "manifest.json";
pub(super) const MANIFESTS: &str = "manifests";
pub(super) const STAGING: &str = ".staging";
/// The outputs of runs that were rolled back.
pub(super) const RETRACTED: &str = "retracted";

/// A kind of output in a form, and if it is partitioned the rows of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputFile {
    /// The content.
    pub kind: OutputKind,
    /// The form.
    pub form: OutputForm,
    /// The day whose rows it has; `None` if it has all.
    pub(super) date: Option<OutputDate>,
}

impl OutputFile {
    /// The file with all rows of its kind.
    pub const fn whole(kind: OutputKind, form: OutputForm) -> Self {
        Self { kind, form, date: None }
    }

    /// The same for the rows of one day, or of all.
    pub const fn of_date(self, date: Option<OutputDate>) -> Self {
        Self { date, ..self }
    }

    /// All possible files besides those of days, in the order of publishing.
    pub(super) fn all_whole() -> impl Iterator<Item = Self> {
        OutputKind::ALL.into_iter().flat_map(|kind| Self::in_all_forms(kind, None))
    }

    /// The possible files of a kind and a day.
    pub(super) fn in_all_forms(
        kind: OutputKind,
        date: Option<OutputDate>,
    ) -> impl Iterator<Item = Self> + Clone {
        OutputForm::all().map(move |form| Self { kind, form, date })
    }

    /// The path of a run's file, relative to the output folder.
    pub fn path_of(self, run: RunId) -> String {
        let ending = self.form.ending();
        let name = match self.kind {
            OutputKind::Open => format!("latest.{ending}"),
            _ => format!("{run}.{ending}"),
        };
        match self.date {
            Some(date) => format!("{}/{}/{name}", self.kind.name(), date.folder_name()),
            None => format!("{}/{name}", self.kind.name()),
        }
    }

    /// The pattern, as shells and databases know them, that fits the files of all days.
    pub(super) fn pattern_of(self, run: RunId) -> String {
        match self.date {
            Some(date) => {
                self.path_of(run).replace(&date.folder_name(), &format!("{}=*", partitions::COLUMN))
            }
            None => self.path_of(run),
        }
    }

    /// The file of `run` with this path, relative to the output folder.
    pub(super) fn of_path(path: &str, run: RunId) -> Option<Self> {
        let (folder, rest) = path.split_once('/')?;
        let kind = OutputKind::ALL.into_iter().find(|kind| kind.name() == folder)?;
        let date = match rest.split_once('/') {
            Some((folder, _)) if kind.has_partitions() => Some(OutputDate::of_folder(folder)?),
            _ => None,
        };
        Self::in_all_forms(kind, date).find(|file| file.path_of(run) == path)
    }

    /// The run whose file of this kind and form has this name in its folder.
    pub(super) fn run_of(self, name: &str) -> Option<RunId> {
        run_of(name, &self.form.ending())
    }

    /// Its place in the staging folder.
    pub(super) fn staged_in(self, folder: &Path) -> PathBuf {
        let (kind, ending) = (self.kind.name(), self.form.ending());
        match self.date {
            Some(date) => folder.join(format!("{kind}.{}.{ending}", date.folder_name())),
            None => folder.join(format!("{kind}.{ending}")),
        }
    }
}

/// The output folder.
#[derive(Debug, Clone)]
pub struct Output {
    folder: PathBuf,
    disk: Disk,
}

impl Output {
    /// The output folder `folder` of a command that writes through `disk`. Creates nothing.
    pub const fn at(folder: PathBuf, disk: Disk) -> Self {
        Self { folder, disk }
    }

    pub(super) const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// Its path.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn staging_of(&self, run: RunId) -> PathBuf {
        self.folder.join(STAGING).join(run.to_string())
    }

    pub(super) fn manifest_path(&self, run: RunId) -> PathBuf {
        self.folder.join(manifest_name(run))
    }

    /// The path of a file of a run.
    pub fn path_of(&self, file: OutputFile, run: RunId) -> PathBuf {
        self.folder.join(file.path_of(run))
    }

    /// The place of a run's file after a rollback of the run.
    pub(super) fn retracted_path_of(&self, file: OutputFile, run: RunId) -> PathBuf {
        self.folder.join(RETRACTED).join(file.path_of(run))
    }

    /// Whether `path`, inside the folder, is a staging path.
    pub fn is_staging(path: &Path) -> bool {
        path == Path::new(STAGING)
    }

    /// Whether `path`, inside the folder, is that of an output which later runs replace.
    pub fn is_replaced(path: &Path) -> bool {
        let mut views = OutputFile::all_whole().filter(|file| file.kind == OutputKind::Open);
        views.any(|view| path == Path::new(&view.path_of(RunId::new(0))))
    }
}

/// The path of a run's manifest, relative to the output folder.
pub(super) fn manifest_name(run: RunId) -> String {
    format!("{MANIFESTS}/{run}.json")
}

/// The run whose manifest has this name.
pub(super) fn run_of_manifest(name: &str) -> Option<RunId> {
    run_of(name, "json")
}

fn run_of(name: &str, ending: &str) -> Option<RunId> {
    let number = name.strip_prefix("run-")?.strip_suffix(ending)?.strip_suffix('.')?;
    number.parse().ok().map(RunId::new)
}

pub(super) fn failed(action: &str, path: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, action, path, error)
}

pub(super) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    failed("write the output", path, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_name_tells_its_run_and_every_file_has_one_of_its_own() {
        let run = RunId::new(7);
        let staging = Path::new("staging");
        let dates = ["session_date=2020-01-01", "session_date=2020-01-02"].map(OutputDate::of_folder);
        let of_dates = |file: OutputFile| dates.map(|date| OutputFile { date, ..file });
        let partitioned =
            OutputFile::all_whole().filter(|file| file.kind.has_partitions()).flat_map(of_dates);
        let all: Vec<OutputFile> = OutputFile::all_whole().chain(partitioned).collect();
        for file in &all {
            assert_eq!(OutputFile::of_path(&file.path_of(run), run), Some(*file));
            assert_eq!(OutputFile::of_path(&format!("{}.bz2", file.path_of(run)), run), None);
        }
        for file in OutputFile::all_whole().filter(|file| file.kind != OutputKind::Open) {
            let path = file.path_of(run);
            let (folder, name) = path.split_once('/').unwrap();
            assert_eq!((folder, file.run_of(name)), (file.kind.name(), Some(run)));
            assert_eq!(file.run_of(&format!("{name}.bz2")), None);
        }
        let paths: BTreeSet<String> = all.iter().map(|file| file.path_of(run)).collect();
        assert_eq!(paths.len(), (OutputKind::ALL.len() + 4) * OutputForm::all().count());
        let staged: BTreeSet<PathBuf> = all.iter().map(|file| file.staged_in(staging)).collect();
        assert_eq!(staged.len(), paths.len());
        for wrong in [
            "sessions/../run-00000007.csv",
            "sessions/session_date=2020-01-01/../run-00000007.csv",
            "late/session_date=2020-01-01/run-00000007.csv",
            "sessions/run-00000008.csv",
            "/sessions/run-00000007.csv",
        ] {
            assert_eq!(OutputFile::of_path(wrong, run), None, "{wrong}");
        }
        assert_eq!(run_of_manifest("run-00000012.json"), Some(RunId::new(12)));
        assert_eq!(run_of_manifest("run-00000012json"), None);
    }
}
