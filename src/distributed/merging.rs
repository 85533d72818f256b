//! Merges events of one session before the shuffle, so that less is shuffled.
//!
//! A part of a session is what events of one key come to that lie within the gap of each other. Parts of any cut, taken in the order
//! in which they begin, come to the sessions of their events.

use super::digest::EventsDigest;
use super::rows::{Part, RowsBuilder, bucket_of};
use crate::core::event::{Event, EventBuffer, Timestamp};
use crate::core::gap::Gap;
use crate::core::session::OpenSession;
use crate::core::watermark::Watermark;

/// Events up to this size are merged together: those of one session stand near each other in a batch that is roughly in order.
const MERGED_BYTES: usize = 32 << 20;

/// Events of one task that wait to be merged.
#[derive(Debug)]
pub(super) struct Merging {
    gap: Gap,
    horizon: Watermark,
    buckets: u32,
    events: EventBuffer,
}

impl Merging {
    /// Events up to `horizon` are folded in this run. Later ones wait, and are not merged.
    pub(super) fn new(gap: Gap, horizon: Watermark, buckets: u32) -> Self {
        Self { gap, horizon, buckets, events: EventBuffer::default() }
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: Event<'_>) {
        self.events.push(event);
    }

    pub(super) fn is_full(&self) -> bool {
        self.events.bytes().len() >= MERGED_BYTES
    }

    /// Writes what was taken as parts and events.
    pub(super) fn write(&mut self, rows: &mut RowsBuilder) {
        let mut sorted: Vec<Event<'_>> = self.events.iter().collect();
        sorted.sort_unstable_by_key(|event| (event.key, event.time));
        for of_key in sorted.chunk_by(|one, next| one.key == next.key) {
            self.write_key(of_key, rows);
        }
        self.events.clear();
    }

    fn write_key(&self, events: &[Event<'_>], rows: &mut RowsBuilder) {
        let Some(first) = events.first() else { return };
        let bucket = bucket_of(first.key, self.buckets);
        let (folded, waiting) =
            events.split_at(events.partition_point(|event| self.horizon.reaches(event.time)));
        let joins = |one: &Event<'_>, next: &Event<'_>| self.gap.joins(one.time, next.time);
        for part in folded.chunk_by(joins) {
            rows.part(bucket, first.key, &part_of(part, first.time), 0);
        }
        for event in waiting {
            rows.event(bucket, event, 0);
        }
    }
}

fn part_of(events: &[Event<'_>], first: Timestamp) -> Part {
    let start = events.first().map_or(first, |event| event.time);
    let last = events.last().map_or(start, |event| event.time);
    let mut digest = EventsDigest::default();
    for event in events {
        digest.add(EventsDigest::of(event));
    }
    Part { session: OpenSession { start, last, events: events.len() as u64 }, digest }
}
