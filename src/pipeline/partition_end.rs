//! The end of a partition in a run: what the final watermark closes is emitted, the rest is encoded for the checkpoint.

use super::outbox::Emitted;
use crate::checkpoint::{EncodedPartition, encode_partition};
use crate::event::Timestamp;
use crate::reducer::Reducer;
use crate::session::{OutOfOrder, Session};
use crate::sink::RowStyle;
use crate::watermark::Watermark;

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
}

/// What is left of a partition.
#[derive(Debug, Default)]
pub(super) struct PartitionEnd {
    pub(super) emitted: Emitted,
    pub(super) state: EncodedPartition,
}

/// Folds what is held as far as `close` reaches, closes, encodes the rest.
pub(super) fn end_partition(
    reducer: &mut Reducer,
    close: Close,
    style: RowStyle,
    mut emitted: Emitted,
) -> Result<PartitionEnd, OutOfOrder> {
    let mut completed = |session: Session<'_>| emitted.push(&session, style);
    reducer.advance(close.horizon(), &mut completed)?;
    match close {
        Close::Passed(watermark) => reducer.close_passed(watermark, &mut completed),
        Close::All => reducer.close_all(&mut completed),
    }
    let state = encode_partition(reducer);
    Ok(PartitionEnd { emitted, state })
}
