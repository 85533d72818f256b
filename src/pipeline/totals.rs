//! What is open at the end of a run, added up over all partitions.

use super::finish::PartitionOutput;
use super::outbox::Outbox;
use crate::checkpoint::StateWriter;
use crate::error::Result;
use crate::event::Timestamp;
use crate::partition::PartitionId;

/// Sums over the open state that was written.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct OpenTotals {
    pub(super) keys: u64,
    pub(super) sessions: u64,
    pub(super) events: u64,
    /// Events that were there already and are dropped.
    pub(super) duplicates: u64,
    pub(super) oldest_start: Option<Timestamp>,
}

impl OpenTotals {
    /// Takes the ends of `partitions`, in order: their sessions go to the outbox, their state to the checkpoint.
    pub(super) fn take_ends(
        &mut self,
        ends: Vec<PartitionOutput>,
        partitions: &mut impl Iterator<Item = PartitionId>,
        outbox: &Outbox,
        mut writer: Option<&mut StateWriter<'_>>,
    ) -> Result<()> {
        let mut emitted = Vec::with_capacity(ends.len());
        for (end, partition) in ends.into_iter().zip(partitions) {
            self.keys += end.state.keys;
            self.sessions += end.state.sessions;
            self.events += end.state.events;
            self.duplicates += end.duplicates;
            self.oldest_start = self.oldest_start.into_iter().chain(end.state.oldest_start).min();
            if let Some(writer) = &mut writer {
                writer.put(partition, &end.state)?;
            }
            emitted.push(end.emitted);
        }
        outbox.send_sessions(emitted)
    }
}
