//! Completed sessions as typed values: the output of the fold and the input of encoders.

use super::event_rows::events_in;
use super::packed::PackedValues;
use super::{CloseReason, CompletedSession, Op, SessionId};
use crate::core::aggregates::Value;
use crate::core::event::{DateText, TimeText, Timestamp, Values};
use std::collections::BTreeMap;

/// The fields that every session has. Its other values are in the buffers of the batch, up to these ends.
#[derive(Debug, Clone, Copy)]
struct Fixed {
    start: Timestamp,
    end: Timestamp,
    event_count: u64,
    key_end: usize,
    values_end: usize,
    events_end: usize,
    ordinal: u32,
    close_reason: CloseReason,
    op: Op,
}

/// Completed sessions in the order in which the fold completes them.
///
/// All values of one kind share one buffer. So a batch needs no allocation for each session, and none at all once it has been
/// filled before: clear it and fill it again. Memory: 64 bytes for each session, its key, and the values that the rules keep.
#[derive(Debug, Clone, Default)]
pub struct SessionBatch {
    fixed: Vec<Fixed>,
    keys: Vec<u8>,
    values: PackedValues,
    /// The bytes of the [`super::EventRows`] of emitted events.
    events: Vec<u8>,
}

/// The capacity for the first sessions of a batch: memory that grows from nothing touches many fresh pages.
const FIRST_SESSIONS: usize = 128;

impl SessionBatch {
    /// Appends a session. Costs one copy of its values.
    pub fn push(&mut self, op: Op, session: &CompletedSession<'_>) {
        if self.fixed.capacity() == 0 {
            self.fixed.reserve(FIRST_SESSIONS);
        }
        self.keys.extend_from_slice(session.key);
        for accumulator in session.accumulators {
            self.values.push(&accumulator.value());
        }
        self.events.extend_from_slice(session.rows);
        self.fixed.push(Fixed {
            start: session.start,
            end: session.end,
            event_count: session.events,
            key_end: self.keys.len(),
            values_end: self.values.len(),
            events_end: self.events.len(),
            ordinal: session.ordinal,
            close_reason: session.close_reason,
            op,
        });
    }

    /// Keeps the sessions that `keep` selects, in their order. Costs one copy of what is kept.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Session<'_>) -> bool) {
        let mut kept = Self::default();
        for (fixed, session) in self.fixed.iter().zip(self.iter()).filter(|(_, session)| keep(session)) {
            kept.push_copy(fixed, &session);
        }
        *self = kept;
    }

    /// The sessions for which `part` says the same, in their order. Copies all of them.
    pub(crate) fn split_by<P: Ord>(&self, part: impl Fn(&Session<'_>) -> P) -> BTreeMap<P, Self> {
        let mut parts: BTreeMap<P, Self> = BTreeMap::new();
        for (fixed, session) in self.fixed.iter().zip(self.iter()) {
            parts.entry(part(&session)).or_default().push_copy(fixed, &session);
        }
        parts
    }

    fn push_copy(&mut self, fixed: &Fixed, session: &Session<'_>) {
        self.keys.extend_from_slice(session.key);
        for value in session.values() {
            self.values.push(&value);
        }
        self.events.extend_from_slice(session.events);
        self.fixed.push(Fixed {
            key_end: self.keys.len(),
            values_end: self.values.len(),
            events_end: self.events.len(),
            ..*fixed
        });
    }

    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.fixed.clear();
        self.keys.clear();
        self.values.clear();
        self.events.clear();
    }

    /// Returns the number of sessions.
    pub fn len(&self) -> usize {
        self.fixed.len()
    }

    /// Returns whether the batch has no sessions.
    pub fn is_empty(&self) -> bool {
        self.fixed.is_empty()
    }

    /// Iterates over the sessions in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Session<'_>> {
        let (mut key, mut values, mut events) = (0, 0, 0);
        self.fixed.iter().map(move |fixed| {
            let session = Session {
                op: fixed.op,
                key: &self.keys[key..fixed.key_end],
                start: fixed.start,
                end: fixed.end,
                ordinal: fixed.ordinal,
                event_count: fixed.event_count,
                close_reason: fixed.close_reason,
                values: &self.values,
                values_from: values,
                values_end: fixed.values_end,
                events: &self.events[events..fixed.events_end],
            };
            (key, values, events) = (fixed.key_end, fixed.values_end, fixed.events_end);
            session
        })
    }
}

/// A completed session of a [`SessionBatch`].
#[derive(Debug, Clone, Copy)]
pub struct Session<'b> {
    /// Whether the session is inserted or retracted. Always inserted, unless completed sessions are correctable.
    pub op: Op,
    /// The key. Byte 0x1E joins the parts of a composite key.
    pub key: &'b [u8],
    /// The time of the first event.
    pub start: Timestamp,
    /// The time of the last event. Where events have a duration, the latest end of an event.
    pub end: Timestamp,
    /// How many earlier sessions of the key have the same start. Not zero only under split rules.
    pub ordinal: u32,
    /// The number of events, at least one.
    pub event_count: u64,
    /// Why the session is complete.
    pub close_reason: CloseReason,
    values: &'b PackedValues,
    values_from: usize,
    values_end: usize,
    events: &'b [u8],
}

impl<'b> Session<'b> {
    /// Returns the id, which depends only on key, start and ordinal. Costs one SHA-1 of about 60 bytes.
    pub fn id(&self) -> SessionId {
        SessionId::derive(self.key, self.start, self.ordinal)
    }

    /// Returns [`Session::id`] and the text of the start, which is a part of it.
    pub(crate) fn id_and_start(&self, date: &mut DateText) -> (SessionId, TimeText) {
        let start = self.start.text_after(date);
        (SessionId::derive_at(self.key, &start, self.ordinal), start)
    }

    /// Returns the time from start to end, in microseconds.
    pub const fn duration_us(&self) -> i64 {
        self.end.us_since(self.start)
    }

    /// Iterates over the values of the aggregates, in the order of the definition.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Value<'b>> {
        let values = self.values;
        (self.values_from..self.values_end).map(|place| values.get(place))
    }

    /// Iterates over the events in order, each with the values of its columns. Empty if events are not emitted.
    pub fn events(&self) -> impl Iterator<Item = Values<'b>> {
        events_in(self.events).map(Values::of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::EventRows;
    use super::*;
    use crate::core::aggregates::{Bounds, Function};
    use crate::core::event::push_value;

    fn at(us: i64) -> Timestamp {
        Timestamp::from_us(us).unwrap()
    }

    #[test]
    fn sessions_come_back_in_order_with_their_values_and_events() {
        let mut pages = Function::named("first").unwrap().accumulator();
        pages.update(b"/home", Bounds { distinct: 1, list: 1 });
        let accumulators = [pages, Function::named("count").unwrap().accumulator()];
        let mut row = Vec::new();
        assert!(push_value(&mut row, b"ann") && push_value(&mut row, b"") && push_value(&mut row, b"a,b"));
        let rows: EventRows = [row.clone(), row].into_iter().collect();
        let plain = CompletedSession {
            key: b"ann",
            start: at(5),
            ordinal: 2,
            end: at(9),
            events: 4,
            close_reason: CloseReason::Split("max-events"),
            accumulators: &[],
            rows: &[],
        };
        let ruled = CompletedSession { key: b"", accumulators: &accumulators, rows: rows.bytes(), ..plain };
        let mut batch = SessionBatch::default();
        for _ in 0..2 {
            batch.clear();
            assert!(batch.is_empty());
            for (op, session) in [(Op::Insert, plain), (Op::Retract, ruled), (Op::Insert, plain)] {
                batch.push(op, &session);
            }
            let sessions: Vec<Session<'_>> = batch.iter().collect();
            assert_eq!((sessions.len(), batch.len()), (3, 3));
            assert_eq!(sessions.iter().map(|s| s.key).collect::<Vec<_>>(), [&b"ann"[..], b"", b"ann"]);
            assert_eq!(
                sessions.iter().map(|s| s.op).collect::<Vec<_>>(),
                [Op::Insert, Op::Retract, Op::Insert]
            );
            assert_eq!(sessions[1].values().collect::<Vec<_>>(), [Value::Text(b"/home"), Value::Int(0)]);
            let events: Vec<Vec<&[u8]>> = sessions[1].events().map(|event| event.iter().collect()).collect();
            assert_eq!(events, [[&b"ann"[..], b"", b"a,b"], [&b"ann"[..], b"", b"a,b"]]);
            for session in [&sessions[0], &sessions[2]] {
                assert_eq!((session.values().len(), session.events().count()), (0, 0));
                assert_eq!((session.start, session.end, session.duration_us()), (at(5), at(9), 4));
                assert_eq!((session.ordinal, session.event_count), (2, 4));
                assert_eq!(
                    (session.close_reason, session.id()),
                    (CloseReason::Split("max-events"), plain.id())
                );
            }
            let before: Vec<String> = batch.iter().map(|session| format!("{session:?}")).collect();
            batch.retain(|_| true);
            assert_eq!(batch.iter().map(|session| format!("{session:?}")).collect::<Vec<_>>(), before);
            let parts = batch.split_by(|session| session.op.name());
            let of_part =
                |op: &str| parts[op].iter().map(|s| format!("{:?} {:?}", s.key, s.start)).collect::<Vec<_>>();
            assert_eq!((parts.len(), parts["insert"].len(), of_part("insert").len()), (2, 2, 2));
            assert_eq!(parts["retract"].iter().next().unwrap().events().count(), 2);
            batch.retain(|session| session.op == Op::Retract);
            assert_eq!(format!("{batch:?}"), format!("{:?}", parts["retract"]));
            let kept: Vec<Session<'_>> = batch.iter().collect();
            assert_eq!((kept.len(), kept[0].key, kept[0].event_count), (1, &b""[..], 4));
            assert_eq!(kept[0].values().collect::<Vec<_>>(), [Value::Text(b"/home"), Value::Int(0)]);
            assert_eq!(kept[0].events().count(), 2);
        }
    }
}
