//! An [`OpenSession`] may still grow; a [`Session`] is complete. Closing consumes the open one.

mod id;

pub use id::{NAMESPACE, SessionId};

use crate::event::Timestamp;

/// Why a session is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosedBy {
    /// The key paused for longer than the gap.
    Gap,
    /// A finalize cut it.
    Finalize,
}

impl ClosedBy {
    /// The word in the `closed_by` column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Finalize => "finalize",
        }
    }
}

/// A session that the next event of its key may extend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSession {
    /// Time of the first event.
    pub start: Timestamp,
    /// Time of the last event so far.
    pub last: Timestamp,
    /// Events so far, at least one.
    pub events: u64,
}

impl OpenSession {
    /// The session that begins with one event at `time`.
    pub const fn begin(time: Timestamp) -> Self {
        Self { start: time, last: time, events: 1 }
    }

    /// Takes one more event in. `time` is not before `last`: events are folded in time order.
    pub fn extend(&mut self, time: Timestamp) {
        self.last = time;
        self.events += 1;
    }

    /// The complete session.
    pub const fn close(self, key: &[u8], closed_by: ClosedBy) -> Session<'_> {
        Session { key, start: self.start, end: self.last, events: self.events, closed_by }
    }
}

/// A complete session: nothing changes it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session<'k> {
    /// Whose it is.
    pub key: &'k [u8],
    /// Time of the first event.
    pub start: Timestamp,
    /// Time of the last event.
    pub end: Timestamp,
    /// How many events it has.
    pub events: u64,
    /// Why it ended.
    pub closed_by: ClosedBy,
}

impl Session<'_> {
    /// The id, a pure function of key and start (rule 8). Costs one SHA-1 over about 60 bytes.
    pub fn id(&self) -> SessionId {
        // Two sessions of a key start at the same instant only under a split rule; the gap alone never does that.
        SessionId::derive(self.key, self.start, 0)
    }

    /// Microseconds from the first to the last event.
    pub const fn duration_us(&self) -> i64 {
        self.end.us_since(self.start)
    }
}
