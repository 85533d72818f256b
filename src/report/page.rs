//! What `report` has written.

use serde::Serialize;

/// A page of figures.
#[derive(Debug, Clone, Serialize)]
pub struct PageReport {
    /// The file of the page.
    pub file: String,
    /// Completed sessions on it.
    pub sessions: u64,
    /// The events in them.
    pub events: u64,
    /// Their users.
    pub users: u64,
    /// Whether the number of users is an estimate.
    pub users_estimated: bool,
    /// The runs on it.
    pub runs: u64,
    /// What it does not have, in words.
    pub left_out: Vec<String>,
}
