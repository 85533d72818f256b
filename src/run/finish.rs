//! The end of a partition in a run: complete sessions become output, and open state is encoded for the checkpoint.

use super::output_batch::OutputBatch;
use crate::core::reducer::{BatchEnd, PartitionReducer};
use crate::core::session::SessionBatch;
use crate::state::EncodedPartition;

/// The end of a run, the same for every partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish {
    pub(super) end: BatchEnd,
    /// Whether open sessions are written too.
    pub(super) shows_open: bool,
}

/// The output of a partition.
#[derive(Debug)]
pub(super) struct PartitionOutput {
    pub(super) emitted: OutputBatch,
    pub(super) state: EncodedPartition,
    /// Events dropped as duplicates.
    pub(super) duplicates: u64,
}

impl Finish {
    /// The output of a partition whose batch has ended, with its encoded `state`. `completed` has its sessions that are not in
    /// `emitted` yet, and is empty after the call.
    pub(super) fn output(
        self,
        reducer: &mut PartitionReducer,
        completed: &mut SessionBatch,
        mut emitted: OutputBatch,
        state: EncodedPartition,
    ) -> PartitionOutput {
        emitted.encode(completed);
        if self.shows_open {
            let mut open = SessionBatch::default();
            reducer.show_open(self.end.event_time.watermark, &mut open);
            emitted.encode_open(&open);
        }
        PartitionOutput { emitted, state, duplicates: reducer.duplicates() }
    }
}
