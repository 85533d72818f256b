//! Record batches to rows for the shuffle.

use super::job::Job;
use super::merging::Merging;
use super::rows::{RowsBuilder, bucket_of};
use crate::core::event::Timestamp;
use crate::error::Result;
use crate::input::arrow::RecordDecoder;
use crate::input::{EventBatch, Intake, PathColumns, Projection, Reason};
use crate::run::time_parser;
use arrow_array::RecordBatch;
use arrow_schema::Schema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Decodes the record batches of one task.
#[derive(Debug)]
pub struct Mapper {
    decoder: RecordDecoder,
    intake: Intake,
    batch: EventBatch,
    merging: Option<Merging>,
    buckets: u32,
    counts: ReadCounts,
}

/// What was read.
#[derive(Debug, Default, Serialize)]
struct ReadCounts {
    rows_read: u64,
    rows_filtered: u64,
    events_accepted: u64,
    events_late: u64,
    rejects: BTreeMap<&'static str, u64>,
    first_us: Option<i64>,
    latest_us: Option<i64>,
}

/// A late or rejected row: its number in the record batch, and the reason.
pub type UntakenRow = (u64, &'static str);

impl Mapper {
    /// A mapper of record batches with this schema.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::DataRefused`] if a column is missing, or its values are no keys or no times.
    pub fn open(job: &Job, schema: &Schema) -> Result<Self> {
        let mut definition = job.definition.clone();
        let mut event_columns = definition.event_columns.take();
        let mut projection = Projection { kept: job.rules().kept(), event_columns: &mut event_columns };
        let source = super::decide::only_source(&mut definition)?;
        let mut times = time_parser(source)?;
        let decoder = RecordDecoder::open(schema, source, &mut times, &mut projection)?;
        let merging =
            job.merges().then(|| Merging::new(job.definition.gap, job.end.close.horizon(), job.buckets));
        Ok(Self {
            decoder,
            intake: Intake::new(times, &PathColumns::default(), job.row_rules.clone()),
            batch: EventBatch::default(),
            merging,
            buckets: job.buckets,
            counts: ReadCounts::default(),
        })
    }

    /// Counts the rows of a batch, and returns those that do not become events.
    ///
    /// # Errors
    /// As [`RecordDecoder::decode`].
    pub fn survey(&mut self, records: &RecordBatch) -> Result<Vec<UntakenRow>> {
        self.decode(records)?;
        Ok(self.batch.side_rows.iter().map(|row| (row.line, row.reason.name())).collect())
    }

    /// The rows of a batch for the shuffle; none while they wait to be merged with others. The events of a key at one instant are
    /// folded by their numbers, which count from `seq`.
    ///
    /// # Errors
    /// As [`RecordDecoder::decode`].
    pub fn map(&mut self, records: &RecordBatch, seq: i64) -> Result<Option<RecordBatch>> {
        self.decode(records)?;
        let mut rows = RowsBuilder::default();
        if let Some(merging) = &mut self.merging {
            self.batch.events().for_each(|event| merging.take(event));
            if !merging.is_full() {
                return Ok(None);
            }
            merging.write(&mut rows);
        } else {
            for (number, event) in (seq..).zip(self.batch.events()) {
                rows.event(bucket_of(event.key, self.buckets), &event, number);
            }
        }
        rows.finish().map(Some)
    }

    /// The rows that wait to be merged.
    ///
    /// # Errors
    /// None that memory gives.
    pub fn finish(&mut self) -> Result<Option<RecordBatch>> {
        let Some(merging) = &mut self.merging else { return Ok(None) };
        let mut rows = RowsBuilder::default();
        merging.write(&mut rows);
        rows.finish().map(Some)
    }

    /// What was read so far, as JSON.
    pub fn counts(&self) -> String {
        serde_json::to_string(&self.counts).unwrap_or_default()
    }

    fn decode(&mut self, records: &RecordBatch) -> Result<()> {
        self.batch.clear();
        self.decoder.decode(records, &mut self.intake, &mut self.batch)?;
        let Self { batch, counts, .. } = self;
        counts.rows_read += batch.rows;
        counts.rows_filtered += batch.filtered;
        counts.events_accepted += batch.accepted;
        for row in &batch.side_rows {
            match row.reason {
                Reason::Late => counts.events_late += 1,
                reason => *counts.rejects.entry(reason.name()).or_default() += 1,
            }
        }
        let first = batch.earliest.map(Timestamp::us);
        counts.first_us = counts.first_us.into_iter().chain(first).min();
        counts.latest_us = counts.latest_us.max(batch.latest.map(|(time, _)| time.us()));
        Ok(())
    }
}
