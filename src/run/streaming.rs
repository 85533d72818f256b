//! The streaming fold: every round is folded as it comes.
//!
//! This is exact if the events of every key come in time order, whatever the order between keys, because the fold of a key sees
//! only its own events. A round is folded only up to the watermark that the end of the batch will reach at least: rule 3
//! applied to the latest event so far, which can only grow.

use super::finish::Finish;
use super::group_round::{GroupRound, Horizons};
use super::output_batch::OutputBatch;
use super::output_writer::OutputWriter;
use super::stop::Stop;
use super::strategy::{FoldOutput, FoldStrategy, RunContext};
use super::waves::end_in_waves;
use super::work::GroupMemory;
use crate::core::partition::PartitionId;
use crate::core::reducer::PartitionReducer;
use crate::core::session::{OutOfOrder, SessionBatch};
use crate::error::Result;
use crate::state::StateWriter;
use rayon::prelude::*;

/// Partitions whose state is encoded in parallel before it is written: this bounds the memory for encoded state.
const WAVE: usize = 32;

/// Each part is a reducer.
#[derive(Debug)]
pub(super) struct StreamingFold {
    memory_bytes: usize,
}

impl From<OutOfOrder> for Stop {
    fn from(_: OutOfOrder) -> Self {
        Self::GiveUp
    }
}

impl StreamingFold {
    pub(super) const fn new(run_context: RunContext<'_>) -> Self {
        Self { memory_bytes: run_context.settings.memory_bytes }
    }

    /// Reducers with the open state of the checkpoint.
    pub(super) fn load(run_context: RunContext<'_>) -> Result<Vec<PartitionReducer>> {
        let partitions: Vec<PartitionId> = PartitionId::all().collect();
        let load = |&partition: &PartitionId| {
            let mut reducer = run_context.fold.reducer();
            run_context.checkpoint.load_partition(partition, &mut reducer).map(|()| reducer)
        };
        run_context.pool.install(|| partitions.par_iter().map(load).collect())
    }
}

impl FoldStrategy for StreamingFold {
    type Part = PartitionReducer;

    fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Gives up if an event comes before a folded event of its key. The sessions of each partition stay apart, so that the partitions
    /// of a group are written in their order.
    fn fold_group(
        &self,
        reducers: &mut [PartitionReducer],
        round: GroupRound<'_>,
        output: &mut OutputBatch,
        completed: &mut [SessionBatch],
    ) -> Result<GroupMemory, Stop> {
        let Horizons { reached, safe_watermark } = round.horizons;
        for (place, event) in round.events() {
            reducers[place].take_event(event, reached, &mut completed[place])?;
        }
        let mut memory = GroupMemory::default();
        for (reducer, completed) in reducers.iter_mut().zip(completed) {
            reducer.advance(reached, safe_watermark, completed)?;
            output.encode(completed);
            let releasable = reducer.tombstone_bytes();
            memory += GroupMemory { kept: reducer.memory_bytes() - releasable, releasable };
        }
        Ok(memory)
    }

    fn release(&self, reducers: &mut [PartitionReducer], _group: usize) -> Result<(), Stop> {
        reducers.iter_mut().for_each(PartitionReducer::forget_tombstones);
        Ok(())
    }

    fn end(
        self,
        mut reducers: Vec<PartitionReducer>,
        finish: Finish,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
        state_writer: Option<StateWriter<'_>>,
    ) -> Result<FoldOutput, Stop> {
        let end = |partition, reducer: &mut PartitionReducer, completed: &mut SessionBatch, batch| {
            reducer.finish(finish.end, completed)?;
            let state = run_context.encode(partition, reducer)?;
            let output = finish.output(reducer, completed, batch, state);
            // Its memory is released here, on all threads, and before the others need theirs.
            *reducer = run_context.fold.reducer();
            Ok(output)
        };
        end_in_waves(&mut reducers, WAVE, run_context, writer, state_writer, end)
    }
}
