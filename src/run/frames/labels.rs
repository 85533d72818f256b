//! Each row with the id of its session, and its number in it.

use super::frame_run::{FrameRun, Taken};
use super::output::FrameTable;
use super::settings::{FrameSettings, Ordering};
use super::state::FrameState;
use super::units::ROUND_ROWS;
use crate::core::watermark::Advance;
use crate::error::{Error, ErrorKind, Result};
use crate::run::workers::Workers;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::interleave::interleave;
use std::sync::Arc;

/// The rows that get their labels at once.
const LABEL_ROWS: usize = 1 << 18;

/// Finds the session of each row.
#[derive(Debug)]
pub struct Labels {
    settings: FrameSettings,
}

impl Labels {
    /// For the sessions of these settings; all of them are closed at the end.
    pub fn new(mut settings: FrameSettings) -> Self {
        settings.advance = Advance::Finalize;
        settings.ordering = Ordering::Unknown;
        Self { settings }
    }

    /// All `records` with two more columns, `session_id` and `event_number`. A row that is no event of a session
    /// (rejected, filtered, a duplicate) has none. `tick` is called after each round with the rows so far.
    ///
    /// # Errors
    /// As those of [`FrameRun`], and those of `tick`.
    pub fn of(
        &self,
        schema: &SchemaRef,
        records: &[RecordBatch],
        workers: &Arc<Workers>,
        mut tick: impl FnMut(u64) -> Result<()>,
    ) -> Result<FrameTable> {
        for own in ["session_id", "event_number"] {
            if schema.column_with_name(own).is_some() {
                let what = format!("the rows have a column {own} already");
                return Err(Error::new(ErrorKind::DataRefused, what).remedy("rename it").nothing_changed());
            }
        }
        let state = Arc::new(FrameState::empty()?);
        let mut run = FrameRun::begin_numbered(state, self.settings.clone(), Arc::clone(workers), schema)?;
        for records in records {
            for from in (0..records.num_rows()).step_by(ROUND_ROWS) {
                if run.take(&[records.slice(from, ROUND_ROWS.min(records.num_rows() - from))])?
                    == Taken::OutOfOrder
                {
                    return Err(failed(&"rows that are sorted are out of order"));
                }
                tick(run.rows())?;
            }
        }
        let output = run.end()?.and_then(|output| output.events);
        let events = output.ok_or_else(|| failed(&"no events were emitted"))?;
        spread(&events, schema, records)
    }
}

/// Puts the ids and numbers of `events` behind the rows that they are of.
fn spread(events: &FrameTable, schema: &SchemaRef, records: &[RecordBatch]) -> Result<FrameTable> {
    let own =
        [Field::new("session_id", DataType::Utf8, true), Field::new("event_number", DataType::Int64, true)];
    let fields = schema.fields().iter().cloned().chain(own.into_iter().map(Arc::new));
    let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let places = places(events, records.iter().map(RecordBatch::num_rows).sum())?;
    let nulls: [ArrayRef; 2] = [new_null_array(&DataType::Utf8, 1), new_null_array(&DataType::Int64, 1)];
    let columns: [Vec<&dyn Array>; 2] = [0, 1].map(|column| {
        let of_events = events.batches.iter().map(|batch| batch.column(column + 1).as_ref());
        of_events.chain([nulls[column].as_ref()]).collect()
    });
    let mut rest = &places[..];
    let mut batches = Vec::new();
    for records in records {
        for from in (0..records.num_rows()).step_by(LABEL_ROWS) {
            let rows = records.slice(from, LABEL_ROWS.min(records.num_rows() - from));
            let (here, behind) = rest.split_at(rows.num_rows());
            rest = behind;
            let mut arrays = rows.columns().to_vec();
            for column in &columns {
                arrays.push(interleave(column, here).map_err(|error| failed(&error))?);
            }
            batches.push(RecordBatch::try_new(Arc::clone(&schema), arrays).map_err(|error| failed(&error))?);
        }
    }
    Ok(FrameTable { schema, batches })
}

/// Where the event of each row stands: which batch, and which row of it. One behind the batches stands for none.
fn places(events: &FrameTable, rows: usize) -> Result<Vec<(usize, usize)>> {
    let mut places = vec![(events.batches.len(), 0); rows];
    for (number, batch) in events.batches.iter().enumerate() {
        for (place, row) in batch.column(0).as_string::<i32>().iter().enumerate() {
            let row: usize = row.unwrap_or_default().parse().map_err(|error| failed(&error))?;
            *places.get_mut(row).ok_or_else(|| failed(&"a row has no place"))? = (number, place);
        }
    }
    Ok(places)
}

fn failed(what: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Failed, what.to_string())
}
