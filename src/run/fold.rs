//! One attempt at folding a batch, in one of two ways. Nothing is committed here.

use super::finish::Finish;
use super::output_writer::{OutputWriter, Written};
use super::read_stats::ReadStats;
use super::rounds::{Reading, Stop};
use super::sorted::SortedFold;
use super::stopwatch::Stopwatch;
use super::streaming::StreamingFold;
use super::totals::OpenTotals;
use crate::core::event::Timestamp;
use crate::core::reducer::{BatchEnd, PartitionReducer};
use crate::core::rules::RuleSet;
use crate::core::watermark::{EventTime, Watermark};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{EventBatch, RowRules};
use crate::ledger::{Head, RunId};
use crate::output::{Output, OutputFile, OutputKind, OutputSchema, Staging};
use crate::settings::{OutputSettings, RunSettings};
use crate::state::{Checkpoint, StagedState, StateWriter};
use std::sync::Arc;

/// A way to fold a batch.
pub(super) trait FoldStrategy {
    /// Takes a round in. `horizon` is a watermark that the end of the batch reaches at least.
    fn take_round(
        &mut self,
        round: &[EventBatch],
        horizon: Watermark,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
    ) -> Result<(), Stop>;

    /// Ends every partition, in order: what `close` says is emitted, the rest goes to `state_writer`.
    fn end(
        self,
        finish: Finish,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
        state_writer: Option<StateWriter<'_>>,
    ) -> Result<FoldOutput, Stop>;
}

/// What is open at the end, and where it was written.
pub(super) type FoldOutput = (OpenTotals, Option<StagedState>);

/// What an attempt works with.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunContext<'j> {
    pub(super) checkpoint: &'j Checkpoint,
    pub(super) output: &'j Output,
    pub(super) definition: &'j Definition,
    pub(super) rules: &'j Arc<RuleSet>,
    pub(super) pool: &'j rayon::ThreadPool,
    pub(super) settings: &'j RunSettings,
}

/// What an attempt has come to: everything is on the disk, and no head points to it.
#[derive(Debug)]
pub(super) struct StagedRun {
    pub(super) stats: ReadStats,
    pub(super) open: OpenTotals,
    pub(super) written: Written,
    pub(super) state: Option<StagedState>,
    /// How far event time has come with it.
    pub(super) event_time: EventTime,
}

impl RunContext<'_> {
    /// The run that this will be.
    pub(super) fn run(&self) -> RunId {
        self.checkpoint.head().map_or(RunId::new(1), |head| head.run.next())
    }

    /// How far event time had come before it.
    pub(super) fn event_time(&self) -> EventTime {
        self.checkpoint.head().map_or_else(EventTime::default, Head::event_time)
    }

    /// The end of a batch of which `stats` are known so far. With more events the watermark can only be later.
    fn batch_end(&self, stats: &ReadStats) -> BatchEnd {
        let advance = self.settings.advance;
        let allowed_lateness_us = self.rules.allowed_lateness_us().unwrap_or(0);
        let with_batch = self.event_time().with(stats.latest.map(|(time, ..)| time));
        BatchEnd::of(advance, with_batch.advanced(advance, allowed_lateness_us))
    }

    /// A reducer of a partition with nothing open.
    pub(super) fn reducer(&self) -> PartitionReducer {
        PartitionReducer::new(self.definition.gap, self.rules, self.event_time().watermark)
    }

    /// Which events are taken in, of those up to `latest_allowed`.
    pub(super) fn row_rules(&self, latest_allowed: Timestamp) -> RowRules {
        let purged = self.checkpoint.head().map(|head| head.purged.clone()).unwrap_or_default();
        RowRules {
            accepts_from: self.event_time().accepts_from,
            purged,
            latest_allowed,
            selection: self.rules.selection().clone(),
        }
    }

    /// Folds the batch: streaming first, and if its order does not allow that, sorted.
    pub(super) fn fold_batch(self, reading: &Reading<'_>, stopwatch: &mut Stopwatch) -> Result<StagedRun> {
        // Without files there is nothing to stream, and corrections compare whole keys before and after the batch.
        if reading.files.is_empty() || self.rules.allowed_lateness_us().is_some() {
            return self.fold_sorted(reading, stopwatch);
        }
        let streaming = StreamingFold::load(self)?;
        stopwatch.book(|phases| &mut phases.open);
        match self.attempt(streaming, reading, stopwatch) {
            Err(Stop::GiveUp) => {
                log::info!("the batch does not stream: reading it again, sorting its events first");
                self.fold_sorted(reading, stopwatch)
            }
            outcome => outcome.map_err(Stop::into_error),
        }
    }

    /// Folds the batch, all of its events sorted first. One of no files only folds what waits and closes what is complete.
    fn fold_sorted(self, reading: &Reading<'_>, stopwatch: &mut Stopwatch) -> Result<StagedRun> {
        self.attempt(SortedFold::new(self), reading, stopwatch).map_err(Stop::into_error)
    }

    fn attempt(
        self,
        mut strategy: impl FoldStrategy + Send,
        reading: &Reading<'_>,
        stopwatch: &mut Stopwatch,
    ) -> Result<StagedRun, Stop> {
        let writer = self.open_writer()?;
        let folded = (|| -> Result<_, Stop> {
            let stats = reading.for_each_round(self.pool, &writer, stopwatch, |round, stats| {
                strategy.take_round(round, self.batch_end(stats).close.horizon(), self, &writer)
            })?;
            let state_writer =
                if self.settings.dry_run { None } else { Some(self.checkpoint.stage_state()?) };
            let (open, staged) =
                strategy.end(self.finish(self.batch_end(&stats)), self, &writer, state_writer)?;
            Ok((stats, open, staged))
        })();
        // If the writer has failed, that is why the rest did.
        let written = writer.close()?;
        stopwatch.book(|phases| &mut phases.stage);
        let (read, open, state) = folded?;
        let event_time = self.batch_end(&read).event_time;
        Ok(StagedRun { stats: read, open, written, state, event_time })
    }

    fn finish(self, end: BatchEnd) -> Finish {
        Finish { end, shows_open: self.settings.outputs.shows_open }
    }

    fn open_writer(self) -> Result<OutputWriter> {
        if self.settings.dry_run {
            return OutputWriter::open(Arc::clone(self.rules), None);
        }
        self.output.discard_staging()?;
        let mut staging = Staging::begin(self.output, self.checkpoint.stream(), self.run())?;
        let OutputSettings { format, spreadsheet_safe, shows_open } = self.settings.outputs;
        let emit = self.rules.emit();
        let encoder = format.encoder(OutputSchema::of(self.definition, self.rules), spreadsheet_safe);
        for (kind, is_written) in [
            (OutputKind::Sessions, emit.sessions),
            (OutputKind::Events, emit.events),
            (OutputKind::Open, shows_open),
        ] {
            if is_written {
                staging.open(OutputFile { kind, format }, &encoder.header(kind))?;
            }
        }
        OutputWriter::open(Arc::clone(self.rules), Some((staging, encoder)))
    }
}

impl Stop {
    /// The error for the user. Only collected events cannot give up: they are sorted.
    fn into_error(self) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::GiveUp => Error::new(
                ErrorKind::Checkpoint,
                "the checkpoint holds an open session that lies after its watermark",
            )
            .remedy("put back a backup of the state folder together with its output folder"),
        }
    }
}
