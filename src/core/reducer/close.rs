//! How the end of a batch treats what is open.

use crate::core::event::Timestamp;
use crate::core::watermark::{Advance, EventTime, Watermark};

/// Which sessions are complete at the end of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Close {
    /// Rule 6: those that the watermark has passed.
    Passed(Watermark),
    /// Rule 7: all.
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
    /// How far event time has come with the batch: nothing can change what lies before `accepts_from`.
    pub event_time: EventTime,
}

impl BatchEnd {
    /// The end that `advance` makes of a batch which leaves event time at `event_time`.
    pub const fn of(advance: Advance, event_time: EventTime) -> Self {
        let close = match advance {
            Advance::Delay(_) | Advance::Stated(_) => Close::Passed(event_time.watermark),
            Advance::Finalize => Close::All,
        };
        Self { close, event_time }
    }
}
