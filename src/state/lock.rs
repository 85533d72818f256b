//! One run at a time: a lock on the folder itself, which the operating system releases when its holder dies.
//!
//! Nobody can remove the locked folder while a command works in it, unlike a file that exists only for the lock. The file
//! `lock` only names the holder.
#![expect(clippy::disallowed_methods, reason = "a folder is opened to lock it, and waiting for it sleeps")]

use super::damage::checkpoint_error;
use crate::core::event::Timestamp;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

const NOTE: &str = "lock";
const PAUSE: Duration = Duration::from_millis(20);

/// An exclusive lock on a folder. Dropping it lets the next process in.
#[derive(Debug)]
pub struct FolderLock {
    folder: File,
}

impl FolderLock {
    /// Takes the lock of the existing `folder`, and waits for it up to `wait`. `None` if another process still has it.
    ///
    /// One process cannot lock a folder twice: see [`FolderLock::is_on`].
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the folder cannot be opened, [`ErrorKind::Checkpoint`] if its file system has no locks.
    pub fn take(folder: &Path, wait: Duration) -> Result<Option<Self>> {
        let start = Instant::now();
        loop {
            let opened = File::open(folder).map_err(|error| failed("lock the folder", folder, &error))?;
            match opened.try_lock() {
                Ok(()) => {
                    let lock = Self { folder: opened };
                    // Another folder may have taken its place before it was locked.
                    if lock.is_on(folder) {
                        return Ok(Some(lock));
                    }
                }
                Err(TryLockError::WouldBlock) if start.elapsed() < wait => std::thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => {
                    let what = format!("cannot lock: {error}");
                    return Err(checkpoint_error(
                        folder,
                        what,
                        "the folder must be on a file system with locks",
                    ));
                }
            }
        }
    }

    /// Whether it is the lock of the folder at `path` now, whatever links and names lead to it.
    pub fn is_on(&self, path: &Path) -> bool {
        let (Ok(mine), Ok(found)) = (self.folder.metadata(), fs::metadata(path)) else { return false };
        (mine.dev(), mine.ino()) == (found.dev(), found.ino())
    }
}

/// The lock of a checkpoint. Dropping it lets the next run in.
#[derive(Debug)]
pub struct Lock {
    folder: FolderLock,
}

/// The process that asks for the lock, for the message of others that find it taken.
#[derive(Debug, Clone, Copy)]
pub struct LockHolder {
    /// The process.
    pub process: u32,
    /// The time of the lock.
    pub since: Timestamp,
}

impl Lock {
    /// Takes the lock of the checkpoint in `folder`, and waits for it up to `wait`. Creates the folder if it does not exist; its name is
    /// synced with the first sync of the store (see [`super::Checkpoint::keep_stream`]).
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] with the holder if the time is over, [`ErrorKind::Failed`] if the folder cannot be made.
    pub fn take(folder: &Path, disk: &Disk, holder: LockHolder, wait: Duration) -> Result<Self> {
        disk.create_own_folder_unsynced(folder).map_err(|error| {
            let failed = failed("create the state folder", folder, &error);
            let is_file = error.kind() == io::ErrorKind::AlreadyExists;
            if is_file { failed.remedy("give --state a folder, or a name that is free") } else { failed }
        })?;
        let lock = FolderLock::take(folder, wait)?.ok_or_else(|| in_use(folder, &noted_holder(folder)))?;
        note(folder, &format!("process {} since {}\n", holder.process, holder.since))?;
        Ok(Self { folder: lock })
    }

    /// Whether the checkpoint is in the folder at `path`.
    pub fn is_on(&self, path: &Path) -> bool {
        self.folder.is_on(path)
    }
}

/// The error if the checkpoint in `folder` is locked.
pub(super) fn in_use(folder: &Path, holder: &str) -> Error {
    Error::new(ErrorKind::Locked, format!("the checkpoint is in use by {holder}"))
        .at(folder.display())
        .remedy("wait for it to end, or give --wait a duration such as 10m")
}

/// The holder of the lock, if the note names it.
fn noted_holder(folder: &Path) -> String {
    let mut holder = String::new();
    let noted = File::open(folder.join(NOTE)).and_then(|file| file.take(200).read_to_string(&mut holder));
    if noted.is_ok() && !holder.trim().is_empty() { holder.trim() } else { "an unknown process" }.to_owned()
}

/// Writes who holds the lock.
fn note(folder: &Path, text: &str) -> Result<()> {
    let path = folder.join(NOTE);
    // Others who may write in the folder must not redirect our write elsewhere.
    if fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
        return Err(Error::new(ErrorKind::Failed, "the lock of the checkpoint is not a file")
            .at(path.display())
            .remedy("find out what created it, then remove it: a run creates a new one"));
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)
        .map_err(|error| failed("open the lock file", &path, &error))?;
    file.write_all(text.as_bytes()).map_err(|error| failed("write the lock file", &path, &error))
}

fn failed(action: &str, path: &Path, error: &io::Error) -> Error {
    Error::io(ErrorKind::Failed, action, path, error)
}
