//! How many sessions were written, or stand in an output, and how many events are in them.

use std::ops::AddAssign;

/// Sessions with their events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SessionCounts {
    /// Completed sessions.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
    /// Completed sessions that were taken back.
    pub sessions_retracted: u64,
    /// Events in them.
    pub events_retracted: u64,
    /// Sessions that were completed and not written, less those that were taken back.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
}

impl SessionCounts {
    /// Counts a completed session of so many events.
    pub fn complete(&mut self, events: u64) {
        self.sessions_completed += 1;
        self.events_completed += events;
    }

    /// Counts a session of so many events that was taken back.
    pub fn retract(&mut self, events: u64) {
        self.sessions_retracted += 1;
        self.events_retracted += events;
    }

    /// Rows that say so: one for each session that is complete, and one for each that is taken back.
    pub const fn rows(self) -> u64 {
        self.sessions_completed + self.sessions_retracted
    }
}

impl AddAssign for SessionCounts {
    fn add_assign(&mut self, other: Self) {
        self.sessions_completed += other.sessions_completed;
        self.events_completed += other.events_completed;
        self.sessions_retracted += other.sessions_retracted;
        self.events_retracted += other.events_retracted;
        self.sessions_filtered += other.sessions_filtered;
        self.events_filtered += other.events_filtered;
    }
}
