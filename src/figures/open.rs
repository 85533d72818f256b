//! Open sessions, added up.

use super::bins::{Bins, DURATIONS, LENGTHS};
use crate::core::event::Timestamp;

/// How old, long and full the open sessions are.
#[derive(Debug, Clone)]
pub struct OpenFigures {
    /// From the start to the watermark.
    pub ages: Bins,
    /// By their number of events.
    pub lengths: Bins,
    /// From the first event to the last.
    pub durations: Bins,
}

impl Default for OpenFigures {
    fn default() -> Self {
        Self { ages: Bins::new(&DURATIONS), lengths: Bins::new(&LENGTHS), durations: Bins::new(&DURATIONS) }
    }
}

impl OpenFigures {
    /// Counts an open session at the time `now`. One that begins after it has no age yet.
    pub fn add(&mut self, start: Timestamp, end: Timestamp, event_count: u64, now: Timestamp) {
        self.ages.add(now.us_since(start).max(0), 1);
        self.lengths.add(i64::try_from(event_count).unwrap_or(i64::MAX), 1);
        self.durations.add(end.us_since(start), 1);
    }
}
