//! An attempt to fold a batch with one of the two strategies. Nothing is committed here.

use super::finish::Finish;
use super::output_batch::RowEncoder;
use super::output_writer::{OutputWriter, Written};
use super::read_stats::ReadStats;
use super::reading::Reading;
use super::rounds::fold_rounds;
use super::sorted::SortedFold;
use super::stop::Stop;
use super::stopwatch::Stopwatch;
use super::strategy::{FoldStrategy, RunContext};
use super::streaming::StreamingFold;
use super::totals::OpenTotals;
use crate::core::reducer::BatchEnd;
use crate::core::watermark::EventTime;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{Origin, OutputFile, OutputFormat, OutputKind, OutputSchema, Staging};
use crate::settings::OutputSettings;
use crate::state::{StagedState, definition_digest};
use std::io;
use std::sync::Arc;

/// The result of an attempt: everything is on the disk, and no head points to it.
#[derive(Debug)]
pub(super) struct StagedRun {
    pub(super) stats: ReadStats,
    pub(super) open: OpenTotals,
    pub(super) written: Written,
    pub(super) state: Option<StagedState>,
    /// The event time at the end of the batch.
    pub(super) event_time: EventTime,
}

impl RunContext<'_> {
    /// Folds the batch: with the streaming fold first, and with the sorted fold if the order of the batch requires it.
    pub(super) fn fold_batch(self, reading: &Reading<'_>, stopwatch: &mut Stopwatch) -> Result<StagedRun> {
        // Without files there is nothing to stream, and corrections compare whole keys before and after the batch.
        if reading.files.is_empty() || self.fold.rules().allowed_lateness_us().is_some() {
            return self.fold_sorted(reading, stopwatch);
        }
        let reducers = StreamingFold::load(self)?;
        stopwatch.book(|phases| &mut phases.open);
        match self.attempt(StreamingFold::new(self), reducers, reading, stopwatch) {
            Err(Stop::GiveUp) => {
                log::info!("the batch does not stream: reading it again, sorting its events first");
                self.fold_sorted(reading, stopwatch)
            }
            outcome => outcome.map_err(Stop::into_error),
        }
    }

    /// Folds the batch after sorting all of its events. Without files, this only folds waiting events and closes complete
    /// sessions.
    fn fold_sorted(self, reading: &Reading<'_>, stopwatch: &mut Stopwatch) -> Result<StagedRun> {
        self.attempt(SortedFold::new(self), SortedFold::parts(), reading, stopwatch).map_err(Stop::into_error)
    }

    fn attempt<S: FoldStrategy>(
        self,
        strategy: S,
        mut parts: Vec<S::Part>,
        reading: &Reading<'_>,
        stopwatch: &mut Stopwatch,
    ) -> Result<StagedRun, Stop> {
        let writer = self.open_writer()?;
        let folded = (|| -> Result<_, Stop> {
            let stats = fold_rounds(self, reading, &strategy, &mut parts, &writer, stopwatch)?;
            let state_writer =
                if self.settings.dry_run { None } else { Some(self.checkpoint.stage_state()?) };
            let (open, staged) =
                strategy.end(parts, self.finish(self.batch_end(&stats)), self, &writer, state_writer)?;
            Ok((stats, open, staged))
        })();
        // If the writer failed, its error caused the others.
        let written = writer.close()?;
        stopwatch.book(|phases| &mut phases.stage);
        let (read, open, state) = folded?;
        let event_time = self.batch_end(&read).event_time;
        Ok(StagedRun { stats: read, open, written, state, event_time })
    }

    fn finish(self, end: BatchEnd) -> Finish {
        Finish { end, shows_open: self.settings.outputs.shows_open }
    }

    fn origin(self) -> Origin {
        let (stream, definition_digest) = (self.checkpoint.stream(), definition_digest(self.definition));
        Origin { stream, run: self.run(), definition_digest }
    }

    fn open_writer(self) -> Result<OutputWriter> {
        let rules = self.fold.rules();
        if self.settings.dry_run {
            return OutputWriter::open(Arc::clone(rules), None);
        }
        self.output.discard_staging()?;
        let mut staging = Staging::begin(self.output, self.checkpoint.stream(), self.run())?;
        let OutputSettings { form, spreadsheet_safe, partitions, shows_open } = self.settings.outputs;
        let emit = rules.emit();
        let schema = OutputSchema::of(self.definition, rules);
        if partitions.is_some() {
            expect_no_date_column(&schema)?;
        }
        let encoder = Arc::new(form.format.encoder(schema.clone(), spreadsheet_safe));
        let origin = self.origin();
        for (kind, is_written, is_divided) in [
            (OutputKind::Sessions, emit.sessions, partitions.is_some()),
            (OutputKind::Events, emit.events, partitions.is_some()),
            (OutputKind::Open, shows_open, false),
        ] {
            if is_written {
                let file = encoder.file(kind, origin).map_err(|error| no_file(form.format, &error))?;
                if !is_divided {
                    staging.open_for(OutputFile::whole(kind, form), &encoder.header(kind), file)?;
                }
                staging.describe(kind, schema.columns(kind));
            }
        }
        if partitions.is_some() {
            staging.open_partitions(Arc::clone(&encoder), origin);
        }
        OutputWriter::open(Arc::clone(rules), Some((staging, RowEncoder { encoder, form, partitions })))
    }
}

/// The folders of days are a column to whoever reads them, so no file may have one of its name.
fn expect_no_date_column(schema: &OutputSchema) -> Result<()> {
    let Some(column) = schema.date_column() else { return Ok(()) };
    let what = format!("the outputs have a column {column}, and --partition-by date adds one of this name");
    Err(Error::new(ErrorKind::Usage, what)
        .remedy("name the column otherwise, or leave --partition-by out")
        .nothing_changed())
}

fn no_file(format: OutputFormat, error: &io::Error) -> Error {
    Error::new(ErrorKind::Failed, format!("a {} file cannot have these columns: {error}", format.name()))
        .remedy("give another --output-format")
        .nothing_changed()
}

impl Stop {
    /// The error for the user. Sorted events are never out of order, so only damage can cause `GiveUp` here.
    fn into_error(self) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::GiveUp => {
                Error::new(ErrorKind::Checkpoint, "the checkpoint has an open session after its watermark")
                    .remedy("restore a backup of the state folder together with its output folder")
            }
        }
    }
}
