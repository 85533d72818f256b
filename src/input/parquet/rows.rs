//! The rows of a piece: the columns that are wanted of all, everything of those that go to a side output.

use super::pieces::Piece;
use super::stored::{Failure, StoredFile};
use crate::input::arrow::{Cells, Fields, FileColumn, ReadRows, RowText, needs_row, values_of};
use crate::input::batch::EventBatch;
use crate::input::columns::Columns;
use crate::input::intake::Intake;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder, RowSelection};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;

/// Rows that are decoded at once: their values stay in the processor's cache.
const BATCH_ROWS: usize = 4096;

/// Reads rows of one file.
#[derive(Debug)]
pub(super) struct RowReader {
    stored: StoredFile,
    metadata: ArrowReaderMetadata,
    /// The columns of the file.
    all: Vec<FileColumn>,
    /// Which of them are read of every row, in order.
    wanted: Vec<usize>,
    texts: Fields,
    /// For an intake that takes moments.
    moments: Fields,
    /// Whether events need the text of their row.
    needs_text: bool,
}

impl RowReader {
    /// A reader of the columns that `columns` asks for.
    pub(super) fn new(
        stored: StoredFile,
        metadata: ArrowReaderMetadata,
        all: Vec<FileColumn>,
        columns: Columns,
    ) -> Self {
        let needs_text = needs_row(&columns);
        let wanted: Vec<usize> =
            if needs_text { (0..all.len()).collect() } else { columns.positions().into_iter().collect() };
        let moments = Fields::with_moments(&columns, &wanted, all.len());
        let texts = Fields::of_texts(columns, &wanted, all.len());
        Self { stored, metadata, all, wanted, texts, moments, needs_text }
    }

    pub(super) fn metadata(&self) -> &ParquetMetaData {
        self.metadata.metadata()
    }

    /// The columns of the file that are read of every row.
    pub(super) fn leaves(&self) -> Vec<usize> {
        self.wanted.iter().flat_map(|&column| self.all[column].leaves.clone()).collect()
    }

    /// Fills `batch` with what the rows of `piece` come to.
    pub(super) fn decode(
        &self,
        piece: &Piece,
        intake: &mut Intake,
        batch: &mut EventBatch,
    ) -> std::result::Result<(), Failure> {
        let fields = if intake.takes_moments() { &self.moments } else { &self.texts };
        self.stored.read(|stored| self.take_in(stored, piece, fields, intake, batch))?;
        if intake.takes_moments() {
            // No other --time-format would read it.
            batch.first_odd_time = None;
        }
        if self.needs_text || batch.side_rows.is_empty() {
            return Ok(());
        }
        self.stored.read(|stored| self.read_side_rows(stored, piece, batch))
    }

    fn take_in(
        &self,
        stored: StoredFile,
        piece: &Piece,
        fields: &Fields,
        intake: &mut Intake,
        batch: &mut EventBatch,
    ) -> Result<()> {
        let rows =
            self.reader(stored, piece, self.leaves()).with_offset(piece.first_row).with_limit(piece.rows);
        let wanted: Vec<&FileColumn> = self.wanted.iter().map(|&column| &self.all[column]).collect();
        let mut line = 0;
        for records in rows.build()? {
            let records = records?;
            let cells = fields.cells(&values_of(&records), &wanted);
            let rows = ReadRows { first_line: line, count: records.num_rows(), fields, cells: &cells };
            rows.take_all(self.needs_text.then_some(self.all.len()), intake, batch)?;
            line += rows.count as u64;
        }
        batch.lines.lines = line;
        check_rows(line, piece.rows)
    }

    /// Puts the text of its row behind each row that goes to a side output.
    fn read_side_rows(&self, stored: StoredFile, piece: &Piece, batch: &mut EventBatch) -> Result<()> {
        let rows_of_group = self.metadata().row_group(piece.row_group).num_rows();
        let rows_of_group = usize::try_from(rows_of_group).unwrap_or(usize::MAX);
        let row = |line: u64| piece.first_row + usize::try_from(line).unwrap_or(usize::MAX);
        let ranges = batch.side_rows.iter().map(|side| row(side.line)..row(side.line) + 1);
        let selection = RowSelection::from_consecutive_ranges(ranges, rows_of_group);
        let all = 0..self.metadata.parquet_schema().num_columns();
        let mut sides = batch.side_rows.iter_mut();
        let mut found = 0;
        for records in self.reader(stored, piece, all).with_row_selection(selection).build()? {
            let records = records?;
            let cells: Vec<Cells> = values_of(&records)
                .into_iter()
                .zip(&self.all)
                .map(|(values, column)| Cells::of(&values, column))
                .collect();
            let mut text = RowText::default();
            for (row, side) in (0..records.num_rows()).zip(&mut sides) {
                let start = batch.side_bytes.len();
                batch.side_bytes.extend_from_slice(text.of(cells.iter().map(|cell| cell.get(row)))?);
                side.bytes = start..batch.side_bytes.len();
                found += 1;
            }
        }
        check_rows(found, batch.side_rows.len())
    }

    fn reader(
        &self,
        stored: StoredFile,
        piece: &Piece,
        leaves: impl IntoIterator<Item = usize>,
    ) -> ParquetRecordBatchReaderBuilder<StoredFile> {
        let mask = ProjectionMask::leaves(self.metadata.parquet_schema(), leaves);
        ParquetRecordBatchReaderBuilder::new_with_metadata(stored, self.metadata.clone())
            .with_row_groups(vec![piece.row_group])
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
    }
}

/// A row group that ends early is one that is cut.
fn check_rows(found: u64, stated: usize) -> Result<()> {
    if found == stated as u64 {
        return Ok(());
    }
    Err(ParquetError::General(format!("there are {found} rows where {stated} should be")))
}
