//! What a way to fold a batch is, and what it works with.

use super::finish::Finish;
use super::output_writer::OutputWriter;
use super::read_stats::ReadStats;
use super::rounds::Stop;
use super::totals::OpenTotals;
use crate::core::event::Timestamp;
use crate::core::reducer::{BatchEnd, PartitionReducer};
use crate::core::rules::RuleSet;
use crate::core::watermark::{EventTime, Watermark};
use crate::definition::Definition;
use crate::error::Result;
use crate::input::{EventBatch, RowRules};
use crate::ledger::{Head, RunId};
use crate::output::Output;
use crate::settings::RunSettings;
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
    pub(super) fn batch_end(&self, stats: &ReadStats) -> BatchEnd {
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
}
