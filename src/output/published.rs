//! The content of the output folder: published or staged.
#![expect(clippy::disallowed_methods, reason = "looks at the output folder")]

use super::form::OutputForm;
use super::kind::OutputKind;
use super::manifest::Manifest;
use super::partitions::OutputDate;
use super::paths::{
    MANIFEST_NAME, MANIFESTS, Output, OutputFile, STAGING, failed, manifest_name, run_of_manifest,
};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

impl Output {
    /// The newest published run, from the newest manifest.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder of manifests is damaged, [`ErrorKind::Failed`] if it cannot be read, or is not a
    /// folder.
    pub fn newest_run(&self) -> Result<Option<RunId>> {
        Ok(names_of_manifests(self)?.into_iter().filter_map(|name| run_of_manifest(&name)).max())
    }

    /// The published runs, in their order: those of which a manifest is there.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder of manifests cannot be read.
    pub fn published_runs(&self) -> Result<Vec<RunId>> {
        let mut runs: Vec<_> =
            names_of_manifests(self)?.iter().filter_map(|name| run_of_manifest(name)).collect();
        runs.sort_unstable();
        Ok(runs)
    }

    /// The manifest of the newest published run.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if it cannot be read: nothing can be compared with a broken manifest.
    pub fn newest_manifest(&self) -> Result<Option<Manifest>> {
        let Some(newest) = self.newest_run()? else { return Ok(None) };
        let path = self.manifest_path(newest);
        let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error.to_string()))?;
        let manifest = Manifest::from_bytes(&bytes).map_err(|damage| unreadable(&path, &damage))?;
        if manifest.run() == newest {
            return Ok(Some(manifest));
        }
        Err(unreadable(&path, "it names another run than its file name"))
    }

    /// The manifest of one published run; `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if it cannot be read.
    pub fn manifest_of(&self, run: RunId) -> Result<Option<Manifest>> {
        let path = self.manifest_path(run);
        match fs::read(&path) {
            Ok(bytes) => Manifest::from_bytes(&bytes).map(Some).map_err(|damage| unreadable(&path, &damage)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unreadable(&path, &error.to_string())),
        }
    }

    /// Whether `run` published a view of open sessions in this form that still exists.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the manifest of the run cannot be read.
    pub fn has_view_of(&self, run: RunId, form: OutputForm) -> Result<bool> {
        let path = OutputFile::whole(OutputKind::Open, form).path_of(run);
        let is_listed = self.manifest_of(run)?.is_some_and(|manifest| manifest.lists(&path));
        Ok(is_listed && self.folder().join(path).exists())
    }

    /// The published files of this kind, each with its run.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder cannot be read.
    pub(super) fn published_files(&self, kind: OutputKind) -> Result<Vec<(OutputFile, RunId)>> {
        Self::files_below(self.folder(), kind)
    }

    /// The outputs of `run` that lie in their places, whatever manifests say. Views are none.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder cannot be read.
    pub fn outputs_of(&self, run: RunId) -> Result<Vec<OutputFile>> {
        let mut found = Vec::new();
        for kind in OutputKind::ALL.into_iter().filter(|kind| *kind != OutputKind::Open) {
            let all = self.published_files(kind)?.into_iter();
            found.extend(all.filter(|(_, of)| *of == run).map(|(file, _)| file));
        }
        Ok(found)
    }

    /// The files of this kind below `root`, where they have the names that they have in the output folder, each with its run.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder cannot be read.
    pub(super) fn files_below(root: &Path, kind: OutputKind) -> Result<Vec<(OutputFile, RunId)>> {
        let folder = root.join(kind.name());
        let names = names_in(&folder).map_err(|error| unreadable(&folder, &error.to_string()))?;
        let mut found = files_among(&names, kind, None);
        for date in dates_among(&names, kind) {
            let folder = folder.join(date.folder_name());
            let names = names_in(&folder).map_err(|error| unreadable(&folder, &error.to_string()))?;
            found.extend(files_among(&names, kind, Some(date)));
        }
        Ok(found)
    }

    /// The folders of days below `root` for outputs of this kind.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if the folder cannot be read.
    pub(super) fn days_below(root: &Path, kind: OutputKind) -> Result<Vec<PathBuf>> {
        let folder = root.join(kind.name());
        let names = names_in(&folder).map_err(|error| unreadable(&folder, &error.to_string()))?;
        Ok(dates_among(&names, kind).map(|date| folder.join(date.folder_name())).collect())
    }

    /// The manifest that is staged for `run`; `None` if it is missing, truncated or damaged.
    pub fn staged_manifest(&self, run: RunId) -> Option<Manifest> {
        let bytes = fs::read(self.staging_of(run).join(MANIFEST_NAME)).ok()?;
        Manifest::from_bytes(&bytes).ok()
    }

    /// Opens a file of a committed run, which is staged or already published.
    ///
    /// # Errors
    /// As [`fs::File::open`].
    pub(super) fn open(&self, file: OutputFile, run: RunId) -> io::Result<fs::File> {
        match fs::File::open(file.staged_in(&self.staging_of(run))) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::File::open(self.path_of(file, run)),
            opened => opened,
        }
    }

    /// Whether anything is staged.
    pub fn has_staging(&self) -> bool {
        self.folder().join(STAGING).exists()
    }

    /// Whether anything is staged for `run`.
    pub fn has_staging_of(&self, run: RunId) -> bool {
        self.staging_of(run).exists()
    }

    /// Published outputs of `run` that are missing, relative to the output folder, as its manifest lists them; the manifest
    /// itself if it cannot be read. Views of open sessions are left out, because each run replaces them.
    pub fn missing_of(&self, run: RunId) -> Vec<String> {
        let Ok(Some(manifest)) = self.manifest_of(run) else { return vec![manifest_name(run)] };
        let stays = manifest.outputs().filter(|(file, _)| file.kind != OutputKind::Open);
        let paths = stays.map(|(_, listed)| listed.path.clone());
        paths.filter(|path| is_gone(&self.folder().join(path))).collect()
    }
}

/// Whether this name is free. A broken link takes a name, and a folder that cannot be read does not.
pub(super) fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// The days that have a folder among the names in the folder of this kind.
fn dates_among(names: &[String], kind: OutputKind) -> impl Iterator<Item = OutputDate> {
    names.iter().filter(move |_| kind.has_partitions()).filter_map(|name| OutputDate::of_folder(name))
}

/// The outputs among the names in a folder of this kind and day.
fn files_among(names: &[String], kind: OutputKind, date: Option<OutputDate>) -> Vec<(OutputFile, RunId)> {
    let files = OutputFile::in_all_forms(kind, date);
    let of_name = |name: &String| files.clone().find_map(|file| file.run_of(name).map(|run| (file, run)));
    names.iter().filter_map(of_name).collect()
}

/// The names in the folder of manifests; none if it is not there.
pub(super) fn names_of_manifests(output: &Output) -> Result<Vec<String>> {
    let folder = output.folder().join(MANIFESTS);
    names_in(&folder).map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory => Error::new(ErrorKind::Failed, "the output folder is not a folder")
            .at(output.folder().display())
            .remedy("give --out a folder, or a name that is free"),
        io::ErrorKind::PermissionDenied => failed("read the folder of manifests", &folder, &error),
        _ => unreadable(&folder, &error.to_string()),
    })
}

/// The names in a folder; none if it does not exist.
pub(super) fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

pub(super) fn unreadable(path: &Path, damage: &str) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("the output of an earlier run cannot be trusted: {damage}"))
        .at(path.display())
        .remedy("restore a backup of the output folder together with its state folder")
}
