//! The general strategy: all events first, into partition buffers, then each partition sorted and folded alone.
//!
//! Buffers beyond the memory are sorted and spilled, so that a batch of any size and any order is folded in the memory
//! of a few partitions' open sessions.

use super::finish::{Finish, PartitionOutput};
use super::output_writer::{OutputBatch, OutputWriter};
use super::rounds::Stop;
use super::spill::{SpillFile, SpilledRun, merge};
use super::strategy::{FoldOutput, FoldStrategy, RunContext};
use super::totals::OpenTotals;
use crate::core::event::{Event, EventBuffer};
use crate::core::partition::{PARTITIONS, PartitionId};
use crate::core::reducer::EventSource;
use crate::core::session::SessionBatch;
use crate::core::watermark::Watermark;
use crate::error::{Error, ErrorKind};
use crate::input::EventBatch;
use crate::state::StateWriter;
use rayon::prelude::*;
use std::io;

/// Partitions that are sorted or folded side by side: bounds the memory for copies and open sessions.
const WAVE: usize = 16;

/// Events of the batch by partition, in memory and on the disk.
#[derive(Debug)]
pub(super) struct SortedFold {
    buffers: Vec<EventBuffer>,
    spill: Option<SpillFile>,
    memory_bytes: usize,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        let error =
            Error::io(ErrorKind::Failed, "use a temporary file for events", &std::env::temp_dir(), &error);
        Self::Failed(
            error.remedy("give TMPDIR a folder with more space, or --memory a larger size").nothing_changed(),
        )
    }
}

impl SortedFold {
    pub(super) fn new(run_context: RunContext<'_>) -> Self {
        Self {
            buffers: vec![EventBuffer::default(); PARTITIONS],
            spill: None,
            memory_bytes: run_context.settings.memory_bytes,
        }
    }

    fn spill(&mut self, run_context: RunContext<'_>) -> io::Result<()> {
        let mut file = match self.spill.take() {
            Some(file) => file,
            None => SpillFile::create(PARTITIONS)?,
        };
        for first in (0..PARTITIONS).step_by(WAVE) {
            let wave = &mut self.buffers[first..first + WAVE];
            let sorted: Vec<EventBuffer> =
                run_context.pool.install(|| wave.par_iter().map(EventBuffer::sorted_by_time).collect());
            for (number, sorted) in sorted.iter().enumerate() {
                file.append(first + number, sorted)?;
            }
            wave.iter_mut().for_each(EventBuffer::clear);
        }
        self.spill = Some(file);
        Ok(())
    }
}

impl FoldStrategy for SortedFold {
    /// Keeps the events, and spills them when the memory is full.
    fn take_round(
        &mut self,
        round: &[EventBatch],
        _horizon: Watermark,
        run_context: RunContext<'_>,
        _writer: &OutputWriter,
    ) -> Result<(), Stop> {
        run_context.pool.install(|| {
            self.buffers.par_iter_mut().enumerate().for_each(|(partition, buffer)| {
                for block in round {
                    buffer.append(&block.partitions[partition]);
                }
            });
        });
        let held: usize = self.buffers.iter().map(|buffer| buffer.bytes().len()).sum();
        // The rest is for copies: of what is sorted, and of what grows.
        if held > self.memory_bytes / 4 * 3 { Ok(self.spill(run_context)?) } else { Ok(()) }
    }

    fn end(
        mut self,
        finish: Finish,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
        mut state_writer: Option<StateWriter<'_>>,
    ) -> Result<FoldOutput, Stop> {
        let partitions: Vec<PartitionId> = PartitionId::all().collect();
        let mut open = OpenTotals::default();
        let spill = self.spill.as_ref();
        for (wave, buffers) in partitions.chunks(WAVE).zip(self.buffers.chunks_mut(WAVE)) {
            let batches = writer.buffers(wave.len());
            let ends = run_context.pool.install(|| {
                let partitions = wave.par_iter().zip(buffers).zip(batches);
                let fold =
                    |((&partition, buffer), batch): ((&PartitionId, &mut EventBuffer), OutputBatch)| {
                        fold_partition(run_context, finish, partition, std::mem::take(buffer), spill, batch)
                    };
                partitions.map(fold).collect::<Result<Vec<_>, Stop>>()
            })?;
            open.take_ends(ends, &mut wave.iter().copied(), writer, state_writer.as_mut())?;
        }
        Ok((open, state_writer.map(StateWriter::finish).transpose()?))
    }
}

fn fold_partition(
    run_context: RunContext<'_>,
    finish: Finish,
    partition: PartitionId,
    buffer: EventBuffer,
    spill: Option<&SpillFile>,
    batch: OutputBatch,
) -> Result<PartitionOutput, Stop> {
    let mut completed = SessionBatch::default();
    let mut reducer = run_context.reducer();
    run_context.checkpoint.load_partition(partition, &mut reducer)?;
    let runs = spill.map_or_else(Vec::new, |spill| spill.runs(partition.index()));
    let sorted = buffer.sorted_by_time();
    drop(buffer);
    let events = SortedEvents { runs, sorted };
    reducer.take(events, finish.end.close.horizon(), &mut completed)?;
    Ok(finish.finish_partition(&mut reducer, &mut completed, batch)?)
}

/// The events of one partition in the order `(time, seq)`, on the disk and in memory.
struct SortedEvents<'s> {
    runs: Vec<SpilledRun<'s>>,
    sorted: EventBuffer,
}

impl EventSource for SortedEvents<'_> {
    type Error = Stop;

    fn for_each(self, visit: impl FnMut(Event<'_>) -> Result<(), Stop>) -> Result<(), Stop> {
        merge(self.runs, &self.sorted, visit)
    }
}
