//! A complete session.

use super::{CloseReason, SessionId};
use crate::core::aggregates::Accumulator;
use crate::core::event::{DateText, TimeText, Timestamp};

/// A complete session, borrowed from the state that the fold had of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompletedSession<'k> {
    /// The key.
    pub key: &'k [u8],
    /// The time of the first event.
    pub start: Timestamp,
    /// How many earlier sessions of the key have the same start. Not zero only under split rules.
    pub ordinal: u32,
    /// The time of the last event, or the latest end of an event.
    pub end: Timestamp,
    /// The number of events.
    pub events: u64,
    /// Why the session is complete.
    pub close_reason: CloseReason,
    /// The accumulators of the aggregates, in order.
    pub accumulators: &'k [Accumulator],
    /// The packed values of its events in order, each behind its length (4 bytes, little-endian). Empty if events are not emitted.
    pub rows: &'k [u8],
}

impl CompletedSession<'_> {
    /// The id, which depends only on key, start and ordinal (rule 8). Costs one SHA-1 of about 60 bytes.
    pub fn id(&self) -> SessionId {
        SessionId::derive(self.key, self.start, self.ordinal)
    }

    /// [`CompletedSession::id`] and the text of the start, which is a part of it.
    pub fn id_and_start(&self, date: &mut DateText) -> (SessionId, TimeText) {
        let start = self.start.text_after(date);
        (SessionId::derive_at(self.key, &start, self.ordinal), start)
    }

    /// The time from start to end, in microseconds.
    pub const fn duration_us(&self) -> i64 {
        self.end.us_since(self.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::session::OpenSession;

    #[test]
    fn its_duration_is_the_time_from_its_start_to_its_end() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let mut open = OpenSession::begin(at(3));
        open.extend(at(20));
        assert_eq!(open.close(b"a", CloseReason::Gap).duration_us(), 17);
    }
}
