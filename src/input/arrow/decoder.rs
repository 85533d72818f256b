//! Decodes batches of rows with one schema.

use super::cells::Cells;
use super::columns::{FileColumn, columns_of, values_of};
use super::fields::{Fields, needs_row};
use super::kinds::{check_kinds, check_read, set_form};
use super::read_rows::ReadRows;
use super::resolve::resolve;
use crate::core::reducer::LocalFold;
use crate::definition::{ColumnRequest, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::input::batch::EventBatch;
use crate::input::intake::Intake;
use crate::input::projection::Projection;
use crate::input::time::TimeParser;
use arrow_array::RecordBatch;
use arrow_schema::Schema;

/// Makes events of the rows of batches that have one schema. All threads share it.
#[derive(Debug)]
pub struct RecordDecoder {
    /// All columns.
    all: Vec<FileColumn>,
    texts: Fields,
    /// For an intake that takes moments.
    moments: Fields,
    /// Whether events need the text of their row.
    needs_text: bool,
}

impl RecordDecoder {
    /// Finds the columns of `source` and the rest of `projection` in `schema`, and stores in both what this schema decides. `times`
    /// then reads what the columns of the time hold.
    ///
    /// # Errors
    /// [`ErrorKind::DataRefused`] if a column is missing, or its values are no keys or no times.
    pub fn open(
        schema: &Schema,
        source: &mut Source,
        times: &mut TimeParser,
        projection: &mut Projection<'_>,
    ) -> Result<Self> {
        source.fill_open(&[ColumnRequest::Number(1)], &[ColumnRequest::Number(2)]);
        let all = columns_of(schema);
        check_read(&all)?;
        let names: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
        let columns = resolve(source, &names, projection)?;
        check_kinds(&columns, &all)?;
        set_form(times, &columns, &all);
        let needs_text = needs_row(&columns);
        let every: Vec<usize> = (0..all.len()).collect();
        let moments = Fields::with_moments(&columns, &every, all.len());
        let texts = Fields::of_texts(columns, &every, all.len());
        Ok(Self { all, texts, moments, needs_text })
    }

    /// Fills `batch` with what the rows of `records` come to. Their lines count from 0.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the text of a row cannot be made.
    pub fn decode(&self, records: &RecordBatch, intake: &mut Intake, batch: &mut EventBatch) -> Result<()> {
        let (fields, cells) = self.read(records, intake);
        self.take_all(records, fields, &cells, intake, batch)
    }

    /// The same where events are folded by the gap alone, in the order of their times: where that can be done, they come to parts of
    /// sessions in `fold`, and otherwise they go to `batch`.
    ///
    /// # Errors
    /// As [`RecordDecoder::decode`].
    pub fn fold(
        &self,
        records: &RecordBatch,
        intake: &mut Intake,
        batch: &mut EventBatch,
        fold: &mut LocalFold,
    ) -> Result<()> {
        let (fields, cells) = self.read(records, intake);
        if rows_of(records, fields, &cells).fold_all(intake, batch, fold) {
            return Ok(());
        }
        fold.clear();
        batch.clear();
        self.take_all(records, fields, &cells, intake, batch)
    }

    fn read(&self, records: &RecordBatch, intake: &Intake) -> (&Fields, Vec<Cells>) {
        let fields = if intake.takes_moments() { &self.moments } else { &self.texts };
        let columns: Vec<&FileColumn> = self.all.iter().collect();
        (fields, fields.cells(&values_of(records), &columns))
    }

    fn take_all(
        &self,
        records: &RecordBatch,
        fields: &Fields,
        cells: &[Cells],
        intake: &mut Intake,
        batch: &mut EventBatch,
    ) -> Result<()> {
        rows_of(records, fields, cells)
            .take_all(self.needs_text.then_some(self.all.len()), intake, batch)
            .map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
    }
}

fn rows_of<'r>(records: &RecordBatch, fields: &'r Fields, cells: &'r [Cells]) -> ReadRows<'r> {
    ReadRows { first_line: 0, count: records.num_rows(), fields, cells }
}
