//! The end of a partition in a run: what the final watermark closes is emitted, the rest is encoded for the checkpoint.

use super::output_writer::OutputBatch;
use crate::core::event::Timestamp;
use crate::core::session::{CompletedSession, OutOfOrder};
use crate::core::watermark::Watermark;
use crate::output::RowStyle;
use crate::state::{EncodedPartition, Stored};

/// How the sessions that are open at the end are treated.
#[derive(Debug, Clone, Copy)]
pub(super) enum Close {
    /// Rule 6: complete is what the watermark has passed.
    Passed(Watermark),
    /// Rule 7: everything is complete.
    All,
}

impl Close {
    /// How far events are folded.
    pub(super) fn horizon(self) -> Watermark {
        match self {
            Self::Passed(watermark) => watermark,
            Self::All => Watermark::at(Timestamp::MAX),
        }
    }

    /// Closes what is complete, after everything that the horizon has reached is folded.
    pub(super) fn close(self, reducer: &mut impl Stored, completed: &mut impl FnMut(CompletedSession<'_>)) {
        match self {
            Self::Passed(watermark) => reducer.close_passed(watermark, completed),
            Self::All => reducer.close_all(completed),
        }
    }
}

/// How a run ends, the same for every partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish {
    pub(super) close: Close,
    pub(super) style: RowStyle,
    /// Where the watermark is in the end.
    pub(super) watermark: Watermark,
    /// Whether what is open is shown.
    pub(super) shows_open: bool,
}

/// What is left of a partition.
#[derive(Debug, Default)]
pub(super) struct PartitionOutput {
    pub(super) emitted: OutputBatch,
    pub(super) state: EncodedPartition,
    /// Events that were there already.
    pub(super) duplicates: u64,
}

impl Finish {
    /// Folds what is held as far as it is reached, closes, encodes the rest.
    pub(super) fn finish_partition(
        self,
        reducer: &mut impl Stored,
        mut emitted: OutputBatch,
    ) -> Result<PartitionOutput, OutOfOrder> {
        let mut completed = |session: CompletedSession<'_>| emitted.push(&session, self.style);
        reducer.advance(self.close.horizon(), &mut completed)?;
        self.close.close(reducer, &mut completed);
        Ok(self.leave(reducer, emitted))
    }

    /// Shows and encodes what is open.
    pub(super) fn leave(self, reducer: &mut impl Stored, mut emitted: OutputBatch) -> PartitionOutput {
        if self.shows_open {
            let mut show = |session: CompletedSession<'_>| emitted.show_open(&session, self.style);
            reducer.for_each_open(self.watermark, &mut show);
        }
        PartitionOutput { emitted, state: reducer.encode(), duplicates: reducer.duplicates() }
    }
}
