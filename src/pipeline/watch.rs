//! What a command shares with whoever watches it: progress out, the wish to stop in; and the clock of its phases.
#![expect(clippy::disallowed_methods, reason = "phases are measured")]

use crate::error::{Error, ErrorKind, Result};
use crate::report::Phases;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Shared with signal handlers and the progress bar.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// Set by SIGINT and SIGTERM.
    pub interrupted: Arc<AtomicBool>,
    /// Set when nothing would be left behind by an end at any moment.
    pub leaves_nothing: Arc<AtomicBool>,
    /// Bytes of rows parsed so far.
    pub bytes_parsed: Arc<AtomicU64>,
}

impl Watch {
    /// Says that the command would leave something behind if it were ended at any moment.
    pub(super) fn hold_on(&self) {
        self.leaves_nothing.store(false, Ordering::Relaxed);
    }

    /// Says that the command may be ended at any moment from here on.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if somebody has wished so before.
    pub fn let_go(&self) -> Result<()> {
        self.leaves_nothing.store(true, Ordering::Relaxed);
        self.check()
    }

    /// Ends the run if somebody wishes so. Called wherever it can still end with nothing changed.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`].
    pub fn check(&self) -> Result<()> {
        if !self.interrupted.load(Ordering::Relaxed) {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Failed, "interrupted before the commit, nothing was changed")
            .remedy("run the same command again"))
    }
}

/// What `act` gives, and how long it took.
pub(super) fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let given = act();
    (start.elapsed(), given)
}

/// Adds up the time of each phase.
#[derive(Debug)]
pub(super) struct Stopwatch {
    start: Instant,
    last: Instant,
    pub(super) phases: Phases,
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        let now = Instant::now();
        Self { start: now, last: now, phases: Phases::default() }
    }

    /// Books the time since the last call on the phase that `of` picks.
    pub(super) fn book(&mut self, of: impl FnOnce(&mut Phases) -> &mut f64) {
        let now = Instant::now();
        *of(&mut self.phases) += (now - self.last).as_secs_f64();
        self.last = now;
    }

    /// Books the time since the last call on reading and reducing, which went on side by side, in these proportions.
    pub(super) fn book_both(&mut self, read: Duration, reduce: Duration) {
        let now = Instant::now();
        let (passed, read, reduce) =
            ((now - self.last).as_secs_f64(), read.as_secs_f64(), reduce.as_secs_f64());
        let share = if reduce > 0.0 { reduce / (read + reduce) } else { 0.0 };
        self.phases.read += passed * (1.0 - share);
        self.phases.reduce += passed * share;
        self.last = now;
    }

    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
