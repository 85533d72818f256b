//! The open state at the end of a run, added up over all partitions.

use super::finish::PartitionOutput;
use super::output_writer::OutputWriter;
use crate::core::event::Timestamp;
use crate::core::partition::PartitionId;
use crate::error::Result;
use crate::state::StateWriter;

/// The sums of the open state that was written.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct OpenTotals {
    pub(super) keys: u64,
    pub(super) sessions: u64,
    pub(super) events: u64,
    /// Events dropped as duplicates.
    pub(super) duplicates: u64,
    pub(super) oldest_start: Option<Timestamp>,
}

impl OpenTotals {
    /// Takes the ends of `partitions`, in order: their sessions go to the writer, and their state to the checkpoint.
    pub(super) fn take_ends(
        &mut self,
        ends: Vec<PartitionOutput>,
        partitions: &[PartitionId],
        writer: &OutputWriter,
        mut state_writer: Option<&mut StateWriter<'_>>,
    ) -> Result<()> {
        let mut emitted = Vec::with_capacity(ends.len());
        for (end, &partition) in ends.into_iter().zip(partitions) {
            self.keys += end.state.open.keys;
            self.sessions += end.state.open.sessions;
            self.events += end.state.open.events;
            self.duplicates += end.duplicates;
            self.oldest_start = self.oldest_start.into_iter().chain(end.state.open.oldest_start).min();
            if let Some(state_writer) = &mut state_writer {
                state_writer.put(partition, &end.state)?;
            }
            emitted.push(end.emitted);
        }
        writer.send_sessions(emitted)
    }
}
