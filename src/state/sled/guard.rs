//! Guarded calls of sled: its assertions are caught, and a flush that failed is woken.

use std::io;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::Builder;
use std::time::Duration;

/// How long a flush may take before this module intervenes; most take a few milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// sled checks some of its input with assertions. A damaged file must not look like a crash of this program.
pub(super) fn guard<T>(work: impl FnOnce() -> sled::Result<T>) -> sled::Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(sled::Error::ReportableBug("its files contradict themselves".to_owned())))
}

/// sled's writing threads do not wake waiting threads when they fail: if the disk is full, `flush` never returns. Another flush
/// finds the error and wakes all.
pub(super) fn flush(db: &sled::Db) -> sled::Result<()> {
    let (done, waiting) = mpsc::channel::<()>();
    let waker = {
        let db = db.clone();
        Builder::new().spawn(move || {
            let mut pause = FIRST_PAUSE;
            while waiting.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let db = db.clone();
                // If there is no thread for it now, there may be one after the next pause.
                let _ = Builder::new().spawn(move || guard(|| db.flush()));
                pause *= 2;
            }
        })?
    };
    let flushed = db.flush();
    drop(done);
    // Its result does not matter.
    let _ = waker.join();
    flushed.map(|_| ())
}

/// Whether the environment is at fault, not the files.
pub(super) fn is_environment(error: &io::Error) -> bool {
    use io::ErrorKind as Io;
    /// EIO, ENFILE, EMFILE: they have no `io::ErrorKind`.
    const NAMELESS: [i32; 3] = [5, 23, 24];
    let kinds = [
        Io::StorageFull,
        Io::QuotaExceeded,
        Io::PermissionDenied,
        Io::ReadOnlyFilesystem,
        Io::OutOfMemory,
        Io::Interrupted,
        Io::FileTooLarge,
        Io::WouldBlock,
    ];
    kinds.contains(&error.kind()) || error.raw_os_error().is_some_and(|code| NAMELESS.contains(&code))
}
