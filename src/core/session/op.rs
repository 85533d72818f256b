//! What a row of a correctable output does.

/// Whether a row adds a session or retracts one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// The session holds from now on.
    Insert,
    /// The same session, inserted before, holds no longer.
    Retract,
}

impl Op {
    /// The word in the column `op`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Retract => "retract",
        }
    }
}
