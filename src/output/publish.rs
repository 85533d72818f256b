//! Publishes outputs after the commit, and retracts them when their run is rolled back.
#![expect(clippy::disallowed_methods, reason = "looks at the output folder")]

use super::kind::OutputKind;
use super::manifest::{Manifest, ManifestFile};
use super::paths::{MANIFEST_NAME, MANIFESTS, Output, OutputFile, RETRACTED, STAGING, failed};
use super::published::unreadable;
use crate::durable::folder_of;
use crate::error::{Error, Result};
use crate::ledger::RunId;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_128;

impl Output {
    /// Where each output of a run is staged, and where it goes; last the manifest, which stays until the others have gone. All
    /// below the folder.
    pub fn stages(manifest: &Manifest) -> Vec<(PathBuf, Option<PathBuf>)> {
        let staging = Path::new(STAGING).join(manifest.run().to_string());
        let way = |(file, listed): (OutputFile, &ManifestFile)| {
            (file.staged_in(&staging), Some(PathBuf::from(&listed.path)))
        };
        manifest.outputs().map(way).chain([(staging.join(MANIFEST_NAME), None)]).collect()
    }

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
        let places: Vec<PathBuf> = manifest.outputs().map(|(file, _)| self.path_of(file, run)).collect();
        let (staged_manifest, manifest_place) = (staging.join(MANIFEST_NAME), self.manifest_path(run));
        let folders = [&manifest_place].into_iter().chain(&places).map(|place| folder_of(place));
        // A file that is moved into a folder whose name is lost is lost.
        self.disk().create_folders(folders).map_err(|error| cannot_publish(self.folder(), &error))?;
        for ((file, _), place) in manifest.outputs().zip(&places) {
            self.move_into_place(&file.staged_in(&staging), place)?;
            if file.kind == OutputKind::Open {
                self.remove_other_views(file, run)?;
            }
        }
        self.sync_names(&places)?;
        self.move_into_place(&staged_manifest, &manifest_place)?;
        self.sync_names(&[manifest_place])?;
        self.discard_staging()
    }

    /// The name is not on the disk yet after it. Its folder is there.
    fn move_into_place(&self, staged: &Path, place: &Path) -> Result<()> {
        if !staged.exists() {
            return if place.exists() {
                Ok(())
            } else {
                Err(unreadable(place, "it is neither staged nor published"))
            };
        }
        self.disk().rename(staged, place).map_err(|error| cannot_publish(place, &error))
    }

    /// Brings the names of outputs to the disk: those that are in place since before a crash may not be there either.
    fn sync_names(&self, places: &[PathBuf]) -> Result<()> {
        let folders: BTreeSet<PathBuf> = places.iter().map(|place| folder_of(place).to_owned()).collect();
        self.sync_folders(&folders.into_iter().collect::<Vec<_>>())
    }

    fn sync_folders(&self, folders: &[PathBuf]) -> Result<()> {
        self.disk().sync_folders(folders).map_err(|error| cannot_publish(self.folder(), &error))
    }

    /// Brings to the disk what an earlier process has left in memory, if it ended before its syncs: the names of manifests, and those in
    /// the folders between which `unpublished` moves something.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if a folder cannot be synced.
    pub fn sync_found(&self, unpublished: Option<&Manifest>) -> Result<()> {
        let mut places = vec![self.folder().join(MANIFESTS).join(MANIFEST_NAME)];
        if let Some(manifest) = unpublished {
            places.extend(manifest.outputs().map(|(file, _)| self.path_of(file, manifest.run())));
            for run in manifest.retracts() {
                let moved = |file| [self.path_of(file, run), self.retracted_path_of(file, run)];
                places.extend(self.files_of(run)?.into_iter().flat_map(moved));
            }
        }
        let inside = |folder: &&Path| folder.starts_with(self.folder()) && folder.is_dir();
        let folders = places.iter().flat_map(|place| place.ancestors().skip(1));
        let found: BTreeSet<PathBuf> = folders.filter(inside).map(Path::to_owned).collect();
        self.sync_folders(&found.into_iter().collect::<Vec<_>>())
    }

    /// A view of open sessions replaces the previous one, whatever its format was.
    fn remove_other_views(&self, view: OutputFile, run: RunId) -> Result<()> {
        let others = OutputFile::all_whole().filter(|file| file.kind == OutputKind::Open && *file != view);
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
        for file in self.files_of(run)? {
            let (from, to) = (self.path_of(file, run), self.retracted_path_of(file, run));
            if !from.exists() {
                continue;
            }
            let folders = [&from, &to].map(|path| folder_of(path));
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

    /// The files that `run` has published. A run that has written no view of what is open has left that of an earlier one where it
    /// was. Where its manifest cannot be read, its files are found by their names, and every view is its own: nobody should take an
    /// unknown view for the present one.
    pub(super) fn files_of(&self, run: RunId) -> Result<Vec<OutputFile>> {
        if let Ok(Some(manifest)) = self.manifest_of(run) {
            return Ok(manifest.outputs().map(|(file, _)| file).collect());
        }
        let mut files: Vec<_> =
            OutputFile::all_whole().filter(|file| file.kind == OutputKind::Open).collect();
        for kind in OutputKind::ALL {
            let published = self.published_files(kind)?.into_iter();
            files.extend(published.filter(|(_, of)| *of == run).map(|(file, _)| file));
        }
        Ok(files)
    }
}

fn cannot_publish(place: &Path, error: &io::Error) -> Error {
    let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    let first = if full { "the disk is full: free some space; " } else { "" };
    failed("publish", place, error)
        .remedy(format!("{first}the run is committed, and the next run publishes it"))
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
