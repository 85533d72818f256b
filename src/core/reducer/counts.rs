//! The counts of open state.

use crate::core::event::Timestamp;

/// The counts of the open state of a key, a partition or a checkpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// Keys with open state.
    pub keys: u64,
    /// Open sessions. A completed session that is still correctable does not count.
    pub sessions: u64,
    /// Events in open sessions, and waiting events.
    pub events: u64,
    /// The start of the oldest open session.
    pub oldest_start: Option<Timestamp>,
}

impl OpenCounts {
    /// The counts of one key, whose open session began at `start`.
    pub fn of_key(start: Option<Timestamp>, events: u64) -> Self {
        Self { keys: 1, sessions: u64::from(start.is_some()), events, oldest_start: start }
    }

    /// Adds the counts of other state.
    pub fn add(&mut self, other: Self) {
        self.keys += other.keys;
        self.sessions += other.sessions;
        self.events += other.events;
        self.oldest_start = self.oldest_start.into_iter().chain(other.oldest_start).min();
    }
}
