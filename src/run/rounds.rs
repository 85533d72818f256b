//! Reads a batch in rounds: one thread reads ahead, and all threads decode the units of a round in parallel.
#![expect(clippy::disallowed_methods, reason = "reading has a thread of its own")]

use super::cancellation::Cancellation;
use super::file_reader::{FileToRead, ReadUnit, read_files};
use super::output_writer::OutputWriter;
use super::progress::Progress;
use super::read_stats::ReadStats;
use super::side_rows::{side_output, side_row};
use super::stopwatch::{Stopwatch, timed};
use super::transaction::check_balance;
use crate::core::event::Place;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{
    BatchFile, EventBatch, FileUnit, Intake, ReadError, RowRules, UnitDecoder, too_many_bytes,
};
use crate::output::OutputKind;
use crossbeam_channel::{Receiver, bounded, unbounded};
use rayon::prelude::*;

/// The most units in a round, and what ends a round of fewer: so many bytes of so many units, since each thread needs a unit. Fixed,
/// like the size of a unit: the order of the output depends on it.
const ROUND_UNITS: usize = 16;
const ROUND_BYTES: u64 = 4 << 20;
const FEWEST_UNITS: usize = 4;

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

/// A decoder, kept while units of the same file follow each other.
#[derive(Default)]
struct KeptDecoder(Option<(usize, UnitDecoder)>);

impl KeptDecoder {
    fn of(&mut self, file: usize, new: impl FnOnce() -> UnitDecoder) -> &mut UnitDecoder {
        if self.0.as_ref().is_some_and(|(of, _)| *of != file) {
            self.0 = None;
        }
        &mut self.0.get_or_insert_with(|| (file, new())).1
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
        let (sender, units) = bounded(ROUND_UNITS);
        let (give_back, recycled) = unbounded();
        std::thread::scope(|scope| {
            // The scope ends only when the reader does, so the reader must lose its channel first, on every way out.
            let units = units;
            std::thread::Builder::new()
                .spawn_scoped(scope, move || read_files(self.files, self.max_bytes, &sender, &recycled))
                .map_err(|error| Error::threads(1, &error))?;
            let (mut decoded, mut next): (Vec<EventBatch>, Vec<EventBatch>) = (Vec::new(), Vec::new());
            let mut units_decoded = 0;
            loop {
                let round = next_round(&units);
                self.cancellation.check()?;
                next.resize_with(next.len().max(round.len()), EventBatch::default);
                let consumable = &decoded[..units_decoded];
                let ((read, decodings), (reduce, consumed)) = pool.join(
                    || timed(|| self.decode_round(&round, &mut next[..round.len()])),
                    || timed(|| if consumable.is_empty() { Ok(()) } else { consume(consumable, &stats) }),
                );
                stopwatch.book_both(read, reduce);
                consumed?;
                for ((read, decoding), batch) in round.iter().zip(&decodings).zip(&next) {
                    if let Some(error) = read.unit.as_ref().err().or(decoding.as_ref().err()) {
                        return Err(self.refusal(read.file, error, &stats).into());
                    }
                    self.book(read.file, batch, &mut stats, writer)?;
                    stats.leave(read.file, read.unit.as_ref().map_or(0, FileUnit::unfinished_bytes));
                }
                units_decoded = round.len();
                if units_decoded == 0 {
                    check_balance(stats.check_lines())?;
                    return Ok(stats);
                }
                std::mem::swap(&mut decoded, &mut next);
                for unit in round.into_iter().filter_map(|read| read.unit.ok()) {
                    // The reader may have ended already.
                    let _ = give_back.send(unit.into_memory());
                }
            }
        })
    }

    /// Decodes the units of a round in parallel. Returns the result of each, in order.
    fn decode_round(&self, round: &[ReadUnit<'_>], batches: &mut [EventBatch]) -> Vec<Result<(), ReadError>> {
        let decode = |kept: &mut KeptDecoder, (read, batch): (&ReadUnit<'_>, &mut EventBatch)| {
            let Ok(unit) = &read.unit else { return Ok(()) };
            let FileToRead { file, times, .. } = &self.files[read.file];
            let intake = || Intake::new(times.clone(), file.path_columns(), self.rules.clone());
            let decoder = kept.of(read.file, || UnitDecoder::new(intake()));
            decoder.decode(unit, batch)?;
            self.progress.add_bytes(unit.byte_count());
            Ok(())
        };
        round.par_iter().zip(batches).map_init(KeptDecoder::default, decode).collect()
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
            let row = &batch.side_bytes[side.bytes.clone()];
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

/// The units of the next round; none at the end.
fn next_round<'r>(units: &Receiver<ReadUnit<'r>>) -> Vec<ReadUnit<'r>> {
    let (mut round, mut bytes) = (Vec::with_capacity(ROUND_UNITS), 0);
    while round.len() < ROUND_UNITS && (round.len() < FEWEST_UNITS || bytes < ROUND_BYTES) {
        let Ok(read) = units.recv() else { break };
        bytes += read.unit.as_ref().map_or(0, FileUnit::byte_count);
        round.push(read);
    }
    round
}

/// An error of a reader, for the user. `lines_before` lines of the file come before the unit.
pub(super) fn refusal(error: &ReadError, file: &BatchFile, lines_before: u64, max_bytes: u64) -> Error {
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
