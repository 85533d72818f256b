//! The threads of sled. It starts them at first use, and if it gets none, it waits forever.
#![expect(clippy::disallowed_methods, reason = "threads are tried out, and counted in /proc")]

use super::limits::are_threads_limited;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// The seven threads of sled 0.34, two that wake it after a failure, and three that read, decompress and write.
pub(super) const NEEDED: usize = 12;

/// How long threads that have ended may still count.
const LONGEST_END: Duration = Duration::from_millis(200);

const PAUSE: Duration = Duration::from_millis(1);

/// Set after the first check: the threads of sled live as long as the process.
static TRIED: AtomicBool = AtomicBool::new(false);

/// Starts as many threads at once as will be needed, and lets them end; but only where something limits them, because that takes as long
/// as all else that opening a small store does. Callers that need more have started them before.
///
/// # Errors
/// The error of the system when it gives no more threads.
pub(super) fn try_out() -> io::Result<()> {
    if TRIED.load(Ordering::Relaxed) || !are_threads_limited() {
        return Ok(());
    }
    let before = count();
    let gate = Arc::new(Mutex::new(()));
    let held = gate.lock().unwrap_or_else(PoisonError::into_inner);
    let start = |_| {
        let gate = Arc::clone(&gate);
        Builder::new().spawn(move || drop(gate.lock()))
    };
    let started: io::Result<Vec<JoinHandle<()>>> = (0..NEEDED).map(start).collect();
    drop(held);
    // They do nothing that could panic.
    started?.into_iter().for_each(|thread| drop(thread.join()));
    // The system counts a thread for a moment longer than a join waits.
    let since = Instant::now();
    while count() > before && since.elapsed() < LONGEST_END {
        std::thread::sleep(PAUSE);
    }
    TRIED.store(true, Ordering::Relaxed);
    Ok(())
}

/// The threads of this process; 0 if the system does not report them.
fn count() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}
