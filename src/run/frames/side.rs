//! Late and rejected rows, as they came.

use super::output::FrameTable;
use crate::core::rules::SIDE_COLUMNS;
use crate::error::{Error, ErrorKind, Result};
use crate::input::Reason;
use arrow_array::{ArrayRef, RecordBatch, StringArray, UInt32Array, UInt64Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::take::take;
use std::sync::Arc;

/// The columns before those of the rows.
const OWN_COLUMNS: usize = 2;

/// Rows that become no events: where they stand, why, and what they hold, as far as that may be shown.
#[derive(Debug)]
pub(super) struct SideTable(FrameTable);

impl SideTable {
    /// No rows, of which the columns of `schema` are shown: the first ones, or none. Two columns come before its own; if it has one of their names, they get a longer one.
    pub(super) fn new(schema: &Schema) -> Self {
        let [_, _, reason] = SIDE_COLUMNS;
        let free = |name: &str| {
            let mut name = name.to_owned();
            while schema.column_with_name(&name).is_some() {
                name.insert(0, '_');
            }
            name
        };
        let own = [
            Field::new(free("row"), DataType::UInt64, false),
            Field::new(free(reason), DataType::Utf8, false),
        ];
        let fields = own.into_iter().map(Arc::new).chain(schema.fields().iter().cloned());
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Self(FrameTable { schema, batches: Vec::new() })
    }

    /// Appends some rows of `records`, whose first one is the row `first` of all.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if they cannot be copied.
    pub(super) fn push(&mut self, records: &RecordBatch, first: u64, rows: &[(u64, Reason)]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let failed = |error: arrow_schema::ArrowError| Error::new(ErrorKind::Failed, error.to_string());
        let places: UInt32Array =
            rows.iter().map(|(row, _)| u32::try_from(*row).unwrap_or(u32::MAX)).collect();
        let shown = self.0.schema.fields().len() - OWN_COLUMNS;
        let taken = records.columns()[..shown].iter().map(|column| take(column, &places, None));
        let taken = taken.collect::<std::result::Result<Vec<_>, _>>().map_err(failed)?;
        let numbers: UInt64Array = rows.iter().map(|(row, _)| Some(first + row)).collect();
        let reasons: StringArray = rows.iter().map(|(_, reason)| Some(reason.name())).collect();
        let own: [ArrayRef; OWN_COLUMNS] = [Arc::new(numbers), Arc::new(reasons)];
        let columns = own.into_iter().chain(taken).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.0.schema), columns).map_err(failed)?;
        self.0.batches.push(batch);
        Ok(())
    }

    pub(super) fn into_table(self) -> FrameTable {
        self.0
    }
}
