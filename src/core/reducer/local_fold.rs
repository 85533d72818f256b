//! A fold of some events before they go to their partitions: a partition then folds one part of a session where there were many
//! events.

use super::session_parts::{SessionPart, SessionParts};
use super::table::KeyTable;
use crate::core::event::Timestamp;
use crate::core::gap::Gap;
use crate::core::partition::{PARTITIONS, PartitionId};
use crate::core::session::{OpenSession, OutOfOrder};

/// Folds events by the gap alone into parts of sessions. It begins anew after each [`LocalFold::finish`], and keeps its memory: 110 bytes
/// for each key of up to 46 bytes, and 36 bytes for each part.
#[derive(Debug)]
pub struct LocalFold {
    gap: Gap,
    /// Each key with the number of its last part.
    table: KeyTable<Option<u32>>,
    /// In the order of their first events.
    parts: Vec<Part>,
    /// The numbers of the parts by partition.
    sorted: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Part {
    events: OpenSession,
    key: u32,
    table_hash: u32,
}

impl Part {
    const fn partition(&self) -> usize {
        PartitionId::of_table_hash(self.table_hash).index()
    }
}

impl LocalFold {
    /// A fold without events.
    pub fn new(gap: Gap) -> Self {
        Self { gap, table: KeyTable::default(), parts: Vec::new(), sorted: Vec::new() }
    }

    /// Takes the next event. Constant time.
    ///
    /// # Errors
    /// `OutOfOrder` if the last event of the key was later.
    #[inline]
    pub fn take(&mut self, key: &[u8], table_hash: u32, time: Timestamp) -> Result<(), OutOfOrder> {
        let number = self.table.number_of(key, table_hash);
        let last = self.table.state(number);
        let part = last.and_then(|place| self.parts.get_mut(place as usize));
        match part {
            Some(part) if time < part.events.last => return Err(OutOfOrder),
            Some(part) if self.gap.joins(part.events.last, time) => part.events.extend(time),
            _ => {
                // `None` could only come after 2^32 parts, and then makes more of them.
                *last = u32::try_from(self.parts.len()).ok();
                self.parts.push(Part { events: OpenSession::begin(time), key: number, table_hash });
            }
        }
        Ok(())
    }

    /// Adds the parts to `parts`: by partition, and in each in the order of their first events. Linear time.
    pub fn finish(&mut self, parts: &mut SessionParts) {
        self.sort();
        for &number in &self.sorted {
            let Part { events, key, table_hash } = self.parts[number as usize];
            parts.push(SessionPart { key: self.table.key(key), table_hash, events });
        }
        self.clear();
    }

    /// Forgets all events.
    pub fn clear(&mut self) {
        self.table.clear();
        self.parts.clear();
    }

    /// A counting sort, which is stable.
    fn sort(&mut self) {
        let mut next = [0; PARTITIONS];
        self.parts.iter().for_each(|part| next[part.partition()] += 1);
        let mut start = 0;
        for place in &mut next {
            start += std::mem::replace(place, start);
        }
        self.sorted.resize(self.parts.len(), 0);
        for (number, part) in (0..).zip(&self.parts) {
            let next = &mut next[part.partition()];
            self.sorted[*next] = number;
            *next += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Event;
    use crate::core::partition::{GROUPS, KeyHash};
    use crate::core::reducer::{Fold, GapReducer, KeyState};
    use crate::core::session::CompletedSession;
    use crate::core::watermark::Watermark;
    use proptest::prelude::*;

    const GAP: Gap = Gap::from_us(10);

    fn at(us: i64) -> Timestamp {
        Timestamp::from_us(us).unwrap()
    }

    /// A reducer with a stored key, and what it has completed.
    struct Reducing {
        reducer: GapReducer,
        completed: Vec<String>,
    }

    impl Reducing {
        fn new() -> Self {
            let mut reducer = GapReducer::new(GAP);
            let open = Some(OpenSession { start: at(-40), last: at(-4), events: 7 });
            reducer.restore(KeyState { key: b"b", open, buffered: &[] }, KeyHash::of(b"b").table());
            Self { reducer, completed: Vec::new() }
        }

        fn with<T>(
            &mut self,
            act: impl FnOnce(&mut GapReducer, &mut dyn FnMut(CompletedSession<'_>)) -> T,
        ) -> T {
            let completed = &mut self.completed;
            act(&mut self.reducer, &mut |session| completed.push(format!("{session:?}")))
        }

        fn take_events(&mut self, events: &[(String, i64)]) -> Result<(), OutOfOrder> {
            let mut events: Vec<Event<'_>> = events.iter().map(|(key, us)| event(key, *us)).collect();
            events.sort_by_key(|event| PartitionId::of_table_hash(event.table_hash));
            let horizon = Watermark::at(Timestamp::MAX);
            events
                .into_iter()
                .try_for_each(|event| self.with(|reducer, mut done| reducer.take(event, horizon, &mut done)))
        }

        fn take_parts(&mut self, parts: &SessionParts) -> Result<(), OutOfOrder> {
            (0..GROUPS).flat_map(|group| parts.of_group(group)).try_for_each(|part| {
                self.with(|reducer, mut done| reducer.take_part_in_order(part, &mut done))
            })
        }

        fn evict(&mut self, us: i64) {
            self.with(|reducer, mut done| reducer.evict_expired(Watermark::at(at(us)), &mut done));
        }

        /// What is completed and what is open, in order.
        fn result(mut self) -> Vec<String> {
            let completed = &mut self.completed;
            self.reducer.changes(|state, fate| completed.push(format!("{state:?} {fate:?}")));
            self.completed
        }
    }

    fn event(key: &str, us: i64) -> Event<'_> {
        let key = key.as_bytes();
        Event { key, table_hash: KeyHash::of(key).table(), time: at(us), payload: b"" }
    }

    /// `None` if the events of a key are out of order.
    fn parts_of(fold: &mut LocalFold, events: &[(String, i64)]) -> Option<SessionParts> {
        let mut parts = SessionParts::default();
        parts.push(SessionPart { key: b"cleared", table_hash: 7, events: OpenSession::begin(at(0)) });
        parts.clear();
        let taken = events.iter().map(|(key, us)| event(key, *us));
        let taken = taken.map(|event| fold.take(event.key, event.table_hash, event.time));
        let taken: Result<(), OutOfOrder> = taken.collect();
        if taken.is_err() {
            fold.clear();
        }
        fold.finish(&mut parts);
        taken.ok().map(|()| parts)
    }

    proptest! {
        /// Units of rows nearly in order, some of which have the keys of those before.
        #[test]
        fn parts_come_to_what_their_events_come_to(
            units in prop::collection::vec(prop::collection::vec(("[a-d]{1,2}|[e-f]{60}", 0..4_i64), 0..60), 1..5),
            back in prop::collection::vec(0..40_i64, 5),
            safe in prop::collection::vec(0..30_i64, 5),
        ) {
            let (mut by_event, mut by_part) = (Reducing::new(), Reducing::new());
            let (mut fold, mut us) = (LocalFold::new(GAP), 0);
            for ((unit, back), safe) in units.iter().zip(back).zip(safe) {
                // One unit in four begins before the end of the last one, so far that an event may be out of order.
                us -= (back - 30).max(0);
                let events: Vec<(String, i64)> = unit
                    .iter()
                    .map(|(key, step)| {
                        us += step;
                        (key.clone(), us)
                    })
                    .collect();
                let expected = by_event.take_events(&events);
                let parts = parts_of(&mut fold, &events).unwrap();
                prop_assert_eq!(by_part.take_parts(&parts), expected);
                if expected.is_err() {
                    return Ok(());
                }
                by_event.evict(us - safe);
                by_part.evict(us - safe);
            }
            prop_assert_eq!(by_part.result(), by_event.result());
        }
    }

    #[test]
    fn an_event_before_the_last_one_of_its_key_is_out_of_order_and_leaves_nothing() {
        let mut fold = LocalFold::new(GAP);
        let events = |all: &[(&str, i64)]| -> Vec<(String, i64)> {
            all.iter().map(|&(key, us)| (key.to_owned(), us)).collect()
        };
        assert!(parts_of(&mut fold, &events(&[("a", 5), ("b", 1), ("a", 4)])).is_none());
        let parts = parts_of(&mut fold, &events(&[("a", 3), ("a", 3), ("a", 13), ("a", 24)])).unwrap();
        let found: Vec<_> = (0..GROUPS).flat_map(|group| parts.of_group(group)).collect();
        let part = |start, last, events| SessionPart {
            key: b"a",
            table_hash: KeyHash::of(b"a").table(),
            events: OpenSession { start: at(start), last: at(last), events },
        };
        assert_eq!(found, [part(3, 13, 3), part(24, 24, 1)]);
    }

    #[test]
    fn an_event_that_waits_may_not_be_overtaken() {
        let mut reducing = Reducing::new();
        let take = |reducer: &mut GapReducer, mut done: &mut dyn FnMut(CompletedSession<'_>)| {
            reducer.take(event("c", 9), Watermark::at(at(8)), &mut done)
        };
        assert!(!reducing.reducer.has_waiting());
        reducing.with(take).unwrap();
        assert!(reducing.reducer.has_waiting());
        let parts = parts_of(&mut LocalFold::new(GAP), &[("a".to_owned(), 5)]).unwrap();
        assert_eq!(reducing.take_parts(&parts), Err(OutOfOrder));
    }
}
