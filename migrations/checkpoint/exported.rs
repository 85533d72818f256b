//! Rows of open state as they are exported and imported.

use super::text;
use super::v1::{OpenSession, RuledState, StateRow};
use serde::{Deserialize, Serialize};

/// A row of open state that owns its key: the form in which it is exported and imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedState {
    /// The key.
    #[serde(with = "text::bytes")]
    pub key: Vec<u8>,
    /// The session that may grow.
    pub open: Option<OpenSession>,
    /// Events not folded yet.
    pub tail_us: Vec<i64>,
    /// What is open of a key under rules; then there is nothing in the two before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruled: Option<RuledState>,
}

impl From<StateRow<'_>> for ExportedState {
    fn from(row: StateRow<'_>) -> Self {
        Self { key: row.key.to_vec(), open: row.open, tail_us: row.tail_us, ruled: None }
    }
}

impl<'a> From<&'a ExportedState> for StateRow<'a> {
    fn from(row: &'a ExportedState) -> Self {
        Self { key: &row.key, open: row.open, tail_us: row.tail_us.clone() }
    }
}
