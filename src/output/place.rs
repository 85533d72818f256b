//! Checks before staging that the outputs of a run can be published: after the commit it is too late.

use super::kind::OutputKind;
use super::paths::{MANIFESTS, Output, OutputFile, RETRACTED, STAGING};
use crate::durable::folder_of;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Compares the content of the output folder with what `run` will publish.
///
/// # Errors
/// [`ErrorKind::Failed`] for a folder that is not one, a broken link, a folder on another file system than the rest, or a name
/// that is taken.
pub(super) fn check(output: &Output, run: RunId) -> Result<()> {
    let root = folder(output.folder())?;
    let kinds = OutputKind::ALL.map(OutputKind::name);
    for name in kinds.into_iter().chain([MANIFESTS, STAGING, RETRACTED]) {
        on_file_system(root, &output.folder().join(name))?;
    }
    let places =
        OutputFile::all_whole().map(|file| (output.path_of(file, run), file.kind == OutputKind::Open));
    let manifest = (output.manifest_path(run), false);
    places.chain([manifest]).try_for_each(|(place, is_replaced)| free(&place, is_replaced))
}

/// The same for one file of the run whose folder is only known now that it has rows.
///
/// # Errors
/// As [`check`].
pub(super) fn check_file(output: &Output, file: OutputFile, run: RunId) -> Result<()> {
    let place = output.path_of(file, run);
    on_file_system(folder(output.folder())?, folder_of(&place))?;
    free(&place, false)
}

/// Refuses a folder that is on another file system than the output folder, `root`.
fn on_file_system(root: Option<u64>, path: &Path) -> Result<()> {
    match (folder(path)?, root) {
        (Some(found), Some(root)) if found != root => Err(Error::new(
            ErrorKind::Failed,
            "this folder is on another file system than the output folder",
        )
        .at(path.display())
        .remedy(
            "outputs appear by a rename, which cannot leave a file system: link or mount the whole --out folder",
        )),
        _ => Ok(()),
    }
}

/// The file system of an existing folder, following links.
pub(super) fn folder(path: &Path) -> Result<Option<u64>> {
    let failed = |error: &io::Error| Error::io(ErrorKind::Failed, "look at the output folder", path, error);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(Some(found.dev())),
        Ok(_) => Err(Error::new(ErrorKind::Failed, "this is not a folder, but outputs are written here")
            .at(path.display())
            .remedy("move it away, or give another --out")),
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => {
            Ok(None)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::Failed, "this is a broken link")
                .at(path.display())
                .remedy("create the folder that it points to, or remove the link"))
        }
        Err(error) => Err(failed(&error)),
    }
}

/// A file that no run published belongs to somebody else and is not overwritten. A file that every run replaces may exist.
fn free(place: &Path, is_replaced: bool) -> Result<()> {
    if fs::symlink_metadata(place).map_or(true, |found| is_replaced && !found.is_dir()) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Failed, "this name is taken, but the output of this run is written here")
        .at(place.display())
        .remedy("move it away, or give another --out")
        .nothing_changed())
}
