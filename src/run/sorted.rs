//! The sorted fold: all events go to partition buffers first, then each partition is sorted and folded separately.
//!
//! Buffers beyond the memory limit are sorted and spilled. So a batch of any size and order needs memory only for the open
//! sessions of a few partitions.

use super::finish::Finish;
use super::output_writer::OutputWriter;
use super::rounds::Stop;
use super::spill::{SpillFile, SpilledRun, merge};
use super::strategy::{FoldOutput, FoldStrategy, RunContext};
use super::waves::end_in_waves;
use crate::core::event::{Event, EventBuffer};
use crate::core::partition::{GROUP_PARTITIONS, PARTITIONS, PartitionId};
use crate::core::reducer::EventSource;
use crate::core::session::SessionBatch;
use crate::core::watermark::Watermark;
use crate::error::{Error, ErrorKind};
use crate::input::EventBatch;
use crate::state::StateWriter;
use rayon::prelude::*;
use std::io;

/// Partitions that are sorted or folded in parallel: this bounds the memory for copies and open sessions.
const WAVE: usize = 16;

/// The events of the batch by partition, in memory and on the disk.
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
    /// Buffers the events, and spills them if the memory is full.
    fn take_round(
        &mut self,
        round: &[EventBatch],
        _horizon: Watermark,
        run_context: RunContext<'_>,
        _writer: &OutputWriter,
    ) -> Result<(), Stop> {
        run_context.pool.install(|| {
            self.buffers.par_chunks_mut(GROUP_PARTITIONS).enumerate().for_each(|(group, buffers)| {
                for event in round.iter().flat_map(|batch| batch.groups[group].iter()) {
                    buffers[PartitionId::of_table_hash(event.table_hash).group().1].push(event);
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
        state_writer: Option<StateWriter<'_>>,
    ) -> Result<FoldOutput, Stop> {
        let spill = self.spill.as_ref();
        let end = |partition, buffer: &mut EventBuffer, completed: &mut SessionBatch, batch| {
            let events = SortedEvents::of(partition, buffer, spill);
            let mut reducer = run_context.fold.reducer();
            run_context.checkpoint.load_partition(partition, &mut reducer)?;
            reducer.fold(events, finish.end, completed)?;
            Ok(finish.output(&mut reducer, completed, batch))
        };
        end_in_waves(&mut self.buffers, WAVE, run_context, writer, state_writer, end)
    }
}

/// The events of one partition in the order `(time, seq)`, on the disk and in memory.
struct SortedEvents<'s> {
    runs: Vec<SpilledRun<'s>>,
    sorted: EventBuffer,
}

impl<'s> SortedEvents<'s> {
    /// The events of `buffer`, and the spilled ones of `partition`. Copies the buffer and frees it.
    fn of(partition: PartitionId, buffer: &mut EventBuffer, spill: Option<&'s SpillFile>) -> Self {
        let runs = spill.map_or_else(Vec::new, |spill| spill.runs(partition.index()));
        Self { runs, sorted: std::mem::take(buffer).sorted_by_time() }
    }
}

impl EventSource for SortedEvents<'_> {
    type Error = Stop;

    fn for_each(self, visit: impl FnMut(Event<'_>) -> Result<(), Stop>) -> Result<(), Stop> {
        merge(self.runs, &self.sorted, visit)
    }
}
