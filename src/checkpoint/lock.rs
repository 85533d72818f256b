//! One run at a time: a lock file that the operating system frees when its holder dies.
#![expect(clippy::disallowed_methods, reason = "the lock is a file, and waiting for it sleeps")]

use super::checkpoint_error;
use crate::error::{Error, ErrorKind, Result};
use crate::event::Timestamp;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

const NAME: &str = "lock";
const PAUSE: Duration = Duration::from_millis(20);

/// The lock of a checkpoint; dropping it lets the next run in.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who asks, for the eyes of whoever finds the lock taken.
#[derive(Debug, Clone, Copy)]
pub struct LockHolder {
    /// The process.
    pub process: u32,
    /// Since when.
    pub since: Timestamp,
}

impl Lock {
    /// Takes the lock of the checkpoint in `folder`, which is created if it is not there; waits up to `wait` for it.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] with the holder if the time is over, [`ErrorKind::Failed`] if the file cannot be made.
    pub fn take(folder: &Path, holder: LockHolder, wait: Duration) -> Result<Self> {
        crate::durable::create_own_folder(folder).map_err(|error| {
            let failed = failed("create the state folder", folder, &error);
            let is_file = error.kind() == std::io::ErrorKind::AlreadyExists;
            if is_file { failed.remedy("give --state a folder, or a name that is free") } else { failed }
        })?;
        let path = folder.join(NAME);
        // Who may write in the folder must not make us write elsewhere.
        if std::fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(Error::new(ErrorKind::Failed, "the lock of the checkpoint is no file")
                .at(path.display())
                .remedy("find out who has put it there, then remove it: a run makes a new one"));
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed("open the lock file", &path, &error))?;
        wait_for(&mut file, &path, wait)?;
        let text = format!("process {} since {}\n", holder.process, holder.since);
        write_holder(&mut file, &text).map_err(|error| failed("write the lock file", &path, &error))?;
        Ok(Self { _file: file })
    }

    /// Takes the lock without leaving a trace in it, for a look that changes no byte; `None` where there is no
    /// checkpoint.
    ///
    /// # Errors
    /// As [`Lock::take`].
    pub fn take_unnamed(folder: &Path, wait: Duration) -> Result<Option<Self>> {
        let path = folder.join(NAME);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
                return Err(failed("open the lock file", &path, &error).remedy("give --state a folder"));
            }
            Err(error) => return Err(failed("open the lock file", &path, &error)),
        };
        wait_for(&mut file, &path, wait)?;
        Ok(Some(Self { _file: file }))
    }
}

fn wait_for(file: &mut File, path: &Path, wait: Duration) -> Result<()> {
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if start.elapsed() < wait => std::thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => return Err(locked(file, path)),
            Err(TryLockError::Error(error)) => {
                let what = format!("cannot lock: {error}");
                return Err(checkpoint_error(
                    path,
                    what,
                    "the state folder must be on a file system with locks",
                ));
            }
        }
    }
}

fn locked(file: &mut File, path: &Path) -> Error {
    let mut holder = String::new();
    let known = file.take(200).read_to_string(&mut holder).is_ok() && !holder.trim().is_empty();
    let who = if known { holder.trim().to_owned() } else { "an unknown process".to_owned() };
    Error::new(ErrorKind::Locked, format!("the checkpoint is in use by {who}"))
        .at(path.display())
        .remedy("wait for it to end, or give --wait a duration such as 10m")
}

fn write_holder(file: &mut File, text: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(text.as_bytes())
}

fn failed(action: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::io(ErrorKind::Failed, action, path, error)
}
