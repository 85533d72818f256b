//! Reads the counts of an output of sessions in Parquet.

use crate::output::{OutputSchema, SessionCounts};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use std::fs::File;

pub(super) fn count_sessions(file: File, schema: &OutputSchema) -> Result<SessionCounts, String> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| error.to_string())?;
    let columns = ProjectionMask::columns(builder.parquet_schema(), ["op", "event_count"]);
    let rows = builder.with_projection(columns).build().map_err(|error| error.to_string())?;
    let mut counts = SessionCounts::default();
    for rows in rows {
        let rows = rows.map_err(|error| error.to_string())?;
        count(&rows, schema, &mut counts).ok_or("a row has no number of events")?;
    }
    Ok(counts)
}

fn count(rows: &RecordBatch, schema: &OutputSchema, counts: &mut SessionCounts) -> Option<()> {
    let events = rows.column_by_name("event_count")?.as_primitive_opt::<Int64Type>()?;
    let ops =
        if schema.is_correctable { Some(rows.column_by_name("op")?.as_string_opt::<i32>()?) } else { None };
    for row in 0..rows.num_rows() {
        let events = u64::try_from(events.value(row)).ok()?;
        if ops.is_some_and(|ops| ops.value(row) == "retract") {
            counts.retract(events);
        } else {
            counts.complete(events);
        }
    }
    Some(())
}
