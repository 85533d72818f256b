//! A session that may still grow.

use super::{CloseReason, CompletedSession};
use crate::core::event::Timestamp;

/// A session that the next event of its key may extend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSession {
    /// The time of the first event.
    pub start: Timestamp,
    /// The time of the last event so far.
    pub last: Timestamp,
    /// The number of events so far, at least one.
    pub events: u64,
}

impl OpenSession {
    /// A session of one event at `time`.
    pub const fn begin(time: Timestamp) -> Self {
        Self { start: time, last: time, events: 1 }
    }

    /// Adds an event. `time` must not be before `last`: events are folded in time order.
    pub fn extend(&mut self, time: Timestamp) {
        self.last = time;
        self.events += 1;
    }

    /// Adds the events of a part that begins after the start, and not later than the gap after `last`.
    pub fn join(&mut self, part: Self) {
        self.last = self.last.max(part.last);
        self.events += part.events;
    }

    /// Returns the complete session.
    pub const fn close(self, key: &[u8], close_reason: CloseReason) -> CompletedSession<'_> {
        CompletedSession {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_joins_brings_its_events_and_may_end_within_the_session() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let session = |last, events| OpenSession { start: at(0), last: at(last), events };
        for (last, expected) in [(3, session(9, 7)), (12, session(12, 7))] {
            let mut open = session(9, 5);
            open.join(OpenSession { start: at(2), last: at(last), events: 2 });
            assert_eq!(open, expected);
        }
    }
}
