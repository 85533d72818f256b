//! The end of all partitions of a run, some at a time.

use super::finish::PartitionOutput;
use super::output_batch::OutputBatch;
use super::output_writer::OutputWriter;
use super::stop::Stop;
use super::strategy::{FoldOutput, RunContext};
use super::totals::OpenTotals;
use crate::core::partition::PartitionId;
use crate::core::session::SessionBatch;
use crate::state::StateWriter;
use rayon::prelude::*;

/// Ends every partition with `end`, which gets the partition of the fold, an empty batch of sessions, and the place for its
/// output. `wave` partitions are ended in parallel and written in order before the next ones: this bounds the memory.
pub(super) fn end_in_waves<P: Send>(
    parts: &mut [P],
    wave: usize,
    run_context: RunContext<'_>,
    writer: &OutputWriter,
    mut state_writer: Option<StateWriter<'_>>,
    end: impl Fn(PartitionId, &mut P, &mut SessionBatch, OutputBatch) -> Result<PartitionOutput, Stop> + Sync,
) -> Result<FoldOutput, Stop> {
    let partitions: Vec<PartitionId> = PartitionId::all().collect();
    let mut open = OpenTotals::default();
    for (partitions, parts) in partitions.chunks(wave).zip(parts.chunks_mut(wave)) {
        let batches = writer.buffers(partitions.len());
        let ends = run_context.pool.install(|| {
            let tasks = partitions.par_iter().zip(parts).zip(batches);
            let ends = tasks.map_init(SessionBatch::default, |completed, ((&partition, part), batch)| {
                end(partition, part, completed, batch)
            });
            ends.collect::<Result<Vec<_>, Stop>>()
        })?;
        open.take_ends(ends, partitions, writer, state_writer.as_mut())?;
    }
    Ok((open, state_writer.map(StateWriter::finish).transpose()?))
}
