//! Why a session is complete.

/// Why a session is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The key paused for longer than the gap.
    Gap,
    /// A finalize cut it.
    Finalize,
    /// The next event would have made it too long.
    MaxDuration,
    /// The next event would have been one too many.
    MaxEvents,
    /// The next event had another value in a column that splits.
    SplitOn,
    /// The next event was on another day.
    Midnight,
    /// The next event begins sessions.
    StartOn,
    /// Its last event ends sessions.
    EndOn,
    /// Nothing yet: it is shown while it is open.
    StillOpen,
}

impl CloseReason {
    /// The word in the `close_reason` column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Finalize => "finalize",
            Self::MaxDuration => "max-duration",
            Self::MaxEvents => "max-events",
            Self::SplitOn => "split-on",
            Self::Midnight => "midnight",
            Self::StartOn => "start-on",
            Self::EndOn => "end-on",
            Self::StillOpen => "open",
        }
    }
}
