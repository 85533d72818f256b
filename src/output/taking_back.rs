//! Puts back what a process has moved that had begun to publish a run whose commit is lost.
//!
//! Publishing comes after the commit. So outputs that have left the staging folder, or their places, for a run that the checkpoint does
//! not have tell that its store is older than it was: damaged, or put back from a copy.

use super::kind::OutputKind;
use super::manifest::Manifest;
use super::paths::{Output, failed};
use crate::durable::folder_of;
use crate::error::Result;
use crate::ledger::RunId;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

impl Output {
    /// Undoes what was published of the staged run: its outputs go back to the staging folder, and those that it has retracted go back
    /// to their places, as far as their runs are `active`. A view of open sessions stays: the next run replaces it. It can be repeated
    /// after any failure. Whether there was anything.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if a file cannot be moved.
    pub fn take_back(&self, staged: &Manifest, active: &BTreeSet<RunId>) -> Result<bool> {
        let moved = self.moved_by(staged, active)?;
        if moved.is_empty() {
            return Ok(false);
        }
        self.sync_found(Some(staged))?;
        for (from, to) in &moved {
            self.move_back(from, to)?;
        }
        Ok(true)
    }

    /// From where to where each file has to go. Several runs may have one view of open sessions.
    fn moved_by(&self, staged: &Manifest, active: &BTreeSet<RunId>) -> Result<BTreeMap<PathBuf, PathBuf>> {
        let (run, staging) = (staged.run(), self.staging_of(staged.run()));
        let published = staged.outputs().filter(|(file, _)| file.kind != OutputKind::Open);
        let mut ways: Vec<_> =
            published.map(|(file, _)| (self.path_of(file, run), file.staged_in(&staging))).collect();
        for run in staged.retracts().filter(|run| active.contains(run)) {
            let files = self.files_of(run)?.into_iter();
            ways.extend(files.map(|file| (self.retracted_path_of(file, run), self.path_of(file, run))));
        }
        Ok(ways.into_iter().filter(|(from, to)| from.exists() && !to.exists()).collect())
    }

    fn move_back(&self, from: &Path, to: &Path) -> Result<()> {
        let disk = self.disk();
        let moved = disk
            .create_folder(folder_of(to))
            .and_then(|()| disk.rename(from, to))
            .and_then(|()| [from, to].iter().try_for_each(|path| disk.sync_folder(folder_of(path))));
        moved.map_err(|error| failed("put back", from, &error).remedy("the next command goes on with it"))
    }
}
