//! What an encoder is.

use super::counts::SessionCounts;
use super::kind::OutputKind;
use super::schema::OutputSchema;
use crate::core::session::SessionBatch;
use std::fs::File;

/// Completed sessions as bytes of one format. The same for all threads of a run.
pub(super) trait Encode: Sized {
    /// The encoder for outputs with these columns.
    fn new(schema: OutputSchema, spreadsheet_safe: bool) -> Self;

    /// What stands before the rows of an output.
    fn header(&self, kind: OutputKind) -> Vec<u8>;

    /// Appends the rows of `sessions` to `out`: one for each session, or one for each of their events.
    ///
    /// Batches are encoded side by side; their bytes follow each other in the order of the batches.
    fn encode(&self, kind: OutputKind, sessions: &SessionBatch, out: &mut Vec<u8>);

    /// Reads an output of sessions back: how many it has, and how many events are in them.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn count_sessions(file: File, schema: &OutputSchema) -> Result<SessionCounts, String>;
}
