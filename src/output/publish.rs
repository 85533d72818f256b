//! Publishes outputs after the commit, and retracts them when their run is rolled back.
#![expect(clippy::disallowed_methods, reason = "looks at the output folder")]

use super::kind::OutputKind;
use super::manifest::Manifest;
use super::paths::{MANIFEST_NAME, Output, OutputFile, RETRACTED, STAGING, failed};
use super::published::unreadable;
use crate::error::Result;
use crate::ledger::RunId;
use std::fs;
use std::io;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

impl Output {
    /// Removes everything that is staged.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be removed.
    pub fn discard_staging(&self) -> Result<()> {
        let staging = self.folder().join(STAGING);
        self.disk()
            .remove_folder(&staging)
            .map_err(|error| failed("remove what was staged", &staging, &error))
    }

    /// Compares the staged and published files of a committed run with its manifest. Linear in their bytes; only needed if
    /// another process staged them.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if a file is missing or differs.
    pub fn check_staged(&self, run: RunId, manifest: &Manifest) -> Result<()> {
        let staging = self.staging_of(run);
        for (file, listed) in manifest.outputs() {
            let (staged, place) = (file.staged_in(&staging), self.path_of(file, run));
            let found = if staged.exists() { staged } else { place };
            let bytes = fs::read(&found).map_err(|error| unreadable(&found, &error.to_string()))?;
            if bytes.len() as u64 != listed.bytes || format!("{:032x}", xxh3_128(&bytes)) != listed.digest {
                return Err(unreadable(&found, "it differs from what its run committed"));
            }
        }
        Ok(())
    }

    /// Moves the staged files of a committed run into place, its manifest last, and removes the staging folder.
    ///
    /// It can be repeated after any failure: what is already published stays there.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if a file cannot be moved, [`crate::error::ErrorKind::Checkpoint`] if one is
    /// missing.
    pub fn publish(&self, run: RunId, manifest: &Manifest) -> Result<()> {
        for retracted in manifest.retracts() {
            self.retract(retracted)?;
        }
        let staging = self.staging_of(run);
        for (file, _) in manifest.outputs() {
            self.move_into_place(&file.staged_in(&staging), &self.path_of(file, run))?;
            if file.kind == OutputKind::Open {
                self.remove_other_views(file, run)?;
            }
        }
        let staged = staging.join(MANIFEST_NAME);
        self.move_into_place(&staged, &self.manifest_path(run))?;
        self.discard_staging()
    }

    fn move_into_place(&self, staged: &Path, place: &Path) -> Result<()> {
        if !staged.exists() {
            return if place.exists() {
                Ok(())
            } else {
                Err(unreadable(place, "it is neither staged nor published"))
            };
        }
        let folder = place.parent().unwrap_or_else(|| self.folder());
        let disk = self.disk();
        let moved = disk
            .create_folder(folder)
            .and_then(|()| disk.rename(staged, place))
            .and_then(|()| disk.sync_folder(folder))
            .and_then(|()| disk.sync_folder(self.folder()));
        moved.map_err(|error| {
            let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            let first = if full { "the disk is full: free some space; " } else { "" };
            failed("publish", place, &error)
                .remedy(format!("{first}the run is committed, and the next run publishes it"))
        })
    }

    /// A view of open sessions replaces the previous one, whatever its format was.
    fn remove_other_views(&self, view: OutputFile, run: RunId) -> Result<()> {
        let others = OutputFile::all().filter(|file| file.kind == OutputKind::Open && *file != view);
        for place in others.map(|other| self.path_of(other, run)).filter(|place| place.is_file()) {
            self.disk().remove_file(&place).map_err(|error| {
                failed("remove the previous view", &place, &error)
                    .remedy("the run is committed, and the next run publishes it")
            })?;
        }
        Ok(())
    }

    /// Moves the outputs of `run` to `retracted/`. It can be repeated after any failure: what has been moved, or never existed,
    /// stays as it is.
    fn retract(&self, run: RunId) -> Result<()> {
        for file in OutputFile::all() {
            if file.kind == OutputKind::Open && !self.has_replaced_view(run) {
                continue;
            }
            let (from, to) = (self.path_of(file, run), self.retracted_path_of(file, run));
            if !from.exists() {
                continue;
            }
            let folders = [from.parent(), to.parent()].map(|folder| folder.unwrap_or_else(|| self.folder()));
            let disk = self.disk();
            let moved = disk
                .create_folder(folders[1])
                .and_then(|()| disk.rename(&from, &to))
                .and_then(|()| folders.iter().try_for_each(|folder| disk.sync_folder(folder)))
                .and_then(|()| disk.sync_folder(&self.folder().join(RETRACTED)))
                .and_then(|()| disk.sync_folder(self.folder()));
            moved.map_err(|error| {
                failed("retract", &from, &error)
                    .remedy("the rollback is committed, and the next run continues it")
            })?;
        }
        Ok(())
    }

    /// Whether the view of open sessions may be that of `run` or of a later run. A run that writes no view leaves the previous
    /// one. An unknown view is moved, so that nobody takes it for the present one.
    fn has_replaced_view(&self, run: RunId) -> bool {
        let manifest = self.manifest_of(run).ok().flatten();
        manifest.is_none_or(|manifest| manifest.file_of(OutputKind::Open).is_some())
    }
}
