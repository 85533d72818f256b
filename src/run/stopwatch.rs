//! The time of each phase of a run.
#![expect(clippy::disallowed_methods, reason = "phases are measured")]

use crate::output::PhasesUs;
use crate::report::Phases;
use std::time::{Duration, Instant};

/// The result of `act`, and how long it took.
pub(super) fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let given = act();
    (start.elapsed(), given)
}

/// Adds up the time of each phase.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    start: Instant,
    last: Instant,
    pub(super) phases: Phases,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { start: now, last: now, phases: Phases::default() }
    }

    /// Adds the time since the last call to the phase that `of` selects.
    pub(super) fn book(&mut self, of: impl FnOnce(&mut Phases) -> &mut f64) {
        let now = Instant::now();
        *of(&mut self.phases) += (now - self.last).as_secs_f64();
        self.last = now;
    }

    /// Divides the time since the last call between reading and reducing, which ran in parallel, in these proportions.
    pub(super) fn book_both(&mut self, read: Duration, reduce: Duration) {
        let now = Instant::now();
        let (passed, read, reduce) =
            ((now - self.last).as_secs_f64(), read.as_secs_f64(), reduce.as_secs_f64());
        let share = if reduce > 0.0 { reduce / (read + reduce) } else { 0.0 };
        self.phases.read += passed * (1.0 - share);
        self.phases.reduce += passed * share;
        self.last = now;
    }

    /// The phases before the commit, for a manifest.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time since a start")]
    pub(super) fn phases_us(&self) -> PhasesUs {
        let us = |seconds: f64| (seconds * 1e6) as u64;
        let Phases { open, read, reduce, stage, .. } = self.phases;
        PhasesUs { open: us(open), read: us(read), reduce: us(reduce), stage: us(stage) }
    }

    pub(super) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}
