//! Rows of cells on their way into a batch of columns.

use super::cell::Cells;
use super::columns::{Growing, field_of_ids, fields_of};
use crate::output::columns::Column;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use std::sync::Arc;

/// The columns of an output, with the rows that were taken so far.
pub(in crate::output) struct GrowingRows {
    schema: SchemaRef,
    columns: Vec<Growing>,
    rows: usize,
}

impl GrowingRows {
    /// No rows of these columns.
    pub(in crate::output) fn new(columns: &[Column]) -> Self {
        Self {
            schema: Arc::new(Schema::new(fields_of(columns))),
            columns: columns.iter().map(|column| Growing::of(column.kind)).collect(),
            rows: 0,
        }
    }

    /// The same, with the column of ids at this place as bytes instead of text.
    pub(in crate::output) fn with_ids_as_bytes(columns: &[Column], place: usize) -> Self {
        let mut rows = Self::new(columns);
        if let Some(column) = rows.columns.get_mut(place) {
            *column = Growing::of_ids();
        }
        let mut fields = fields_of(columns);
        if let Some(field) = fields.get_mut(place) {
            *field = field_of_ids(field);
        }
        rows.schema = Arc::new(Schema::new(fields));
        rows
    }

    pub(in crate::output) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(in crate::output) const fn len(&self) -> usize {
        self.rows
    }

    /// Takes one row from the beginning of `cells`; `None` if they do not match the columns.
    pub(in crate::output) fn take(&mut self, cells: &mut &[u8]) -> Option<()> {
        let mut rest = Cells(cells);
        for column in &mut self.columns {
            column.take(&mut rest)?;
        }
        *cells = rest.0;
        self.rows += 1;
        Some(())
    }

    /// Returns the rows, and begins again.
    ///
    /// # Errors
    /// If the cells are not those of the columns.
    pub(in crate::output) fn finish(&mut self) -> Result<RecordBatch, ArrowError> {
        self.rows = 0;
        let mut arrays = Vec::new();
        for column in &mut self.columns {
            column.finish(&mut arrays)?;
        }
        RecordBatch::try_new(Arc::clone(&self.schema), arrays)
    }
}
