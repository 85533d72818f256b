//! One attempt at folding a batch, in one of two ways. Nothing is committed here.

use super::finish::{Close, Finish};
use super::folding::Folding;
use super::output_writer::{OutputWriter, Written};
use super::read_stats::ReadStats;
use super::rounds::{Reading, Stop};
use super::sorted::SortedFold;
use super::streaming::StreamingFold;
use super::totals::OpenTotals;
use super::watch::Stopwatch;
use crate::core::event::Timestamp;
use crate::core::reducer::{GapReducer, RuleReducer};
use crate::core::rules::RuleSet;
use crate::core::watermark::{Advance, Watermark};
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::input::{EventBatch, RowRules};
use crate::ledger::RunId;
use crate::output::{Output, OutputFile, OutputKind, RowStyle, Staging, events_header, sessions_header};
use crate::settings::OutputSettings;
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
    pub(super) memory_bytes: usize,
    /// Whether nothing may be written.
    pub(super) dry_run: bool,
    /// How outputs are written.
    pub(super) outputs: OutputSettings,
}

/// What an attempt has come to: everything is on the disk, and no head points to it.
#[derive(Debug)]
pub(super) struct StagedRun {
    pub(super) stats: ReadStats,
    pub(super) open: OpenTotals,
    pub(super) written: Written,
    pub(super) state: Option<StagedState>,
    pub(super) close: Close,
}

impl RunContext<'_> {
    /// The run that this will be.
    pub(super) fn run(&self) -> RunId {
        self.checkpoint.head().map_or(RunId::new(1), |head| head.run.next())
    }

    /// How completed sessions are written.
    pub(super) fn style(&self) -> RowStyle {
        RowStyle {
            key_columns: self.definition.key().len(),
            spreadsheet_safe: self.outputs.spreadsheet_safe,
            with_op: self.rules.allowed_lateness_us().is_some(),
            emit: self.rules.emit(),
        }
    }

    /// The watermark before it.
    pub(super) fn before(&self) -> Watermark {
        self.checkpoint.head().map_or(Watermark::BEGINNING, |head| head.watermark)
    }

    /// From where on events are accepted: from the watermark on, or from further back where sessions are correctable.
    pub(super) fn accepts_from(&self) -> Watermark {
        self.checkpoint.head().map_or(Watermark::BEGINNING, |head| head.accepts_from)
    }

    /// Which events are taken in, of those up to `latest_allowed`.
    pub(super) fn row_rules(&self, latest_allowed: Timestamp) -> RowRules {
        let purged = self.checkpoint.head().map(|head| head.purged.clone()).unwrap_or_default();
        RowRules { accepts_from: self.accepts_from(), purged, latest_allowed }
    }

    /// From where on they are accepted after a run that leaves the watermark at `watermark`.
    pub(super) fn accepts_from_after(&self, watermark: Watermark) -> Watermark {
        self.accepts_from().max(watermark.behind(self.rules.allowed_lateness_us().unwrap_or(0)))
    }

    /// The latest event accepted by any run, `batch` among them.
    pub(super) fn latest(&self, batch: Option<Timestamp>) -> Option<Timestamp> {
        self.checkpoint.head().and_then(|head| head.latest).into_iter().chain(batch).max()
    }

    /// The watermark after a batch whose latest event is in `stats` (rule 3).
    fn watermark_after(&self, advance: Advance, stats: &ReadStats) -> Watermark {
        advance.after(self.before(), self.latest(stats.latest.map(|(time, ..)| time)))
    }

    /// Folds the batch: streaming first, and if its order does not allow that, collecting.
    pub(super) fn fold_batch(
        self,
        reading: &Reading<'_>,
        advance: Advance,
        watch: &mut Stopwatch,
    ) -> Result<StagedRun> {
        let close_at = |stats: &ReadStats| Close::Passed(self.watermark_after(advance, stats));
        if self.rules.is_plain() {
            self.fold_with::<GapReducer>(reading, close_at, watch)
        } else if self.rules.allowed_lateness_us().is_some() {
            // Corrections compare whole keys before and after the batch: there is nothing to stream.
            let collected = SortedFold::<RuleReducer>::new(self);
            self.attempt(collected, reading, close_at, watch).map_err(Stop::into_error)
        } else {
            self.fold_with::<RuleReducer>(reading, close_at, watch)
        }
    }

    fn fold_with<F: Folding>(
        self,
        reading: &Reading<'_>,
        close_at: impl Fn(&ReadStats) -> Close + Copy + Sync,
        watch: &mut Stopwatch,
    ) -> Result<StagedRun> {
        let streaming = StreamingFold::<F>::load(self)?;
        watch.book(|phases| &mut phases.open);
        match self.attempt(streaming, reading, close_at, watch) {
            Err(Stop::GiveUp) => {
                log::info!("the batch does not stream: reading it again, collecting its events first");
                self.attempt(SortedFold::<F>::new(self), reading, close_at, watch).map_err(Stop::into_error)
            }
            outcome => outcome.map_err(Stop::into_error),
        }
    }

    /// Folds what is held and closes what `close` says; `reading` has no files.
    pub(super) fn fold_nothing(
        self,
        reading: &Reading<'_>,
        close: Close,
        watch: &mut Stopwatch,
    ) -> Result<StagedRun> {
        let folded = if self.rules.is_plain() {
            self.attempt(SortedFold::<GapReducer>::new(self), reading, |_| close, watch)
        } else {
            self.attempt(SortedFold::<RuleReducer>::new(self), reading, |_| close, watch)
        };
        folded.map_err(Stop::into_error)
    }

    fn attempt(
        self,
        mut strategy: impl FoldStrategy + Send,
        reading: &Reading<'_>,
        close_at: impl Fn(&ReadStats) -> Close + Sync,
        watch: &mut Stopwatch,
    ) -> Result<StagedRun, Stop> {
        let writer = self.open_outbox()?;
        let folded = (|| -> Result<_, Stop> {
            let stats = reading.for_each_round(self.pool, &writer, watch, |round, stats| {
                strategy.take_round(round, close_at(stats).horizon(), self, &writer)
            })?;
            let state_writer = if self.dry_run { None } else { Some(self.checkpoint.stage_state()?) };
            let (open, staged) = strategy.end(self.finish(close_at(&stats)), self, &writer, state_writer)?;
            Ok((stats, open, staged))
        })();
        // If the state_writer has failed, that is why the rest did.
        let written = writer.close()?;
        watch.book(|phases| &mut phases.stage);
        let (read, open, state) = folded?;
        let close = close_at(&read);
        Ok(StagedRun { stats: read, open, written, state, close })
    }

    fn finish(self, close: Close) -> Finish {
        let watermark = match close {
            Close::Passed(watermark) => watermark,
            Close::All => self.latest(None).map_or(self.before(), Watermark::at),
        };
        Finish { close, style: self.style(), watermark, shows_open: self.outputs.shows_open }
    }

    fn open_outbox(self) -> Result<OutputWriter> {
        if self.dry_run {
            return OutputWriter::open(None, self.outputs.format);
        }
        self.output.discard_staging()?;
        let mut staging = Staging::begin(self.output, self.checkpoint.stream(), self.run())?;
        let sessions = |style| sessions_header(&self.definition.key_names(), self.rules.names(), style);
        let style = self.style();
        let file = |kind| OutputFile { kind, format: self.outputs.format };
        if style.emit.sessions {
            staging.open(file(OutputKind::Sessions), &sessions(style))?;
        }
        if style.emit.events {
            let columns = self.definition.event_columns.as_deref().unwrap_or_default();
            staging.open(file(OutputKind::Events), &events_header(columns, style))?;
        }
        if self.outputs.shows_open {
            staging.open(file(OutputKind::Open), &sessions(RowStyle { with_op: false, ..style }))?;
        }
        OutputWriter::open(Some(staging), self.outputs.format)
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
