//! A consistent copy of state and manifests, checked after it was made.
#![expect(clippy::disallowed_methods, reason = "copies the state folder")]

use super::verify::verify;
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::Context;
use crate::report::BackupReport;
use crate::settings::CommonSettings;
use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Copies the checkpoint to `folder/state` and the output folder to `folder/out`, as they are between two runs: nothing can
/// change while it copies. The copy is verified, and appears under its name only when that has found nothing.
///
/// # Errors
/// [`ErrorKind::Usage`] if the folder is there already, [`ErrorKind::Failed`] if the copy cannot be written, and
/// [`ErrorKind::Checkpoint`] if the copy is not sound, because the original is not.
pub fn backup(common: &CommonSettings, folder: &Path) -> Result<BackupReport> {
    if folder.exists() {
        return Err(Error::new(
            ErrorKind::Usage,
            "a backup goes to a folder of its own, and this one is there",
        )
        .at(folder.display())
        .remedy("give the name of a new folder"));
    }
    for copied in [&common.state, &common.out] {
        if lies_inside(folder, copied) {
            return Err(Error::new(ErrorKind::Usage, "a backup cannot lie inside of what it copies")
                .at(folder.display())
                .remedy("give the name of a new folder elsewhere"));
        }
    }
    let mut partial = folder.as_os_str().to_owned();
    partial.push(".partial");
    let partial = Path::new(&partial);
    // The context recovers, and goes on to hold the lock; sled has nothing unwritten between two commits.
    let context = Context::open_existing(common)?;
    let failed = |error: io::Error| Error::io(ErrorKind::Failed, "write the backup", folder, &error);
    durable::remove_folder(partial).map_err(failed)?;
    let (state, out) = (partial.join("state"), partial.join("out"));
    let mut copied = copy_folder(&common.state, &state).map_err(failed)?;
    if common.out.is_dir() {
        copied.add(copy_folder(&common.out, &out).map_err(failed)?);
    }
    let run = context.checkpoint.head().map_or(0, |head| head.run.number());
    let report = verify(&CommonSettings { state, out, ..common.clone() })?;
    if let Some(finding) = report.findings.first() {
        let what = format!("the copy is not sound: {finding}");
        return Err(Error::new(ErrorKind::Checkpoint, what)
            .at(partial.display())
            .remedy("`sessionize verify` says what is wrong with the original"));
    }
    durable::rename(partial, folder).map_err(failed)?;
    durable::sync_folder(parent_of(folder)).map_err(failed)?;
    Ok(BackupReport { folder: folder.display().to_string(), run, files: copied.files, bytes: copied.bytes })
}

fn lies_inside(folder: &Path, copied: &Path) -> bool {
    // Folders above it may be missing too: the first one that is there tells where it would come to lie.
    let mut above = folder.ancestors().skip(1).map(|above| fs::canonicalize(above.join(".")));
    let above = above.find_map(std::result::Result::ok);
    above.is_some_and(|above| fs::canonicalize(copied).is_ok_and(|copied| above.starts_with(copied)))
}

/// The folder in which `path` stands.
pub(super) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// How much was copied.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Copied {
    files: u64,
    bytes: u64,
}

impl Copied {
    fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}

/// Copies a folder with everything in it and brings it to the disk. Links are followed: the copy stands alone.
pub(super) fn copy_folder(from: &Path, to: &Path) -> io::Result<Copied> {
    fs::create_dir_all(to)?;
    let mut copied = Copied::default();
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        let (source, target) = (from.join(&name), to.join(&name));
        if fs::metadata(&source)?.is_dir() {
            copied.add(copy_folder(&source, &target)?);
        } else {
            let bytes = fs::copy(&source, &target)?;
            durable::sync_file(&File::open(&target)?)?;
            copied.add(Copied { files: 1, bytes });
        }
    }
    durable::sync_folder(to)?;
    Ok(copied)
}
