//! The operation of a row in an output whose sessions are correctable.

/// Whether a row inserts a session or retracts one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// The row adds the session.
    Insert,
    /// The row removes a session that an earlier row inserted.
    Retract,
}

impl Op {
    /// Returns the word in the column `op`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Retract => "retract",
        }
    }
}
