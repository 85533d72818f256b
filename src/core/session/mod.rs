//! An [`OpenSession`] may still grow; a [`Session`] is complete. Closing consumes the open one.

mod id;

pub use id::{NAMESPACE, SessionId};

use crate::core::aggregates::Accumulator;
use crate::core::event::{DateText, TimeText, Timestamp};

/// Why a session is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The key paused for longer than the gap.
    Gap,
    /// A finalize cut it.
    Finalize,
    /// The next event would have made it too long.
    MaxDuration,
    /// The next event would have been one too many.
    MaxEvents,
    /// The next event had another value in a column that splits.
    SplitOn,
    /// The next event was on another day.
    Midnight,
    /// The next event begins sessions.
    StartOn,
    /// Its last event ends sessions.
    EndOn,
    /// Nothing yet: it is shown while it is open.
    StillOpen,
}

impl CloseReason {
    /// The word in the `close_reason` column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Finalize => "finalize",
            Self::MaxDuration => "max-duration",
            Self::MaxEvents => "max-events",
            Self::SplitOn => "split-on",
            Self::Midnight => "midnight",
            Self::StartOn => "start-on",
            Self::EndOn => "end-on",
            Self::StillOpen => "open",
        }
    }
}

/// An event came before one that is already folded: the input is not ordered by time within its keys.
///
/// Only an event that is folded while later batches of the same run are still to come can meet this. Whoever sees it
/// starts over with all events of the run in order; nothing that the reducer emitted before may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfOrder;

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
    pub const fn close(self, key: &[u8], close_reason: CloseReason) -> Session<'_> {
        Session {
            key,
            start: self.start,
            ordinal: 0,
            end: self.last,
            events: self.events,
            close_reason,
            accumulators: &[],
            rows: &[],
        }
    }
}

/// A complete session: nothing changes it any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session<'k> {
    /// Whose it is.
    pub key: &'k [u8],
    /// Time of the first event.
    pub start: Timestamp,
    /// How many sessions of the key began at the same instant before; not zero only under split rules.
    pub ordinal: u32,
    /// Time of the last event.
    pub end: Timestamp,
    /// How many events it has.
    pub events: u64,
    /// Why it ended.
    pub close_reason: CloseReason,
    /// The accumulators of the aggregates, in their order.
    pub accumulators: &'k [Accumulator],
    /// Its rows in order, where events are emitted.
    pub rows: &'k [Vec<u8>],
}

impl Session<'_> {
    /// The id, a pure function of key, start and ordinal (rule 8). Costs one SHA-1 over about 60 bytes.
    pub fn id(&self) -> SessionId {
        SessionId::derive(self.key, self.start, self.ordinal)
    }

    /// [`Session::id`] and the text of the start, which it is made of.
    pub fn id_and_start(&self, date: &mut DateText) -> (SessionId, TimeText) {
        let start = self.start.text_after(date);
        (SessionId::derive_at(self.key, &start, self.ordinal), start)
    }

    /// Microseconds from the first to the last event.
    pub const fn duration_us(&self) -> i64 {
        self.end.us_since(self.start)
    }
}
