//! A generated row.

/// One row: who, when, what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    /// Seconds since 2020-01-01.
    pub(super) second: u64,
    pub(super) user: u64,
    pub(super) page: u8,
}
