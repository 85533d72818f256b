//! A complete session: nothing changes it any more.

use super::{CloseReason, SessionId};
use crate::core::aggregates::Accumulator;
use crate::core::event::{DateText, TimeText, Timestamp};

/// A complete session as the fold hands it over: borrowed from what was its open state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletedSession<'k> {
    /// Whose it is.
    pub key: &'k [u8],
    /// Time of the first event.
    pub start: Timestamp,
    /// How many sessions of the key began at the same instant before; not zero only under split rules.
    pub ordinal: u32,
    /// Time of the last event, or the end of what the events cover.
    pub end: Timestamp,
    /// How many events it has.
    pub events: u64,
    /// Why it ended.
    pub close_reason: CloseReason,
    /// The accumulators of the aggregates, in their order.
    pub accumulators: &'k [Accumulator],
    /// The values of its events in order, each event packed, where events are emitted.
    pub rows: &'k [Vec<u8>],
}

impl CompletedSession<'_> {
    /// The id, a pure function of key, start and ordinal (rule 8). Costs one SHA-1 over about 60 bytes.
    pub fn id(&self) -> SessionId {
        SessionId::derive(self.key, self.start, self.ordinal)
    }

    /// [`CompletedSession::id`] and the text of the start, which it is made of.
    pub fn id_and_start(&self, date: &mut DateText) -> (SessionId, TimeText) {
        let start = self.start.text_after(date);
        (SessionId::derive_at(self.key, &start, self.ordinal), start)
    }

    /// Microseconds from the start to the end.
    pub const fn duration_us(&self) -> i64 {
        self.end.us_since(self.start)
    }
}
