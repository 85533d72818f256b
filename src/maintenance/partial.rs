//! An incomplete backup: it grows next to its final place, under a name that shows that it is incomplete.
#![expect(clippy::disallowed_methods, reason = "makes and looks at the folder of a backup")]

use crate::durable::{Disk, folder_of};
use crate::error::{Error, ErrorKind, Result};
use crate::state::FolderLock;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file that marks such a folder. It is created first and removed last, so a folder without it is not a backup.
const MARK: &str = "unfinished-backup";

/// The folder of an incomplete backup.
#[derive(Debug)]
pub(super) struct PartialBackup {
    folder: PathBuf,
    disk: Disk,
    _lock: FolderLock,
}

impl PartialBackup {
    /// Begins the backup for `target`. What an earlier attempt left is used again.
    pub(super) fn begin(target: &Path) -> Result<Self> {
        let mut folder = target.as_os_str().to_owned();
        folder.push(".partial");
        let folder = PathBuf::from(folder);
        let failed = |error: io::Error| cannot_write(&folder, &error);
        let disk = Disk::default();
        if fs::symlink_metadata(&folder).is_ok() {
            expect_own(&folder)?;
        } else {
            disk.create_folder(&folder).map_err(failed)?;
        }
        let lock = FolderLock::take(&folder, Duration::ZERO)?.ok_or_else(|| {
            Error::new(ErrorKind::Locked, "another backup to this folder is running")
                .at(folder.display())
                .remedy("wait for it to end, or give the backup another name")
        })?;
        expect_own(&folder)?;
        let partial = Self { folder, disk, _lock: lock };
        partial.mark().map_err(|error| partial.failed(&error))?;
        Ok(partial)
    }

    fn mark(&self) -> io::Result<()> {
        let mark = self.folder.join(MARK);
        if !mark.exists() {
            self.disk.step("create file")?;
            let mut file = File::create_new(mark)?;
            file.write_all(b"A backup was begun here by sessionize, and is not whole.\n")?;
            self.disk.sync_file(&file)?;
            self.disk.sync_folder(&self.folder)?;
        }
        Ok(())
    }

    /// The disk of the backup.
    pub(super) const fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The place of the copy of the checkpoint.
    pub(super) fn state(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// The place of the copy of the output folder.
    pub(super) fn out(&self) -> PathBuf {
        self.folder.join("out")
    }

    /// Removes what was copied so far.
    pub(super) fn empty(&self) -> Result<()> {
        let removed = [self.state(), self.out()].iter().try_for_each(|copy| self.disk.remove_folder(copy));
        removed.map_err(|error| self.failed(&error))
    }

    /// Removes all of it, as far as possible. The next backup to this place removes the rest.
    pub(super) fn give_up(self) {
        let removed = self.empty().is_ok() && self.disk.remove_file(&self.folder.join(MARK)).is_ok();
        // It may contain files of somebody else.
        let _ = removed && fs::remove_dir(&self.folder).is_ok();
    }

    /// Moves it to its final place. The names of its two parts are on the disk before the mark goes.
    pub(super) fn finish(self, target: &Path) -> Result<()> {
        let disk = &self.disk;
        let moved = disk
            .sync_folder(&self.folder)
            .and_then(|()| disk.rename(&self.folder, target))
            .and_then(|()| disk.sync_folder(folder_of(target)))
            .and_then(|()| disk.remove_file(&target.join(MARK)))
            .and_then(|()| disk.sync_folder(target));
        moved.map_err(|error| cannot_write(target, &error))
    }

    /// The error for what cannot be written in it.
    pub(super) fn failed(&self, error: &io::Error) -> Error {
        cannot_write(&self.folder, error)
    }
}

/// Refuses a folder that is not a backup: it has content, but not the mark.
fn expect_own(folder: &Path) -> Result<()> {
    let is_own = || -> io::Result<bool> {
        let is_folder = fs::symlink_metadata(folder)?.is_dir();
        Ok(is_folder && (folder.join(MARK).is_file() || fs::read_dir(folder)?.next().is_none()))
    };
    if is_own().map_err(|error| cannot_write(folder, &error))? {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Usage, "a backup would be written under this name, but something else has it")
        .at(folder.display())
        .remedy("move it away, or give the backup another name")
        .nothing_changed())
}

fn cannot_write(folder: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, "write the backup", folder, error)
}
