//! Why a session is complete.

/// Why a session is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// The key paused for longer than the gap.
    Gap,
    /// A finalize cut it.
    Finalize,
    /// A split rule ended it: the word in the column `close_reason`. Which rules there are is not known here.
    Split(&'static str),
    /// Nothing yet: it is shown while it is open.
    StillOpen,
}

impl CloseReason {
    /// The word in the `close_reason` column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Finalize => "finalize",
            Self::Split(rule) => rule,
            Self::StillOpen => "open",
        }
    }
}
