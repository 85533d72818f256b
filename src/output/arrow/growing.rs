//! Rows of cells on their way into a batch of columns.

use super::cell::Cells;
use super::columns::{Growing, fields_of};
use super::sink::CellSink;
use crate::core::aggregates::Value;
use crate::output::columns::Column;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema, SchemaRef};
use std::sync::Arc;

/// The columns of an output, with the rows that were taken so far.
pub(in crate::output) struct GrowingRows {
    schema: SchemaRef,
    columns: Vec<Growing>,
    rows: usize,
    /// The column of the next cell.
    next: usize,
    /// Whether every cell was one of its column.
    fits: bool,
}

impl GrowingRows {
    /// No rows of these columns.
    pub(in crate::output) fn new(columns: &[Column]) -> Self {
        Self {
            schema: Arc::new(Schema::new(fields_of(columns))),
            columns: columns.iter().map(|column| Growing::of(column.kind)).collect(),
            rows: 0,
            next: 0,
            fits: true,
        }
    }

    pub(in crate::output) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    pub(in crate::output) const fn len(&self) -> usize {
        self.rows
    }

    /// Whether all cells so far make rows of these columns.
    pub(in crate::output) const fn are_whole(&self) -> bool {
        self.fits && self.next == 0
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

impl GrowingRows {
    #[inline]
    fn put(&mut self, push: impl FnOnce(&mut Growing) -> Option<()>) {
        // There is a column: the last one of a row is followed by the first.
        let pushed = self.columns.get_mut(self.next).and_then(push);
        self.fits &= pushed.is_some();
        self.next += 1;
        if self.next >= self.columns.len() {
            self.next = 0;
            self.rows += 1;
        }
    }
}

impl CellSink for GrowingRows {
    fn text(&mut self, text: &[u8]) {
        self.put(|column| column.push_text(text));
    }

    fn own_text(&mut self, text: &[u8]) {
        self.put(|column| column.push_bytes(text));
    }

    fn int(&mut self, number: i64) {
        self.put(|column| column.push_int(number, false));
    }

    fn double(&mut self, number: f64) {
        self.put(|column| column.push_double(number));
    }

    fn value(&mut self, value: &Value<'_>) {
        self.put(|column| column.push_value(value));
    }
}
