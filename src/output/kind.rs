//! The kinds of output.

/// The kinds of output. Each has its own folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutputKind {
    /// Completed sessions: written by every run that emits sessions.
    Sessions,
    /// The events of completed sessions: written by every run that emits events.
    Events,
    /// Late events, verbatim.
    Late,
    /// Rejected rows, verbatim.
    Rejects,
    /// Open sessions: one file, replaced by each run that writes it.
    Open,
}

impl OutputKind {
    /// All kinds, in the order in which they are published.
    pub const ALL: [Self; 5] = [Self::Sessions, Self::Events, Self::Late, Self::Rejects, Self::Open];

    /// Whether its rows belong to sessions, whose days they can be divided by.
    pub(super) const fn has_partitions(self) -> bool {
        matches!(self, Self::Sessions | Self::Events)
    }

    /// The name of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Events => "events",
            Self::Late => "late",
            Self::Rejects => "rejects",
            Self::Open => "open",
        }
    }
}
