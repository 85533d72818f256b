//! Reads a batch in rounds: all threads decode the units of one, and fold the one before.

use super::cancellation::Cancellation;
use super::decoding::{DecodedUnit, ROUND_UNITS, RoundDecoder};
use super::file_reader::{FileToRead, UnitReader};
use super::output_writer::OutputWriter;
use super::progress::Progress;
use super::read_stats::ReadStats;
use super::side_rows::{side_output, side_row};
use super::stopwatch::{Stopwatch, timed};
use super::transaction::check_balance;
use crate::core::event::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{BatchFile, EventBatch, ReadError, RowRules, too_many_bytes};
use crate::output::OutputKind;
use std::iter::repeat_with;

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

/// Why reading ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// This strategy cannot continue; the other one can.
    GiveUp,
    /// The run failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Reading<'_> {
    /// Reads all files. `consume` gets each decoded round with the stats up to it. Meanwhile, the next round is decoded.
    pub(super) fn for_each_round(
        &self,
        pool: &rayon::ThreadPool,
        writer: &OutputWriter,
        stopwatch: &mut Stopwatch,
        mut consume: impl FnMut(&[EventBatch], &ReadStats) -> Result<(), Stop> + Send,
    ) -> Result<ReadStats, Stop> {
        let mut stats = ReadStats::of_files(self.files.len());
        let mut reader = UnitReader::new(self.files, self.max_bytes);
        let rounds = RoundDecoder::new(self.files, &self.rules, self.progress);
        let [mut decoded, mut next] =
            [(); 2].map(|()| repeat_with(EventBatch::default).take(ROUND_UNITS).collect::<Vec<_>>());
        let mut filled = 0;
        loop {
            self.cancellation.check()?;
            let consumable = &decoded[..filled];
            let ((read, units), (reduce, consumed)) = pool.join(
                || timed(|| rounds.decode(&mut reader, &mut next)),
                || timed(|| if consumable.is_empty() { Ok(()) } else { consume(consumable, &stats) }),
            );
            stopwatch.book_both(read, reduce);
            consumed?;
            for (DecodedUnit { file, outcome }, batch) in units.iter().zip(&next) {
                let unfinished_bytes =
                    outcome.as_ref().map_err(|error| self.refusal(*file, error, &stats))?;
                self.book(*file, batch, &mut stats, writer)?;
                stats.leave(*file, *unfinished_bytes);
            }
            filled = units.len();
            if filled == 0 {
                check_balance(stats.check_lines())?;
                return Ok(stats);
            }
            std::mem::swap(&mut decoded, &mut next);
        }
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
