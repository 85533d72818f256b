//! What happened in one piece of time.

use super::users::Users;

/// The sessions that began in a piece of time.
#[derive(Debug, Clone, Default)]
pub struct Slot {
    /// Sessions, without those that were taken back.
    pub sessions: i64,
    /// The events in them.
    pub events: i64,
    /// Their users.
    pub users: Users,
}

/// The numbers of a piece of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SlotCounts {
    /// Sessions.
    pub sessions: u64,
    /// Their events.
    pub events: u64,
    /// Their users.
    pub users: u64,
    /// Whether the number of users is an estimate.
    pub is_estimate: bool,
}

impl Slot {
    /// Its numbers.
    pub fn counts(&self) -> SlotCounts {
        SlotCounts {
            sessions: u64::try_from(self.sessions).unwrap_or(0),
            events: u64::try_from(self.events).unwrap_or(0),
            users: self.users.count(),
            is_estimate: self.users.is_estimate(),
        }
    }

    /// Counts a session; by how much more users are kept.
    pub(super) fn add(&mut self, events: i64, times: i64, user: u64) -> isize {
        self.sessions += times;
        self.events += events * times;
        if times > 0 { isize::from(self.users.insert(user)) } else { -isize::from(self.users.remove(user)) }
    }

    /// Adds another piece of time; how many users less are kept.
    pub(super) fn absorb(&mut self, other: Self) -> usize {
        self.sessions += other.sessions;
        self.events += other.events;
        self.users.absorb(other.users)
    }
}
