//! The streaming fold: every round is folded as it comes.
//!
//! This is exact if the events of every key come in time order, whatever the order between keys, because the fold of a key sees
//! only its own events. A round is folded only up to the watermark that the end of the batch will reach at least: rule 3
//! applied to the latest event so far, which can only grow.

use super::finish::Finish;
use super::order::Order;
use super::output_writer::OutputWriter;
use super::rounds::Stop;
use super::strategy::{FoldOutput, FoldStrategy, RunContext};
use super::waves::end_in_waves;
use crate::core::partition::{GROUP_PARTITIONS, GROUPS, PartitionId};
use crate::core::reducer::PartitionReducer;
use crate::core::session::{OutOfOrder, SessionBatch};
use crate::core::watermark::Watermark;
use crate::error::Result;
use crate::input::EventBatch;
use crate::state::StateWriter;
use rayon::prelude::*;

/// Partitions whose state is encoded in parallel before it is written: this bounds the memory for encoded state.
const WAVE: usize = 32;

/// One reducer for each partition.
#[derive(Debug)]
pub(super) struct StreamingFold {
    reducers: Vec<PartitionReducer>,
    order: Order,
}

impl From<OutOfOrder> for Stop {
    fn from(_: OutOfOrder) -> Self {
        Self::GiveUp
    }
}

impl StreamingFold {
    /// Reducers with the open state of the checkpoint.
    pub(super) fn load(run_context: RunContext<'_>) -> Result<Self> {
        let partitions: Vec<PartitionId> = PartitionId::all().collect();
        let load = |&partition: &PartitionId| {
            let mut reducer = run_context.fold.reducer();
            run_context.checkpoint.load_partition(partition, &mut reducer).map(|()| reducer)
        };
        let reducers = run_context.pool.install(|| partitions.par_iter().map(load).collect::<Result<_>>())?;
        Ok(Self { reducers, order: Order::default() })
    }

    fn memory_bytes(&self) -> usize {
        self.reducers.iter().map(PartitionReducer::memory_bytes).sum()
    }
}

impl FoldStrategy for StreamingFold {
    /// Gives up if an event comes before a folded event of its key, or if open sessions exceed the memory limit.
    fn take_round(
        &mut self,
        round: &[EventBatch],
        horizon: Watermark,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
    ) -> Result<(), Stop> {
        let mut batches = writer.buffers(GROUPS);
        let horizons =
            Horizons { reached: horizon, safe_watermark: self.order.safe_watermark(round).min(horizon) };
        run_context.pool.install(|| {
            let groups = self.reducers.par_chunks_mut(GROUP_PARTITIONS).zip(&mut batches).enumerate();
            groups.with_max_len(1).try_for_each_init(
                || vec![SessionBatch::default(); GROUP_PARTITIONS],
                |completed, (group, (reducers, batch))| {
                    fold_round(reducers, group, round, horizons, completed)?;
                    for of_partition in completed {
                        batch.encode(of_partition);
                    }
                    Ok::<(), OutOfOrder>(())
                },
            )
        })?;
        writer.send_sessions(batches)?;
        if self.memory_bytes() > run_context.settings.memory_bytes {
            self.reducers.iter_mut().for_each(PartitionReducer::forget_tombstones);
        }
        if self.memory_bytes() > run_context.settings.memory_bytes { Err(Stop::GiveUp) } else { Ok(()) }
    }

    fn end(
        mut self,
        finish: Finish,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
        state_writer: Option<StateWriter<'_>>,
    ) -> Result<FoldOutput, Stop> {
        let end = |_, reducer: &mut PartitionReducer, completed: &mut SessionBatch, batch| {
            reducer.finish(finish.end, completed)?;
            Ok(finish.output(reducer, completed, batch))
        };
        end_in_waves(&mut self.reducers, WAVE, run_context, writer, state_writer, end)
    }
}

/// How far a round may be folded, and up to where sessions may be evicted.
#[derive(Debug, Clone, Copy)]
struct Horizons {
    reached: Watermark,
    safe_watermark: Watermark,
}

/// Folds a round of one group of partitions. The sessions of each stay apart, so that the partitions of a group are written in
/// their order.
fn fold_round(
    reducers: &mut [PartitionReducer],
    group: usize,
    round: &[EventBatch],
    Horizons { reached, safe_watermark }: Horizons,
    completed: &mut [SessionBatch],
) -> Result<(), OutOfOrder> {
    for event in round.iter().flat_map(|batch| batch.groups[group].iter()) {
        let (_, place) = PartitionId::of_table_hash(event.table_hash).group();
        reducers[place].take_event(event, reached, &mut completed[place])?;
    }
    for (reducer, completed) in reducers.iter_mut().zip(completed) {
        reducer.advance(reached, safe_watermark, completed)?;
    }
    Ok(())
}
