//! The lines of an export taken apart: open state key by key, and everything else. And back.

use super::ledger_rows;
use super::lines::{Header, KnownFile, Line, Trailer, text};
use super::rows::{EncodedPartition, RowReader, bytes_of, open_bytes};
use crate::core::event::Timestamp;
use crate::core::reducer::OpenCounts;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{FileDigest, Head, HeadMark, RunEntry, RunId, StreamId};
use crate::migrations::checkpoint::{CURRENT_VERSION, OpenRow};

/// What is open of one key, in the order of an export.
#[derive(Debug)]
pub struct KeyState {
    /// The key.
    pub key: Vec<u8>,
    /// Its rows, framed.
    pub bytes: Vec<u8>,
    /// The start of its open session.
    pub open_start: Option<Timestamp>,
    /// The events in it and behind it.
    pub events: u64,
}

/// Takes the lines of an export.
#[derive(Debug, Default)]
pub struct Apart {
    key: Vec<u8>,
    rows: EncodedPartition,
    open: OpenCounts,
}

/// What a line has come to.
#[derive(Debug)]
pub enum Taken {
    /// It is no line of open state.
    Other(String),
    /// It is open state; if it begins another key, the previous one is complete.
    State(Option<KeyState>),
}

impl Apart {
    /// Takes a line.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if it is no line of an export.
    pub fn take(&mut self, line: String) -> Result<Taken> {
        let failed =
            |error| Error::new(ErrorKind::Failed, format!("a line of the export cannot be read: {error}"));
        let Line::State(row) = serde_json::from_str(&line).map_err(failed)? else {
            return Ok(Taken::Other(line));
        };
        let complete = if *row.key == *self.key { None } else { self.end() };
        (*row.key).clone_into(&mut self.key);
        let start = row.session().and_then(|open| Timestamp::from_us(open.start_us));
        self.open.add(OpenCounts { keys: 0, ..OpenCounts::of_key(start, row.events()) });
        self.rows.push(row);
        Ok(Taken::State(complete))
    }

    /// The last key.
    pub fn end(&mut self) -> Option<KeyState> {
        let rows = std::mem::take(&mut self.rows);
        let open = std::mem::take(&mut self.open);
        let bytes = bytes_of(&rows)?;
        Some(KeyState { key: self.key.clone(), bytes, open_start: open.oldest_start, events: open.events })
    }
}

/// The first line of an export with this head.
pub fn export_line(head: &Head, mark: HeadMark, stream: StreamId) -> String {
    text(&Line::Export(Header {
        format_version: CURRENT_VERSION,
        stream_id: stream.to_string(),
        head_digest: format!("{:032x}", mark.digest),
        head: ledger_rows::head_row(head),
    }))
}

/// The line of a run.
pub fn run_line(entry: &RunEntry) -> String {
    text(&Line::Run(ledger_rows::run_row(entry)))
}

/// The line of a file that a run took in.
pub fn file_line(digest: &FileDigest, run: RunId) -> String {
    text(&Line::File(KnownFile::new(digest, run)))
}

/// The lines of what is open of a key.
///
/// # Errors
/// What is wrong with the bytes.
pub fn state_lines(
    bytes: &[u8],
    is_plain: bool,
    mut out: impl FnMut(String),
) -> std::result::Result<(), String> {
    let mut reader = RowReader::new(is_plain);
    let mut damage = None;
    let mut lost = |what: &str| {
        damage = Some(what.to_owned());
        Err(Error::new(ErrorKind::Checkpoint, what))
    };
    let mut visit = |row: OpenRow<'_>| {
        out(text(&Line::State(row)));
        Ok(())
    };
    let read = reader.read(open_bytes(bytes), &mut visit, &mut lost).and_then(|_| reader.end(&mut lost));
    read.map_err(|error| damage.unwrap_or_else(|| error.to_string()))
}

/// The last line, after lines of these kinds.
pub fn end_line(runs: u64, files: u64, rows: u64) -> String {
    text(&Line::End(Trailer { runs, files, rows, lost: Vec::new() }))
}

/// The kind of a line, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// The first one.
    Export,
    /// A run.
    Run,
    /// A known file.
    File,
    /// Open state, or the end.
    Other,
}

/// Tells the kind of a line.
pub fn line_kind(line: &str) -> LineKind {
    match serde_json::from_str(line) {
        Ok(Line::Export(_)) => LineKind::Export,
        Ok(Line::Run(_)) => LineKind::Run,
        Ok(Line::File(_)) => LineKind::File,
        _ => LineKind::Other,
    }
}

/// The head in the first line of an export.
///
/// # Errors
/// What is wrong with it.
pub fn imported_head(line: &str) -> std::result::Result<Head, String> {
    match serde_json::from_str(line) {
        Ok(Line::Export(header)) => ledger_rows::head(header.head),
        Ok(_) => Err("it is no first line".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
