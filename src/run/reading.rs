//! What a run reads, and what becomes of what it has read.

use super::cancellation::Cancellation;
use super::decoding::DecodedUnit;
use super::file_reader::FileToRead;
use super::output_writer::OutputWriter;
use super::progress::Progress;
use super::read_stats::ReadStats;
use super::side_rows::{side_output, side_row};
use crate::core::event::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{BatchFile, EventBatch, ReadError, RowRules, too_many_bytes};
use crate::output::OutputKind;

/// What a run needs to read its batch.
#[derive(Debug)]
pub(super) struct Reading<'r> {
    pub(super) files: &'r [FileToRead],
    pub(super) rules: RowRules,
    pub(super) keep_late_rows: bool,
    /// Whether no value in a side output may look like a formula.
    pub(super) spreadsheet_safe: bool,
    /// More bytes than this, after decompression, fail the run.
    pub(super) max_bytes: u64,
    pub(super) progress: &'r Progress,
    pub(super) cancellation: &'r Cancellation,
}

impl Reading<'_> {
    /// Adds the units of a round to the stats, in order, and passes their rows for the side outputs on.
    ///
    /// # Errors
    /// Why a file cannot be read on.
    pub(super) fn book_round(
        &self,
        units: &[DecodedUnit],
        stats: &mut ReadStats,
        writer: &OutputWriter,
    ) -> Result<()> {
        for DecodedUnit { file, outcome, batch } in units {
            let unfinished_bytes = outcome.as_ref().map_err(|error| self.refusal(*file, error, stats))?;
            self.book(*file, batch, stats, writer)?;
            stats.leave(*file, *unfinished_bytes);
        }
        Ok(())
    }

    /// Adds a unit to the stats, and passes its rows for the side outputs on.
    fn book(
        &self,
        file: usize,
        batch: &EventBatch,
        stats: &mut ReadStats,
        writer: &OutputWriter,
    ) -> Result<()> {
        let of = &self.files[file];
        let lines_before = stats.add(file, batch);
        for side in &batch.side_rows {
            let place = Place { file: of.file.path().to_owned(), line: lines_before + side.line + 1 };
            let row = self.rules.shown(&batch.side_bytes[side.bytes.clone()]);
            stats.set_aside(&place, side.reason, row);
            if self.keep_late_rows || side_output(side.reason) == OutputKind::Rejects {
                let form = of.decoder.side_form();
                writer.send_side_row(side_row(&place, side.reason, row, form, self.spreadsheet_safe))?;
            }
        }
        Ok(())
    }

    /// Why a file is not read on, after the units that are in `stats`.
    fn refusal(&self, file: usize, error: &ReadError, stats: &ReadStats) -> Error {
        refusal(error, &self.files[file].file, stats.lines_of(file), self.max_bytes)
    }
}

/// An error of a reader, for the user. `lines_before` lines of the file come before the unit.
pub(crate) fn refusal(error: &ReadError, file: &BatchFile, lines_before: u64, max_bytes: u64) -> Error {
    let place = |line: &u64| Place { file: file.path().to_owned(), line: lines_before + line + 1 };
    match error {
        ReadError::Read(error) => file.read_error(error),
        ReadError::NoThread(error) => Error::threads(1, error),
        ReadError::TooManyBytes => too_many_bytes(max_bytes).at(place(&0)),
        ReadError::Refused { line, what, remedy } => {
            Error::new(ErrorKind::DataRefused, what.clone()).at(place(line)).remedy(*remedy).nothing_changed()
        }
    }
}
