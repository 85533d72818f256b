//! The machine: the clock, its processors, and the limit of open files.
#![expect(clippy::disallowed_methods, reason = "here the wall clock and /proc come in, as settings")]

use crate::core::event::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The wall clock.
pub(super) fn now() -> Timestamp {
    Timestamp::from_us(chrono::Utc::now().timestamp_micros()).unwrap_or(Timestamp::MAX)
}

/// Why `folder` is not safe for a checkpoint, if so: whoever may write in it can change what the next run trusts.
pub(super) fn doubt_about(folder: &Path) -> Option<String> {
    let found = std::fs::metadata(folder).ok().filter(Metadata::is_dir)?;
    if found.uid() != geteuid().as_raw() {
        return Some(format!("it belongs to another user ({})", found.uid()));
    }
    let others = [(0o002, "everybody"), (0o020, "its group")];
    let who = others.into_iter().find(|(bit, _)| found.mode() & bit != 0)?.1;
    Some(format!("{who} may write in it"))
}

/// The bytes that this user can still write below `folder`, if the system says so. A folder that is not there yet is on the disk of
/// the one above it.
pub(super) fn bytes_free(folder: &Path) -> Option<u64> {
    let folder = std::path::absolute(folder).ok()?;
    let disk = folder.ancestors().find_map(|folder| rustix::fs::statvfs(folder).ok())?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The processors that this process may use.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Open files besides those of a batch: the checkpoint, outputs, and what threads open.
const OTHER_FILES: u64 = 32;

/// Raises the limit of open files as far as the system allows: all files of a batch are open at once, and a backfill may name
/// thousands of them.
///
/// # Errors
/// [`ErrorKind::Failed`] if that is not enough for `files`.
/// [`ErrorKind::Failed`] if that is not enough for `files`.
pub(super) fn allow_open_files(files: usize) -> Result<()> {
    let allowed = getrlimit(Resource::Nofile);
    // If the system refuses, the limit stays as it is.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: allowed.maximum, ..allowed });
    match getrlimit(Resource::Nofile).current {
        Some(limit) if (files as u64).saturating_add(OTHER_FILES) > limit => {
            let what = format!(
                "the batch has {files} files, and the limit of open files is {limit}, of which {OTHER_FILES} are needed besides"
            );
            Err(Error::new(ErrorKind::Failed, what)
                .remedy("give fewer files at once, or raise the limit (ulimit -n)")
                .nothing_changed())
        }
        _ => Ok(()),
    }
}
