//! How much is open.

use crate::core::event::Timestamp;

/// What is open of one key, a partition or a whole state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenCounts {
    /// Keys with anything open.
    pub keys: u64,
    /// Open sessions. Where completed sessions stay correctable they are complete, and do not count.
    pub sessions: u64,
    /// Events in them, and events that wait.
    pub events: u64,
    /// Start of the oldest open session.
    pub oldest_start: Option<Timestamp>,
}

impl OpenCounts {
    /// Of one key, whose open session has begun at `start`.
    pub fn of_key(start: Option<Timestamp>, events: u64) -> Self {
        Self { keys: 1, sessions: u64::from(start.is_some()), events, oldest_start: start }
    }

    /// Adds what is open elsewhere.
    pub fn add(&mut self, other: Self) {
        self.keys += other.keys;
        self.sessions += other.sessions;
        self.events += other.events;
        self.oldest_start = self.oldest_start.into_iter().chain(other.oldest_start).min();
    }
}
