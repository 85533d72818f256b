//! Whether the outputs of a run can come to their places: looked at before anything is staged, for after the commit it is too
//! late to say no.

use super::kind::OutputKind;
use super::paths::{MANIFESTS, Output, OutputFile, RETRACTED, STAGING};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Holds what is in the output folder against what `run` is going to put there.
///
/// # Errors
/// [`ErrorKind::Failed`] for a folder that is none, a link that leads nowhere, a folder on another file system than the rest,
/// and a name that is taken.
pub(super) fn check(output: &Output, run: RunId) -> Result<()> {
    let root = folder(output.folder())?;
    let kinds = OutputKind::ALL.map(OutputKind::name);
    for name in kinds.into_iter().chain([MANIFESTS, STAGING, RETRACTED]) {
        let path = output.folder().join(name);
        if let (Some(found), Some(root)) = (folder(&path)?, root)
            && found != root
        {
            return Err(Error::new(ErrorKind::Failed, "this folder is on another file system than the output folder")
                .at(path.display())
                .remedy("outputs appear by a rename, which cannot leave a file system: link or mount the whole --out folder"));
        }
    }
    let places = OutputFile::all().map(|file| (output.path_of(file, run), file.kind == OutputKind::Open));
    let manifest = (output.manifest_path(run), false);
    places.chain([manifest]).try_for_each(|(place, is_replaced)| free(&place, is_replaced))
}

/// The file system of a folder that is there, behind whatever links.
pub(super) fn folder(path: &Path) -> Result<Option<u64>> {
    let failed = |error: &io::Error| Error::io(ErrorKind::Failed, "look at the output folder", path, error);
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(Some(found.dev())),
        Ok(_) => Err(Error::new(ErrorKind::Failed, "this is no folder, and outputs have to go there")
            .at(path.display())
            .remedy("move it away, or give another --out")),
        Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(path).is_err() => {
            Ok(None)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(Error::new(ErrorKind::Failed, "this is a link that leads nowhere")
                .at(path.display())
                .remedy("make the folder that it leads to, or remove the link"))
        }
        Err(error) => Err(failed(&error)),
    }
}

/// What no run has published is somebody else's: it is not written over. A file that every run replaces may be there.
fn free(place: &Path, is_replaced: bool) -> Result<()> {
    if fs::symlink_metadata(place).map_or(true, |found| is_replaced && !found.is_dir()) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Failed, "this name is taken, and the output of this run has to go there")
        .at(place.display())
        .remedy("move it away, or give another --out")
        .nothing_changed())
}
