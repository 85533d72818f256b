//! Sessions to batches of columns: those of a Parquet output.

use super::growing::GrowingRows;
use super::rows::write_rows;
use crate::core::session::SessionBatch;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{OutputKind, OutputSchema};
use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

/// Collects sessions as the rows of one kind of output.
pub struct RecordBuilder {
    output: OutputSchema,
    kind: OutputKind,
    rows: GrowingRows,
}

impl RecordBuilder {
    /// A builder without rows.
    pub fn new(output: &OutputSchema, kind: OutputKind) -> Self {
        let rows = GrowingRows::new(&output.columns(kind));
        Self { output: output.clone(), kind, rows }
    }

    /// The columns.
    pub const fn schema(&self) -> &SchemaRef {
        self.rows.schema()
    }

    /// The rows so far.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// Appends the rows of `sessions`.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if that is not possible.
    pub fn push(&mut self, sessions: &SessionBatch) -> Result<()> {
        write_rows(&self.output, self.kind, sessions, &mut self.rows);
        if self.rows.are_whole() { Ok(()) } else { Err(failed("the cells of a session are not its columns")) }
    }

    /// Returns the rows, and begins again.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if they are more than a batch can have.
    pub fn finish(&mut self) -> Result<RecordBatch> {
        self.rows.finish().map_err(|error| failed(&error.to_string()))
    }
}

fn failed(what: &str) -> Error {
    Error::new(ErrorKind::Failed, what)
}
