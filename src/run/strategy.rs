//! A fold strategy, and its context.

use super::finish::Finish;
use super::group_round::GroupRound;
use super::output_batch::OutputBatch;
use super::output_writer::OutputWriter;
use super::read_stats::ReadStats;
use super::stop::Stop;
use super::totals::OpenTotals;
use super::work::GroupMemory;
use crate::core::event::Timestamp;
use crate::core::partition::PartitionId;
use crate::core::reducer::{BatchEnd, PartitionReducer, SessionFold};
use crate::core::session::SessionBatch;
use crate::definition::Definition;
use crate::error::Result;
use crate::input::RowRules;
use crate::ledger::RunId;
use crate::output::Output;
use crate::settings::RunSettings;
use crate::state::{Checkpoint, EncodedPartition, StagedState, StateWriter};

/// A strategy to fold a batch.
pub(super) trait FoldStrategy: Sized + Sync {
    /// What it keeps of one partition.
    type Part: Send;

    /// The most bytes that all parts may keep together. If they keep more that they can release, they have to; if they keep more
    /// anyway, the strategy gives up.
    fn memory_bytes(&self) -> usize;

    /// Folds a round of one group of partitions into `output`. `completed` has an empty batch for each of them, and is left so.
    ///
    /// # Errors
    /// [`Stop::GiveUp`] if the strategy cannot fold this batch.
    fn fold_group(
        &self,
        parts: &mut [Self::Part],
        round: GroupRound<'_>,
        output: &mut OutputBatch,
        completed: &mut [SessionBatch],
    ) -> Result<GroupMemory, Stop>;

    /// Releases what the parts of a group can do without.
    ///
    /// # Errors
    /// [`Stop::Failed`] if that fails.
    fn release(&self, parts: &mut [Self::Part], group: usize) -> Result<(), Stop>;

    /// Ends every partition, in order: complete sessions are emitted, and open state goes to `state_writer`.
    fn end(
        self,
        parts: Vec<Self::Part>,
        finish: Finish,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
        state_writer: Option<StateWriter<'_>>,
    ) -> Result<FoldOutput, Stop>;
}

/// The totals of the open state, and where it was written.
pub(super) type FoldOutput = (OpenTotals, Option<StagedState>);

/// The context of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunContext<'j> {
    pub(super) checkpoint: &'j Checkpoint,
    pub(super) output: &'j Output,
    pub(super) definition: &'j Definition,
    pub(super) fold: &'j SessionFold,
    pub(super) pool: &'j rayon::ThreadPool,
    pub(super) settings: &'j RunSettings,
}

impl RunContext<'_> {
    /// The number of this run.
    pub(super) fn run(&self) -> RunId {
        self.checkpoint.head().map_or(RunId::new(1), |head| head.run.next())
    }

    /// The end of a batch of which `stats` are known so far. More events can only move the watermark forward.
    pub(super) fn batch_end(&self, stats: &ReadStats) -> BatchEnd {
        self.fold.batch_end(self.settings.advance, stats.latest.map(|(time, ..)| time))
    }

    /// Encodes the open state of a partition at the end of the run. `reducer` was loaded from the checkpoint.
    pub(super) fn encode(
        &self,
        partition: PartitionId,
        reducer: &mut PartitionReducer,
    ) -> Result<EncodedPartition> {
        self.checkpoint.encode_partition(partition, reducer, self.definition)
    }

    /// Which events are accepted, of those up to `latest_allowed`.
    pub(super) fn row_rules(&self, latest_allowed: Timestamp) -> RowRules {
        let purged = self.checkpoint.head().map(|head| head.purged.clone()).unwrap_or_default();
        RowRules {
            accepts_from: self.fold.event_time().accepts_from,
            purged,
            latest_allowed,
            selection: self.fold.rules().selection().clone(),
            key_hasher: self.settings.key_hasher.clone(),
        }
    }
}
