//! Decoded events as rows for the shuffle: one by one, or merged.

use super::job::Job;
use super::merging::Merging;
use super::rows::{RowsBuilder, bucket_of};
use crate::error::Result;
use crate::input::EventBatch;
use arrow_array::RecordBatch;

/// The events of one task on their way into rows.
#[derive(Debug)]
pub(super) struct EventRows {
    merging: Option<Merging>,
    buckets: u32,
}

impl EventRows {
    pub(super) fn of(job: &Job) -> Self {
        let merging =
            job.merges().then(|| Merging::new(job.definition.gap, job.end.close.horizon(), job.buckets));
        Self { merging, buckets: job.buckets }
    }

    /// The rows of a batch; none while its events wait to be merged with others. The events of a key at one instant are folded by their
    /// numbers, which count from `seq`.
    pub(super) fn take(&mut self, batch: &EventBatch, seq: i64) -> Result<Vec<RecordBatch>> {
        let mut rows = RowsBuilder::default();
        if let Some(merging) = &mut self.merging {
            batch.events().for_each(|event| merging.take(event));
            if merging.is_full() {
                merging.write(&mut rows);
            }
        } else {
            for (number, event) in (seq..).zip(batch.events()) {
                rows.event(bucket_of(event.key, self.buckets), &event, number);
            }
        }
        rows.finish()
    }

    /// The rows that wait to be merged.
    pub(super) fn finish(&mut self) -> Result<Vec<RecordBatch>> {
        let mut rows = RowsBuilder::default();
        if let Some(merging) = &mut self.merging {
            merging.write(&mut rows);
        }
        rows.finish()
    }
}
