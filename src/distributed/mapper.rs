//! Record batches to rows for the shuffle.

use super::decoding::only_source;
use super::event_rows::EventRows;
use super::job::Job;
use super::read_counts::ReadCounts;
use crate::error::Result;
use crate::input::arrow::RecordDecoder;
use crate::input::{EventBatch, Intake, PathColumns, Projection};
use crate::run::time_parser;
use arrow_array::RecordBatch;
use arrow_schema::Schema;

/// Decodes the record batches of one task.
#[derive(Debug)]
pub struct Mapper {
    decoder: RecordDecoder,
    intake: Intake,
    batch: EventBatch,
    rows: EventRows,
    counts: ReadCounts,
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
        let source = only_source(&mut definition)?;
        let mut times = time_parser(source)?;
        let decoder = RecordDecoder::open(schema, source, &mut times, &mut projection)?;
        Ok(Self {
            decoder,
            intake: Intake::new(times, &PathColumns::default(), job.row_rules.clone()),
            batch: EventBatch::default(),
            rows: EventRows::of(job),
            counts: ReadCounts::default(),
        })
    }

    /// Counts the rows of a batch, and returns those that do not become events.
    ///
    /// # Errors
    /// As [`RecordDecoder::decode`].
    pub fn survey(&mut self, records: &RecordBatch) -> Result<Vec<UntakenRow>> {
        self.decode(records)?;
        self.counts.add(&self.batch);
        Ok(self.batch.side_rows.iter().map(|row| (row.line, row.reason.name())).collect())
    }

    /// The rows of a batch for the shuffle; none while they wait to be merged with others. The events of a key at one instant are
    /// folded by their numbers, which count from `seq`.
    ///
    /// # Errors
    /// As [`RecordDecoder::decode`].
    pub fn map(&mut self, records: &RecordBatch, seq: i64) -> Result<Vec<RecordBatch>> {
        self.decode(records)?;
        self.rows.take(&self.batch, seq)
    }

    /// The rows that wait to be merged.
    ///
    /// # Errors
    /// None that memory gives.
    pub fn finish(&mut self) -> Result<Vec<RecordBatch>> {
        self.rows.finish()
    }

    /// What was surveyed so far, as JSON.
    pub fn counts(&self) -> String {
        serde_json::to_string(&self.counts).unwrap_or_default()
    }

    fn decode(&mut self, records: &RecordBatch) -> Result<()> {
        self.batch.clear();
        self.decoder.decode(records, &mut self.intake, &mut self.batch)
    }
}
