//! The counts of sessions in an output, and of their events.

use crate::core::rules::RuleSet;
use crate::core::session::{Op, SessionBatch};
use crate::ledger::Counts;
use serde::Serialize;
use std::ops::{Add, AddAssign};

/// Sessions with their events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct SessionCounts {
    /// Completed sessions.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
    /// Retracted sessions.
    pub sessions_retracted: u64,
    /// Events in them.
    pub events_retracted: u64,
    /// Completed sessions that the session filter excluded, minus those that were retracted again.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
}

impl SessionCounts {
    /// The sessions of a batch, those that the session filter excludes not among them.
    pub fn of(sessions: &SessionBatch) -> Self {
        let mut counts = Self::default();
        for session in sessions.iter() {
            match session.op {
                Op::Insert => counts.complete(session.event_count),
                Op::Retract => counts.retract(session.event_count),
            }
        }
        counts
    }

    /// Leaves in `completed` what the session filter selects, and counts all of it.
    pub fn select(rules: &RuleSet, completed: &mut SessionBatch) -> Self {
        let filtered = rules.select_sessions(completed);
        Self { sessions_filtered: filtered.sessions, events_filtered: filtered.events, ..Self::of(completed) }
    }

    /// Adds these to the counts of a run.
    pub const fn add_to(self, counts: &mut Counts) {
        counts.sessions_completed += self.sessions_completed;
        counts.events_completed += self.events_completed;
        counts.sessions_retracted += self.sessions_retracted;
        counts.events_retracted += self.events_retracted;
        counts.sessions_filtered += self.sessions_filtered;
        counts.events_filtered += self.events_filtered;
    }

    /// Counts a completed session with this many events.
    pub fn complete(&mut self, events: u64) {
        self.sessions_completed += 1;
        self.events_completed += events;
    }

    /// Counts a retracted session with this many events.
    pub fn retract(&mut self, events: u64) {
        self.sessions_retracted += 1;
        self.events_retracted += events;
    }

    /// The number of rows: one for each completed session, and one for each retracted one.
    pub const fn rows(self) -> u64 {
        self.sessions_completed + self.sessions_retracted
    }
}

impl Add for SessionCounts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
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
