//! The decoded rows of a unit.

use super::lines::LineCounts;
use super::reason::Reason;
use crate::core::event::{Event, EventBuffer, Timestamp};
use crate::core::partition::{GROUPS, KeyHash, PartitionId};
use std::ops::Range;

/// A late or rejected row, on its way to a side output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SideRow {
    /// The line on which it begins, counted from 0 in the unit.
    pub line: u64,
    /// The reason.
    pub reason: Reason,
    /// The range of its bytes in [`EventBatch::side_bytes`].
    pub bytes: Range<usize>,
}

/// Events whose time is a number that `auto` counts from 1970 and that is before 1990: more often it is another kind of number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EarlyNumbers {
    /// Their number.
    pub rows: u64,
    /// The first of them.
    pub first: Option<EarlyNumber>,
}

/// A time that is a number before 1990.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlyNumber {
    /// Its line, counted from 0 in the unit.
    pub line: u64,
    /// Its text.
    pub text: Vec<u8>,
    /// The time that it was read as.
    pub time: Timestamp,
}

/// The decoded rows of a unit. The batch is cleared and filled again for each unit, and keeps its memory.
#[derive(Debug)]
pub struct EventBatch {
    /// Accepted events by group of partitions, in the order of arrival.
    pub groups: Vec<EventBuffer>,
    /// Data rows, without blank lines and headers.
    pub rows: u64,
    /// Rows that the row filter excludes.
    pub filtered: u64,
    /// Accepted events.
    pub accepted: u64,
    /// The counts of the lines of the unit, besides the first lines of rows.
    pub lines: LineCounts,
    /// The earliest accepted event.
    pub earliest: Option<Timestamp>,
    /// The first of the latest accepted events, and its line in the unit.
    pub latest: Option<(Timestamp, u64)>,
    /// The earliest event before the time from which events are accepted.
    pub earliest_late: Option<Timestamp>,
    /// The first event too far in the future.
    pub first_future: Option<Timestamp>,
    /// Accepted events whose time is a number before 1990.
    pub early_numbers: EarlyNumbers,
    /// The first text that is not a time, or a time too far in the future.
    pub first_odd_time: Option<Vec<u8>>,
    /// Rows for the side outputs, in the order of arrival.
    pub side_rows: Vec<SideRow>,
    /// Their bytes.
    pub side_bytes: Vec<u8>,
}

impl Default for EventBatch {
    fn default() -> Self {
        Self {
            groups: vec![EventBuffer::default(); GROUPS],
            rows: 0,
            filtered: 0,
            accepted: 0,
            lines: LineCounts::default(),
            earliest: None,
            latest: None,
            earliest_late: None,
            first_future: None,
            early_numbers: EarlyNumbers::default(),
            first_odd_time: None,
            side_rows: Vec::new(),
            side_bytes: Vec::new(),
        }
    }
}

impl EventBatch {
    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.groups.iter_mut().for_each(EventBuffer::clear);
        self.side_rows.clear();
        self.side_bytes.clear();
        (self.rows, self.filtered, self.accepted) = (0, 0, 0);
        self.lines = LineCounts::default();
        (self.earliest, self.latest) = (None, None);
        (self.earliest_late, self.first_future) = (None, None);
        (self.early_numbers, self.first_odd_time) = (EarlyNumbers::default(), None);
    }

    /// All accepted events, by group.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        self.groups.iter().flat_map(EventBuffer::iter)
    }

    /// The accepted events of one partition, in the order of arrival. Visits those of its group.
    pub fn of_partition(&self, partition: PartitionId) -> impl Iterator<Item = Event<'_>> {
        let of_group = self.groups[partition.group().0].iter();
        of_group.filter(move |event| PartitionId::of_table_hash(event.table_hash) == partition)
    }

    #[inline]
    pub(super) fn accept(&mut self, time: Timestamp, key: &[u8], payload: &[u8], line: u64) {
        self.count_accepted(time, line);
        let hash = KeyHash::of(key);
        self.push(hash, Event { key, table_hash: hash.table(), time, payload });
    }

    /// Puts an event into the group of its partition. It is counted besides.
    #[inline]
    pub(super) fn push(&mut self, hash: KeyHash, event: Event<'_>) {
        self.groups[hash.partition().group().0].push(event);
    }

    /// Counts an accepted event, which is in its group before the batch is read.
    #[inline]
    pub(super) fn count_accepted(&mut self, time: Timestamp, line: u64) {
        self.accepted += 1;
        if self.latest.is_none_or(|(latest, _)| latest < time) {
            self.latest = Some((time, line));
        }
        if self.earliest.is_none_or(|earliest| time < earliest) {
            self.earliest = Some(time);
        }
    }

    #[cold]
    pub(super) fn note_early_number(&mut self, line: u64, time: Timestamp, text: &[u8]) {
        self.early_numbers.rows += 1;
        self.early_numbers.first.get_or_insert_with(|| EarlyNumber { line, text: text.to_vec(), time });
    }

    pub(super) fn set_aside(&mut self, line: u64, reason: Reason, row: &[u8]) {
        let start = self.side_bytes.len();
        self.side_bytes.extend_from_slice(row);
        self.side_rows.push(SideRow { line, reason, bytes: start..self.side_bytes.len() });
    }
}
