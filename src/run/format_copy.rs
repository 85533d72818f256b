//! The copy of a checkpoint in an older format, made before anything is written in the newest format.
#![expect(clippy::disallowed_methods, reason = "copies the state folder")]

use crate::durable::{Disk, folder_of};
use crate::error::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Copies a state folder of format `version` next to it, once. Returns the path of the copy.
///
/// # Errors
/// [`ErrorKind::Failed`] if it cannot be written.
pub(crate) fn keep_copy(state: &Path, version: u32, disk: &Disk) -> Result<PathBuf> {
    let beside = |finish: &str| {
        let mut name = state.file_name().unwrap_or_default().to_owned();
        name.push(format!(".format-{version}{finish}"));
        state.with_file_name(name)
    };
    let (kept, partial) = (beside(""), beside(".partial"));
    if kept.exists() {
        return Ok(kept);
    }
    let copied = disk
        .remove_folder(&partial)
        .and_then(|()| copy_folder(state, &partial, disk))
        .and_then(|()| disk.rename(&partial, &kept))
        .and_then(|()| disk.sync_folder(folder_of(&kept)));
    copied.map_err(|error| {
        Error::io(ErrorKind::Failed, "keep a copy of the state folder before it is migrated", &kept, &error)
    })?;
    Ok(kept)
}

/// Copies a folder with its content, and syncs the copy. Links are followed, so the copy is independent.
fn copy_folder(from: &Path, to: &Path, disk: &Disk) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        let (source, target) = (from.join(&name), to.join(&name));
        if fs::metadata(&source)?.is_dir() {
            copy_folder(&source, &target, disk)?;
        } else {
            fs::copy(&source, &target)?;
            disk.sync_file(&File::open(&target)?)?;
        }
    }
    disk.sync_folder(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_kept_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        std::fs::create_dir_all(state.join("blobs")).unwrap();
        std::fs::write(state.join("db"), b"old").unwrap();
        let kept = keep_copy(&state, 1, &Disk::default()).unwrap();
        assert_eq!(kept, folder.path().join("state.format-1"));
        std::fs::write(state.join("db"), b"new").unwrap();
        assert_eq!(keep_copy(&state, 1, &Disk::default()).unwrap(), kept);
        assert_eq!(std::fs::read(kept.join("db")).unwrap(), b"old");
        assert!(kept.join("blobs").is_dir());
    }
}
