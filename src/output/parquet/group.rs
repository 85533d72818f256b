//! A row group while it grows: each column encodes at once what it gets, and keeps its pages until the group ends.

use super::ids::IdColumn;
use super::written::Written;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedFileWriter;

/// More rows have no row group: readers want large ones.
pub(super) const GROUP_ROWS: usize = 1 << 20;

/// A row group ends at this size at the latest: it stays in memory until then.
const GROUP_BYTES: usize = 32 << 20;

/// The columns of a row group.
pub(super) struct RowGroup {
    columns: Vec<Column>,
    rows: usize,
}

enum Column {
    /// Values that the library encodes.
    Values(Box<ArrowColumnWriter>),
    Ids(Box<IdColumn>),
}

impl RowGroup {
    /// Begins the group with this number. The column at the place `ids` gets the bytes of ids.
    pub(super) fn begin(
        file: &SerializedFileWriter<Written>,
        columns: &ArrowRowGroupWriterFactory,
        ids: Option<usize>,
    ) -> Result<Self> {
        let number = file.flushed_row_groups().len();
        let mut columns: Vec<Column> = columns
            .create_column_writers(number)?
            .into_iter()
            .map(|column| Column::Values(Box::new(column)))
            .collect();
        if let Some((place, column)) = ids.and_then(|place| Some((place, columns.get_mut(place)?))) {
            *column = Column::Ids(Box::new(IdColumn::new(file.schema_descr().column(place))));
        }
        Ok(Self { columns, rows: 0 })
    }

    /// How many rows it still takes; none if it is to end.
    pub(super) fn room(&self) -> usize {
        let bytes: usize = self.columns.iter().map(Column::bytes).sum();
        if bytes < GROUP_BYTES { GROUP_ROWS.saturating_sub(self.rows) } else { 0 }
    }

    /// Takes rows.
    pub(super) fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        let mut columns = self.columns.iter_mut();
        for (field, values) in rows.schema_ref().fields().iter().zip(rows.columns()) {
            if let Some(ids) = values.as_fixed_size_binary_opt() {
                let Some(Column::Ids(column)) = columns.next() else { return Err(mismatch()) };
                column.write(ids)?;
                continue;
            }
            for leaf in compute_leaves(field, values)? {
                let Some(Column::Values(column)) = columns.next() else { return Err(mismatch()) };
                column.write(&leaf)?;
            }
        }
        self.rows += rows.num_rows();
        Ok(())
    }

    /// Writes it to the file.
    pub(super) fn end(self, file: &mut SerializedFileWriter<Written>) -> Result<()> {
        let mut group = file.next_row_group()?;
        for column in self.columns {
            match column {
                Column::Values(column) => column.close()?.append_to_row_group(&mut group)?,
                Column::Ids(column) => column.append_to(&mut group)?,
            }
        }
        group.close().map(|_| ())
    }
}

impl Column {
    fn bytes(&self) -> usize {
        match self {
            Self::Values(column) => column.get_estimated_total_bytes(),
            Self::Ids(column) => column.bytes(),
        }
    }
}

fn mismatch() -> ParquetError {
    ParquetError::General("the columns of the rows are not those of the file".to_owned())
}
