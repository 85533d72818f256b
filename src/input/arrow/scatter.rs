//! Divides the events of some rows by partition before they go there: then a partition takes several events in a row, while its
//! memory is in the processor's cache.

use crate::core::event::{Event, Timestamp};
use crate::core::partition::{KeyHash, PARTITIONS};
use crate::input::batch::EventBatch;

/// Events in the order of arrival. None of them has a payload.
#[derive(Debug)]
pub(super) struct Scatter<'k> {
    events: Vec<Waiting<'k>>,
}

#[derive(Debug, Clone, Copy)]
struct Waiting<'k> {
    hash: KeyHash,
    time: Timestamp,
    key: &'k [u8],
}

impl<'k> Scatter<'k> {
    /// Room for the events of `rows` rows.
    pub(super) fn with_room(rows: usize) -> Self {
        Self { events: Vec::with_capacity(rows) }
    }

    /// Takes the next event.
    #[inline]
    pub(super) fn push(&mut self, time: Timestamp, key: &'k [u8]) {
        self.events.push(Waiting { hash: KeyHash::of(key), time, key });
    }

    /// Moves all events to `batch`. The order of the events of a partition stays.
    pub(super) fn flush(&mut self, batch: &mut EventBatch) {
        for place in order_by_partition(&self.events) {
            let Waiting { hash, time, key } = self.events[place];
            let event = Event { key, table_hash: hash.table(), time, payload: b"" };
            batch.push(hash, event);
        }
        self.events.clear();
    }
}

/// The places of `events` sorted by partition: a counting sort, which is stable and linear.
fn order_by_partition(events: &[Waiting<'_>]) -> Vec<usize> {
    let mut next = [0; PARTITIONS];
    for event in events {
        next[event.hash.partition().index()] += 1;
    }
    let mut start = 0;
    for place in &mut next {
        start += std::mem::replace(place, start);
    }
    let mut order = vec![0; events.len()];
    for (place, event) in events.iter().enumerate() {
        let next = &mut next[event.hash.partition().index()];
        order[*next] = place;
        *next += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::partition::PartitionId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn events_reach_their_partitions_as_one_by_one(
            events in prop::collection::vec(("[a-f]{1,3}", 0..1_000_i64), 0..300),
            flushes in prop::collection::vec(any::<bool>(), 300),
        ) {
            let (mut one_by_one, mut scattered) = (EventBatch::default(), EventBatch::default());
            let mut scatter = Scatter::with_room(0);
            for ((line, (key, us)), flushes) in (0..).zip(&events).zip(flushes) {
                let time = Timestamp::from_us(*us).unwrap();
                one_by_one.accept(time, key.as_bytes(), b"", line);
                scatter.push(time, key.as_bytes());
                if flushes {
                    scatter.flush(&mut scattered);
                }
            }
            scatter.flush(&mut scattered);
            for partition in PartitionId::all() {
                let [expected, found] = [&one_by_one, &scattered].map(|batch| batch.of_partition(partition));
                prop_assert_eq!(found.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            }
        }
    }
}
