//! The threads that sled needs: it starts them when it first needs them, and where it gets none it waits for ever.
#![expect(clippy::disallowed_methods, reason = "threads are tried out, and counted in /proc")]

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// The seven that sled 0.34 keeps, two that wake it after a failure, and three that read, decompress and write beside it.
pub(super) const NEEDED: usize = 12;

/// How long threads that have ended may still count.
const LONGEST_END: Duration = Duration::from_millis(200);

const PAUSE: Duration = Duration::from_millis(1);

/// Set when it was tried once: those of sled stay as long as the process.
static TRIED: AtomicBool = AtomicBool::new(false);

/// Starts as many threads at once as will be needed, and lets them end. Whoever needs further ones has started them
/// before.
///
/// # Errors
/// What the system says when it gives no more.
pub(super) fn try_out() -> io::Result<()> {
    if TRIED.load(Ordering::Relaxed) {
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
    // The system counts a thread for a moment longer than one can wait for it.
    let since = Instant::now();
    while count() > before && since.elapsed() < LONGEST_END {
        std::thread::sleep(PAUSE);
    }
    TRIED.store(true, Ordering::Relaxed);
    Ok(())
}

/// Threads of this process; 0 where the system does not tell.
fn count() -> usize {
    std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
}
