//! Rows with their numbers.

use crate::error::{Error, ErrorKind, Result};
use arrow_array::{ArrayRef, RecordBatch, UInt64Array};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};
use std::sync::Arc;

/// The name of the column with the numbers of rows: no frame has one of this name.
pub(super) const ROW_COLUMN: &str = "\u{1e}row";

/// The columns, with that of the numbers behind them.
pub(super) fn with_row_column(schema: &Schema) -> SchemaRef {
    let row: FieldRef = Arc::new(Field::new(ROW_COLUMN, DataType::UInt64, false));
    Arc::new(Schema::new(schema.fields().iter().cloned().chain([row]).collect::<Vec<_>>()))
}

/// The rows with their numbers, from `first` on.
pub(super) fn with_row_numbers(records: &RecordBatch, first: u64) -> Result<RecordBatch> {
    let numbers: UInt64Array = (first..).take(records.num_rows()).collect();
    let columns = records.columns().iter().cloned().chain([Arc::new(numbers) as ArrayRef]).collect();
    RecordBatch::try_new(with_row_column(records.schema_ref()), columns)
        .map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
}
