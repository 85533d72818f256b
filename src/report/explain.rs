//! What `inspect --explain` says of a session.

use super::OpenSessionReport;
use serde::Serialize;

/// A session: its events, why it began, why it ended.
#[derive(Debug, Clone, Serialize)]
pub struct ExplainReport {
    /// Its id.
    pub session_id: String,
    /// `completed`, `open`, `retracted` by a correction, or `rolled-back`.
    pub status: &'static str,
    /// The run that wrote it last; `None` if it is open.
    pub run: Option<u64>,
    /// Its key, times and number of events.
    #[serde(flatten)]
    pub session: OpenSessionReport,
    /// Its `close_reason`.
    pub close_reason: String,
    /// Why it began, in words.
    pub began: String,
    /// Why it ended, or how it stands, in words.
    pub ended: String,
    /// The session of the key before it, if it is in the outputs.
    pub previous_session_id: Option<String>,
    /// The columns of its events; `None` if they are not kept.
    pub event_columns: Option<Vec<String>>,
    /// Its events in their order, with the values of these columns.
    pub events: Option<Vec<Vec<String>>>,
    /// Where the events are, or why they are not here.
    pub events_from: String,
}
