//! Guarded calls of sled: its assertions are caught, and a flush that failed is woken.
#![expect(clippy::disallowed_methods, reason = "measures how long a flush takes")]

use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Builder, Thread};
use std::time::{Duration, Instant};

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
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut flushed = pin!(db.flush_async());
    let (mut asked, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        if let Poll::Ready(flushed) = flushed.as_mut().poll(&mut Context::from_waker(&waker)) {
            return flushed.map(|_| ());
        }
        thread::park_timeout(pause.saturating_sub(asked.elapsed()));
        if asked.elapsed() >= pause {
            let db = db.clone();
            // If there is no thread for it now, there may be one after the next pause.
            let _ = Builder::new().spawn(move || guard(|| db.flush()));
            (asked, pause) = (Instant::now(), pause * 2);
        }
    }
}

/// Wakes the thread that waits for a flush. A thread of its own for the wait would take as long as most flushes do.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
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
