//! The end of a batch: which sessions close.

use crate::core::event::Timestamp;
use crate::core::watermark::{Advance, EventTime, Watermark};

/// Which sessions are complete at the end of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Rule 6: the sessions that the watermark has passed.
    Passed(Watermark),
    /// Rule 7: all sessions.
    All,
}

impl Close {
    /// How far events are folded.
    pub const fn horizon(self) -> Watermark {
        match self {
            Self::Passed(watermark) => watermark,
            Self::All => Watermark::at(Timestamp::MAX),
        }
    }
}

/// The end of a batch, the same for every partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchEnd {
    /// Which sessions are complete.
    pub close: Close,
    /// The event time at the end of the batch. Nothing can change what is before `accepts_from`.
    pub event_time: EventTime,
}

impl BatchEnd {
    /// The end that `advance` makes of a batch which leaves event time at `event_time`.
    pub(super) const fn of(advance: Advance, event_time: EventTime) -> Self {
        let close = match advance {
            Advance::Delay(_) | Advance::Stated(_) => Close::Passed(event_time.watermark),
            Advance::Finalize => Close::All,
        };
        Self { close, event_time }
    }
}
