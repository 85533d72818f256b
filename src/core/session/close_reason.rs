//! Why a session is complete.

/// Why a session is complete: the value of the column `close_reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// No event came within the gap.
    Gap,
    /// A finalize closed the session.
    Finalize,
    /// A split rule ended the session; the word names it. Only the table of split rules knows the words.
    Split(&'static str),
    /// The session is not complete: it is shown while it is open.
    StillOpen,
}

impl CloseReason {
    /// Returns the word in the column `close_reason`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Finalize => "finalize",
            Self::Split(rule) => rule,
            Self::StillOpen => "open",
        }
    }
}
