//! The output folder and its names: the path of a file shows its run.

use super::OutputFormat;
use super::kind::OutputKind;
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

/// A kind of output in a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputFile {
    /// The content.
    pub kind: OutputKind,
    /// The format.
    pub format: OutputFormat,
}

impl OutputFile {
    /// All possible files, in the order of publishing.
    pub fn all() -> impl Iterator<Item = Self> {
        let of_kind = |kind| OutputFormat::ALL.iter().map(move |&format| Self { kind, format });
        OutputKind::ALL.into_iter().flat_map(of_kind)
    }

    /// The path of a run's file, relative to the output folder.
    pub fn path_of(self, run: RunId) -> String {
        let (folder, ending) = (self.kind.name(), self.format.ending());
        match self.kind {
            OutputKind::Open => format!("{folder}/latest.{ending}"),
            _ => format!("{folder}/{run}.{ending}"),
        }
    }

    /// The run whose file of this kind and format has this name in its folder.
    pub(super) fn run_of(self, name: &str) -> Option<RunId> {
        run_of(name, self.format.ending())
    }

    /// Its place in the staging folder.
    pub(super) fn staged_in(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.{}", self.kind.name(), self.format.ending()))
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

    /// Where each output of a run is staged, and where it is published. The manifest is last: it is published after the others.
    /// All paths are inside the folder.
    pub fn stages(run: RunId) -> Vec<(PathBuf, Option<PathBuf>)> {
        let staging = Path::new(STAGING).join(run.to_string());
        let way = |file: OutputFile| (file.staged_in(&staging), Some(file.path_of(run).into()));
        OutputFile::all().map(way).chain([(staging.join(MANIFEST_NAME), None)]).collect()
    }

    /// Whether `path`, inside the folder, is a staging path.
    pub fn is_staging(path: &Path) -> bool {
        path == Path::new(STAGING)
    }

    /// Whether `path`, inside the folder, is that of an output which later runs replace.
    pub fn is_replaced(path: &Path) -> bool {
        let mut views = OutputFile::all().filter(|file| file.kind == OutputKind::Open);
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
        for file in OutputFile::all().filter(|file| file.kind != OutputKind::Open) {
            let path = file.path_of(run);
            let (folder, name) = path.split_once('/').unwrap();
            assert_eq!((folder, file.run_of(name)), (file.kind.name(), Some(run)));
            assert_eq!(file.run_of(&format!("{name}.gz")), None);
        }
        let paths: BTreeSet<String> = OutputFile::all().map(|file| file.path_of(run)).collect();
        assert_eq!(paths.len(), OutputKind::ALL.len() * OutputFormat::ALL.len());
        assert_eq!(run_of_manifest("run-00000012.json"), Some(RunId::new(12)));
        assert_eq!(run_of_manifest("run-00000012json"), None);
    }
}
