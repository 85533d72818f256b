//! The rows that an engine moves between tasks: bucket, key, kind, time, number, payload. Their order is the order of the fold.

use super::digest::EventsDigest;
use crate::core::event::{Event, Timestamp};
use crate::core::partition::KeyHash;
use crate::core::session::OpenSession;
use crate::error::{Error, ErrorKind, Result};
use arrow_array::builder::{BinaryBuilder, Int32Builder, Int64Builder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{ArrayRef, BinaryArray, Int32Array, Int64Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use std::sync::Arc;

/// What a row is. Those of a key are sorted by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RowKind {
    /// What is open of the key.
    State = 0,
    /// Events of one session that were merged.
    Part = 1,
    Event = 2,
}

const COLUMNS: [(&str, DataType); 6] = [
    ("bucket", DataType::Int32),
    ("key", DataType::Binary),
    ("kind", DataType::Int32),
    ("time", DataType::Int64),
    ("seq", DataType::Int64),
    ("payload", DataType::Binary),
];

/// The number of the first event that waits in open state: such events have arrived before all new ones, whose numbers begin at 0.
pub(super) const fn first_seq() -> i64 {
    i64::MIN
}

/// A batch of rows ends before this many bytes, of one row at least: that bounds the memory of a task, and the offsets of a column.
const BATCH_BYTES: usize = 4 << 20;

/// The bytes of a row besides those of its key and its payload.
const ROW_BYTES: usize = 32;

/// Collects rows.
#[derive(Debug, Default)]
pub(super) struct RowsBuilder {
    full: Vec<[ArrayRef; 6]>,
    bytes: usize,
    bucket: Int32Builder,
    key: BinaryBuilder,
    kind: Int32Builder,
    time: Int64Builder,
    seq: Int64Builder,
    payload: BinaryBuilder,
}

impl RowsBuilder {
    pub(super) fn state(&mut self, bucket: i32, key: &[u8], state: &[u8]) {
        self.push(bucket, key, RowKind::State, (0, 0), state);
    }

    pub(super) fn event(&mut self, bucket: i32, event: &Event<'_>, seq: i64) {
        self.push(bucket, event.key, RowKind::Event, (event.time.us(), seq), event.payload);
    }

    pub(super) fn part(&mut self, bucket: i32, key: &[u8], part: &Part, seq: i64) {
        let Part { session: OpenSession { start, last, events }, digest } = part;
        let payload = [last.us().to_le_bytes(), events.to_le_bytes(), digest.bits().to_le_bytes()].concat();
        self.push(bucket, key, RowKind::Part, (start.us(), seq), &payload);
    }

    fn push(&mut self, bucket: i32, key: &[u8], kind: RowKind, (time, seq): (i64, i64), payload: &[u8]) {
        let bytes = ROW_BYTES + key.len() + payload.len();
        if self.bytes > 0 && self.bytes + bytes > BATCH_BYTES {
            self.end_batch();
        }
        self.bytes += bytes;
        self.bucket.append_value(bucket);
        self.key.append_value(key);
        self.kind.append_value(kind as i32);
        self.time.append_value(time);
        self.seq.append_value(seq);
        self.payload.append_value(payload);
    }

    fn end_batch(&mut self) {
        self.bytes = 0;
        self.full.push([
            Arc::new(self.bucket.finish()),
            Arc::new(self.key.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.time.finish()),
            Arc::new(self.seq.finish()),
            Arc::new(self.payload.finish()),
        ]);
    }

    /// All rows, in batches of bounded size; none without rows.
    pub(super) fn finish(&mut self) -> Result<Vec<RecordBatch>> {
        if self.bytes > 0 {
            self.end_batch();
        }
        let fields: Vec<Field> =
            COLUMNS.iter().map(|(name, kind)| Field::new(*name, kind.clone(), false)).collect();
        let schema = Arc::new(Schema::new(fields));
        let batch = |columns: [ArrayRef; 6]| RecordBatch::try_new(Arc::clone(&schema), columns.into());
        self.full
            .drain(..)
            .map(batch)
            .collect::<std::result::Result<_, _>>()
            .map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
    }
}

/// Events of one session that were merged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    pub(super) session: OpenSession,
    /// Of the events, if this run has read them.
    pub(super) digest: EventsDigest,
}

/// The bucket of a key: the partition, and where there are more buckets further bits of the hash.
pub(super) fn bucket_of(key: &[u8], buckets: u32) -> i32 {
    let bits = KeyHash::of(key).whole() & u64::from(buckets - 1);
    i32::try_from(bits).unwrap_or_default()
}

/// Rows of one batch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'r> {
    bucket: &'r Int32Array,
    key: &'r BinaryArray,
    kind: &'r Int32Array,
    time: &'r Int64Array,
    seq: &'r Int64Array,
    payload: &'r BinaryArray,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'r> {
    pub(super) bucket: i32,
    pub(super) key: &'r [u8],
    pub(super) kind: RowKind,
    pub(super) time_us: i64,
    pub(super) seq: i64,
    pub(super) payload: &'r [u8],
}

impl<'r> Rows<'r> {
    /// # Errors
    /// [`ErrorKind::Failed`] if the batch has other columns.
    pub(super) fn of(batch: &'r RecordBatch) -> Result<Self> {
        let is_there = |(place, (name, kind)): (usize, &(&str, DataType))| {
            let field = batch.schema_ref().fields().get(place);
            let is_as_said = field.is_some_and(|field| field.name() == name && field.data_type() == kind);
            is_as_said && batch.column(place).null_count() == 0
        };
        if !COLUMNS.iter().enumerate().all(is_there) {
            return Err(Error::new(
                ErrorKind::Failed,
                format!("rows to fold have {COLUMNS:?}, without nulls"),
            ));
        }
        Ok(Self {
            bucket: batch.column(0).as_primitive::<Int32Type>(),
            key: batch.column(1).as_binary(),
            kind: batch.column(2).as_primitive::<Int32Type>(),
            time: batch.column(3).as_primitive::<Int64Type>(),
            seq: batch.column(4).as_primitive::<Int64Type>(),
            payload: batch.column(5).as_binary(),
        })
    }

    pub(super) fn row(&self, at: usize) -> Result<Row<'r>> {
        let kind = match self.kind.value(at) {
            0 => RowKind::State,
            1 => RowKind::Part,
            2 => RowKind::Event,
            kind => return Err(Error::new(ErrorKind::Failed, format!("a row to fold is of kind {kind}"))),
        };
        Ok(Row {
            bucket: self.bucket.value(at),
            key: self.key.value(at),
            kind,
            time_us: self.time.value(at),
            seq: self.seq.value(at),
            payload: self.payload.value(at),
        })
    }
}

impl Row<'_> {
    /// Whether this run has read its events; those of open state were read before.
    pub(super) const fn is_new(&self) -> bool {
        self.seq >= 0
    }

    /// # Errors
    /// What is wrong with the time.
    pub(super) fn time(&self) -> std::result::Result<Timestamp, String> {
        time(self.time_us)
    }

    /// The merged events, of a row of the kind [`RowKind::Part`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn part(&self) -> std::result::Result<Part, String> {
        let numbers: &[u8; 24] = self.payload.try_into().map_err(|_| "merged events are truncated")?;
        let number = |place: usize| {
            let bytes = numbers[place..].first_chunk().copied();
            bytes.map(u64::from_le_bytes).unwrap_or_default()
        };
        let session =
            OpenSession { start: self.time()?, last: time(number(0).cast_signed())?, events: number(8) };
        Ok(Part { session, digest: EventsDigest::from_bits(number(16)) })
    }
}

fn time(us: i64) -> std::result::Result<Timestamp, String> {
    Timestamp::from_us(us).ok_or_else(|| format!("{us} microseconds is not a time in the years 1 to 9999"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_rows_are_bounded_by_bytes() {
        let mut rows = RowsBuilder::default();
        assert!(rows.finish().unwrap().is_empty());
        let long = vec![7; 3 << 20];
        for _ in 0..5 {
            rows.state(0, b"ann", &long);
        }
        for _ in 0..300_000 {
            rows.state(0, b"b", &[]);
        }
        let batches = rows.finish().unwrap();
        assert_eq!(batches.iter().map(RecordBatch::num_rows).sum::<usize>(), 300_005);
        let bytes = |batch: &RecordBatch| {
            batch.column(1).get_array_memory_size() + batch.column(5).get_array_memory_size()
        };
        // Memory grows by doubling.
        assert!(batches.len() >= 7 && batches.iter().all(|batch| bytes(batch) <= 4 * BATCH_BYTES));
        assert!(rows.finish().unwrap().is_empty());
    }
}
