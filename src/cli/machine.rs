//! What is asked of the machine: the clock, its processors, its memory, how many files it lets us have open.
#![expect(clippy::disallowed_methods, reason = "here the wall clock and /proc come in, as settings")]

use crate::event::Timestamp;
use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// The wall clock.
pub(super) fn now() -> Timestamp {
    Timestamp::from_us(chrono::Utc::now().timestamp_micros()).unwrap_or(Timestamp::MAX)
}

/// What speaks against keeping a checkpoint in `folder`, if anything: who may write in it decides what the next run takes
/// for its own past.
pub(super) fn doubt_about(folder: &Path) -> Option<String> {
    let found = std::fs::metadata(folder).ok().filter(Metadata::is_dir)?;
    if found.uid() != geteuid().as_raw() {
        return Some(format!("it belongs to another user ({})", found.uid()));
    }
    let others = [(0o002, "everybody"), (0o020, "its group")];
    let who = others.into_iter().find(|(bit, _)| found.mode() & bit != 0)?.1;
    Some(format!("{who} may write in it"))
}

/// Processors that this process may use.
pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A quarter of the machine's memory, or 1 GiB where it does not tell.
pub(super) fn quarter_of_memory_bytes() -> usize {
    let total_kib = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("MemTotal:"))?;
        line.split_whitespace().nth(1)?.parse::<usize>().ok()
    });
    total_kib.map_or(1 << 30, |kib| kib / 4 * 1024)
}

/// Asks for as many open files as the system allows: all files of a batch are open at once, and a backfill may name
/// thousands of them.
pub(super) fn allow_many_open_files() {
    let allowed = getrlimit(Resource::Nofile);
    // Where it is not granted, opening the file that is one too many says so.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: allowed.maximum, ..allowed });
}
