//! The interface of an encoder.

use super::counts::SessionCounts;
use super::kind::OutputKind;
use super::schema::OutputSchema;
use super::stored_file::StoredFile;
use super::untaken::{RowForm, UntakenRow};
use crate::core::session::SessionBatch;
use crate::ledger::{RunId, StreamId};
use std::io;

/// Encodes completed sessions in one format. All threads of a run share it.
pub(super) trait Encode: Sized {
    /// Why this build does not have the encoder, and what to do about it; `None` if it has it.
    const ABSENT: Option<&'static str> = None;

    /// Whether the format compresses the parts of its files: then nothing compresses them as a whole.
    const COMPRESSES_ITSELF: bool = false;

    /// The encoder for outputs with these columns.
    fn new(schema: OutputSchema, spreadsheet_safe: bool) -> Self;

    /// The bytes before the rows of an output.
    fn header(&self, kind: OutputKind) -> Vec<u8>;

    /// Makes a file of encoded rows. In a format whose files are only rows, they are written as they are.
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

    /// Counts the sessions of an output and their events; `None` if this build cannot read the format.
    ///
    /// # Errors
    /// What is wrong with the output.
    fn count_sessions(file: StoredFile, schema: &OutputSchema) -> Result<Option<SessionCounts>, String>;

    /// Whether rows of this form that are not taken in are written in this format.
    fn takes(_form: RowForm<'_>) -> bool {
        false
    }

    /// What stands before such rows, and one of them.
    fn side_row(_untaken: &UntakenRow<'_>, _spreadsheet_safe: bool) -> (Vec<u8>, Vec<u8>) {
        (Vec::new(), Vec::new())
    }
}

/// The origin of an output, for formats that can store it.
#[derive(Debug, Clone, Copy)]
pub struct Origin {
    /// The stream of the checkpoint.
    pub stream: StreamId,
    /// The run that writes it.
    pub run: RunId,
    /// The digest of the definition that its sessions have.
    pub definition_digest: u128,
}

/// A file of encoded rows, on the writing thread.
pub trait EncodeFile: Send {
    /// Takes encoded rows, and returns what to write now.
    ///
    /// # Errors
    /// If the rows do not belong to this file.
    fn take<'r>(&'r mut self, rows: &'r [u8]) -> io::Result<&'r [u8]>;

    /// Returns what to write after the last rows.
    ///
    /// # Errors
    /// If the file cannot be finished.
    fn finish(&mut self) -> io::Result<&[u8]>;
}

/// A file that consists of its rows.
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
