//! The rows of a piece: the columns that are wanted of all, everything of those that go to a side output.

use super::cells::Cells;
use super::columns::{FileColumn, values_of};
use super::fields::{Fields, needs_row};
use super::pieces::Piece;
use super::scatter::Scatter;
use super::stored::{Failure, StoredFile};
use crate::core::rules::SIDE_COLUMNS;
use crate::input::batch::EventBatch;
use crate::input::columns::Columns;
use crate::input::intake::{Intake, Row};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder, RowSelection};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::ParquetMetaData;
use std::collections::HashSet;

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
            match fields.common(&cells).filter(|_| intake.is_plain()) {
                Some(common) => rows.take_common(common, intake, batch),
                None if self.needs_text => rows.take_with_text(&cells[..self.all.len()], intake, batch)?,
                None => (0..rows.count).for_each(|row| rows.take(row, b"", intake, batch)),
            }
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

/// Rows that were read together.
#[derive(Clone, Copy)]
struct ReadRows<'r> {
    first_line: u64,
    count: usize,
    fields: &'r Fields,
    cells: &'r [Cells],
}

impl ReadRows<'_> {
    #[inline]
    fn take(&self, row: usize, bytes: &[u8], intake: &mut Intake, batch: &mut EventBatch) {
        let field = |position: usize| self.fields.get(self.cells, position, row);
        intake.take(Row { line: self.line(row), bytes }, &self.fields.columns, field, batch);
    }

    const fn line(&self, row: usize) -> u64 {
        self.first_line + row as u64
    }

    /// Takes in all rows with their texts, which are made of `columns`.
    fn take_with_text(&self, columns: &[Cells], intake: &mut Intake, batch: &mut EventBatch) -> Result<()> {
        let mut text = RowText::default();
        for row in 0..self.count {
            let bytes = text.of(columns.iter().map(|cell| cell.get(row)))?;
            self.take(row, bytes, intake, batch);
        }
        Ok(())
    }

    /// Takes in all rows where nothing but key and time is wanted of them. Only for a plain intake.
    fn take_common(&self, (keys, times): (&Cells, &Cells), intake: &mut Intake, batch: &mut EventBatch) {
        let mut scatter = Scatter::with_room(self.count);
        for row in 0..self.count {
            let key = keys.get(row);
            if let Some(time) = intake.common_time(key, times.get(row)) {
                batch.rows += 1;
                batch.count_accepted(time, self.line(row));
                scatter.push(time, key);
            } else {
                // It may become an event of the same key.
                scatter.flush(batch);
                self.take(row, b"", intake, batch);
            }
        }
        scatter.flush(batch);
    }
}

/// A row group that ends early is one that is cut.
fn check_rows(found: u64, stated: usize) -> Result<()> {
    if found == stated as u64 {
        return Ok(());
    }
    Err(ParquetError::General(format!("there are {found} rows where {stated} should be")))
}

/// A row as it would stand in CSV.
#[derive(Debug, Default)]
struct RowText(Vec<u8>);

impl RowText {
    fn of<'c>(&mut self, fields: impl Iterator<Item = &'c [u8]>) -> Result<&[u8]> {
        self.0.clear();
        let mut writer = csv::WriterBuilder::new().from_writer(&mut self.0);
        let written = writer.write_record(fields).and_then(|()| writer.flush().map_err(Into::into));
        // Memory takes everything.
        written.map_err(|error| ParquetError::General(error.to_string()))?;
        drop(writer);
        Ok(self.0.strip_suffix(b"\n").unwrap_or(&self.0))
    }
}

/// The names of columns as the header of a side output; empty where two columns would have one name.
pub(super) fn side_header(names: &[String]) -> Vec<u8> {
    let mut seen: HashSet<&str> = SIDE_COLUMNS.into_iter().collect();
    if !names.iter().all(|name| seen.insert(name)) {
        return Vec::new();
    }
    let mut text = RowText::default();
    text.of(names.iter().map(String::as_bytes)).map(<[u8]>::to_vec).unwrap_or_default()
}
