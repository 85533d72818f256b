//! The end of a partition in a run: what the final watermark closes is emitted, the rest is encoded for the checkpoint.

use super::output_writer::OutputBatch;
use crate::core::reducer::{BatchEnd, PartitionReducer};
use crate::core::session::{OutOfOrder, SessionBatch};
use crate::state::{EncodedPartition, Stored};

/// How a run ends, the same for every partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish {
    pub(super) end: BatchEnd,
    /// Whether what is open is shown.
    pub(super) shows_open: bool,
}

/// What is left of a partition.
#[derive(Debug)]
pub(super) struct PartitionOutput {
    pub(super) emitted: OutputBatch,
    pub(super) state: EncodedPartition,
    /// Events that were there already.
    pub(super) duplicates: u64,
}

impl Finish {
    /// Folds what waits as far as it is reached, closes, shows and encodes the rest. `completed` has the sessions of the
    /// partition that are not in `emitted` yet, and is empty after it.
    pub(super) fn finish_partition(
        self,
        reducer: &mut PartitionReducer,
        completed: &mut SessionBatch,
        mut emitted: OutputBatch,
    ) -> Result<PartitionOutput, OutOfOrder> {
        reducer.finish(self.end, completed)?;
        emitted.encode(completed);
        if self.shows_open {
            let mut open = SessionBatch::default();
            reducer.show_open(self.end.event_time.watermark, &mut open);
            emitted.encode_open(&open);
        }
        Ok(PartitionOutput { emitted, state: reducer.encode(), duplicates: reducer.duplicates() })
    }
}
