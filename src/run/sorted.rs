//! The sorted fold: all events go to partition buffers first, then each partition is sorted and folded separately.
//!
//! Buffers beyond the memory limit are sorted and spilled. So a batch of any size and order needs memory only for the open
//! sessions of a few partitions.

use super::finish::Finish;
use super::group_round::GroupRound;
use super::output_batch::OutputBatch;
use super::output_writer::OutputWriter;
use super::spill::{SpillFile, SpilledRun, merge};
use super::stop::Stop;
use super::strategy::{FoldOutput, FoldStrategy, RunContext};
use super::waves::end_in_waves;
use super::work::GroupMemory;
use crate::core::event::{Event, EventBuffer};
use crate::core::partition::{GROUP_PARTITIONS, PARTITIONS, PartitionId};
use crate::core::reducer::EventSource;
use crate::core::session::SessionBatch;
use crate::error::{Error, ErrorKind};
use crate::state::StateWriter;
use rayon::prelude::*;
use std::io;
use std::sync::{Mutex, PoisonError};

/// Partitions that are sorted or folded in parallel: this bounds the memory for copies and open sessions.
const WAVE: usize = 16;

/// Each part has the events of a partition that are in memory.
#[derive(Debug)]
pub(super) struct SortedFold {
    /// The events on the disk.
    spill: Mutex<Option<SpillFile>>,
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
    pub(super) const fn new(run_context: RunContext<'_>) -> Self {
        // The rest is for copies: of what is sorted, and of what grows.
        Self { spill: Mutex::new(None), memory_bytes: run_context.settings.memory_bytes / 4 * 3 }
    }

    /// No events.
    pub(super) fn parts() -> Vec<EventBuffer> {
        vec![EventBuffer::default(); PARTITIONS]
    }

    /// Moves the events of a partition to the disk.
    fn spill(&self, partition: usize, buffer: &mut EventBuffer) -> io::Result<()> {
        let sorted = buffer.sorted_by_time();
        buffer.clear();
        let mut spill = self.spill.lock().unwrap_or_else(PoisonError::into_inner);
        let mut file = match spill.take() {
            Some(file) => file,
            None => SpillFile::create(PARTITIONS)?,
        };
        file.append(partition, &sorted)?;
        *spill = Some(file);
        Ok(())
    }
}

impl FoldStrategy for SortedFold {
    type Part = EventBuffer;

    fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Buffers the events.
    fn fold_group(
        &self,
        buffers: &mut [EventBuffer],
        round: GroupRound<'_>,
        _output: &mut OutputBatch,
        _completed: &mut [SessionBatch],
    ) -> Result<GroupMemory, Stop> {
        for (place, event) in round.events() {
            buffers[place].push(event);
        }
        let releasable = buffers.iter().map(|buffer| buffer.bytes().len()).sum();
        Ok(GroupMemory { kept: 0, releasable })
    }

    fn release(&self, buffers: &mut [EventBuffer], group: usize) -> Result<(), Stop> {
        for (buffer, partition) in buffers.iter_mut().zip(group * GROUP_PARTITIONS..) {
            self.spill(partition, buffer)?;
        }
        Ok(())
    }

    fn end(
        self,
        mut buffers: Vec<EventBuffer>,
        finish: Finish,
        run_context: RunContext<'_>,
        writer: &OutputWriter,
        state_writer: Option<StateWriter<'_>>,
    ) -> Result<FoldOutput, Stop> {
        // What the last rounds have brought may be too much for the memory, and no round behind them has released it.
        let held: usize = buffers.iter().map(|buffer| buffer.bytes().len()).sum();
        if held > self.memory_bytes {
            let groups = buffers.par_chunks_mut(GROUP_PARTITIONS).enumerate();
            run_context
                .pool
                .install(|| groups.try_for_each(|(group, buffers)| self.release(buffers, group)))?;
        }
        let spill = self.spill.into_inner().unwrap_or_else(PoisonError::into_inner);
        let spill = spill.as_ref();
        let end = |partition, buffer: &mut EventBuffer, completed: &mut SessionBatch, batch| {
            let events = SortedEvents::of(partition, buffer, spill);
            let mut reducer = run_context.fold.reducer();
            run_context.checkpoint.load_partition(partition, &mut reducer)?;
            reducer.fold(events, finish.end, completed)?;
            let state = run_context.encode(partition, &mut reducer)?;
            Ok(finish.output(&mut reducer, completed, batch, state))
        };
        end_in_waves(&mut buffers, WAVE, run_context, writer, state_writer, end)
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
