//! What an encoder is.

use super::counts::SessionCounts;
use super::kind::OutputKind;
use super::schema::OutputSchema;
use crate::core::session::SessionBatch;
use crate::ledger::{RunId, StreamId};
use std::fs::File;
use std::io;

/// Completed sessions as bytes of one format. The same for all threads of a run.
pub(super) trait Encode: Sized {
    /// Why this build has no such encoder, and what to do about it; `None` where it has.
    const ABSENT: Option<&'static str> = None;

    /// The encoder for outputs with these columns.
    fn new(schema: OutputSchema, spreadsheet_safe: bool) -> Self;

    /// What stands before the rows of an output.
    fn header(&self, kind: OutputKind) -> Vec<u8>;

    /// What makes a file of encoded rows: where it is no more than its rows, they are written as they are.
    ///
    /// # Errors
    /// If no file can have these columns.
    fn file(&self, _kind: OutputKind, _origin: Origin) -> io::Result<Box<dyn EncodeFile>> {
        Ok(Box::new(Verbatim))
    }

    /// Appends the rows of `sessions` to `out`: one for each session, or one for each of their events.
    ///
    /// Batches are encoded side by side; their bytes follow each other in the order of the batches.
    fn encode(&self, kind: OutputKind, sessions: &SessionBatch, out: &mut Vec<u8>);

    /// Reads an output of sessions back: how many it has, and how many events are in them; `None` if this build cannot read it.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn count_sessions(file: File, schema: &OutputSchema) -> Result<Option<SessionCounts>, String>;
}

/// Where an output comes from, for formats that have a place for it.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The stream of the checkpoint.
    pub stream: StreamId,
    /// The run that writes it.
    pub run: RunId,
    /// The digest of the definition that its sessions have.
    pub definition_digest: u128,
}

/// One file of encoded rows, on the thread that writes it.
pub trait EncodeFile: Send {
    /// Takes encoded rows, and gives what is to be written now.
    ///
    /// # Errors
    /// If the rows are none of this file.
    fn take<'r>(&'r mut self, rows: &'r [u8]) -> io::Result<&'r [u8]>;

    /// What is still to be written behind the last rows.
    ///
    /// # Errors
    /// If the file cannot be finished.
    fn finish(&mut self) -> io::Result<&[u8]>;
}

/// A file that is its rows.
#[derive(Debug, Clone, Copy)]
pub struct Verbatim;

impl EncodeFile for Verbatim {
    fn take<'r>(&'r mut self, rows: &'r [u8]) -> io::Result<&'r [u8]> {
        Ok(rows)
    }

    fn finish(&mut self) -> io::Result<&[u8]> {
        Ok(&[])
    }
}
