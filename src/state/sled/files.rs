//! The files of sled from outside: their names, what a crash leaves of them, and who has them open.
#![expect(clippy::disallowed_methods, reason = "looks at the files of sled, and waits for who has them")]

use crate::durable::Disk;
use crate::error::Result;
use crate::state::lock::in_use;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

pub(super) const LOG: &str = "db";
pub(super) const CONFIGURATION: &str = "conf";
/// The folder of pages that are too large for the log. There should be none.
pub(super) const BLOBS: &str = "blobs";
const SNAPSHOTS: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// The holder of the log, although the lock of the checkpoint was free.
pub(super) const LOCKLESS: &str = "a process that does not hold its lock";

/// How long threads of sled may outlive the store.
const LONGEST_FAREWELL: Duration = Duration::from_secs(10);

/// How long the wait may take without a message.
const SILENT_FAREWELL: Duration = Duration::from_secs(1);

/// Whether `name` in a state folder is that of a file of sled.
pub(super) fn is_file_of_store(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == LOG || name == CONFIGURATION || name.starts_with(SNAPSHOTS) && !name.ends_with(UNFINISHED)
}

/// Waits until no thread of sled has its file in `folder` open, in this process or in one that is about to end: sled closes it
/// some time after the last use of a store. The caller holds the lock of the checkpoint, so no other command begins. Any other
/// program that has the file open, such as another version, is working and has damaged nothing.
pub(super) fn wait_until_free(folder: &Path) -> Result<()> {
    let start = Instant::now();
    let mut said = false;
    while is_taken(folder) {
        if start.elapsed() > LONGEST_FAREWELL {
            return Err(in_use(folder, LOCKLESS));
        }
        if !said && start.elapsed() > SILENT_FAREWELL {
            let folder = folder.display();
            log::warn!("{folder}: waiting up to ten seconds for a command that is about to end");
            said = true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Whether a store has the log in `folder` open.
pub(super) fn is_taken(folder: &Path) -> bool {
    let log = File::open(folder.join(LOG)).map(|log| log.try_lock());
    matches!(log, Ok(Err(TryLockError::WouldBlock)))
}

/// Removes what a crash in the middle of sled's own steps leaves: a half-written snapshot, which sled would take for the newest
/// one, snapshots replaced by a newer one, and all files next to a log that was never begun.
pub(super) fn remove_unfinished(folder: &Path, disk: &Disk) -> io::Result<()> {
    let unborn = fs::metadata(folder.join(LOG)).map_or(0, |log| log.len()) == 0;
    let mut snapshots = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_snapshot = name.starts_with(SNAPSHOTS);
        if is_snapshot && (unborn || name.ends_with(UNFINISHED)) || unborn && name == CONFIGURATION {
            disk.remove_file(&folder.join(&name))?;
        } else if is_snapshot {
            snapshots.push(name);
        }
    }
    // Their names contain the position in the log, with a fixed number of digits.
    snapshots.sort_unstable();
    let replaced = snapshots.len().saturating_sub(1);
    snapshots[..replaced].iter().try_for_each(|name| disk.remove_file(&folder.join(name)))
}
