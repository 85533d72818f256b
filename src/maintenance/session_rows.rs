//! The rows of published sessions, whatever their format.

use crate::core::event::{KEY_SEPARATOR, Timestamp};
use crate::error::Result;
use crate::output::{Column, PublishedFile, StoredValue};

/// A row of an output of sessions.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionRow<'r> {
    /// The id, as text.
    pub(super) id: &'r [u8],
    /// The key. Byte 0x1E joins the parts of a composite key.
    pub(super) key: &'r [u8],
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) event_count: u64,
    pub(super) close_reason: &'r str,
    /// Whether it takes back a session of an earlier run.
    pub(super) is_retracted: bool,
}

/// Where the columns of a session are.
#[derive(Debug, Clone, Copy)]
struct Places {
    has_op: bool,
    id: usize,
    start: usize,
}

impl Places {
    /// The id is the first column behind the operation, and the parts of the key lie between it and the start.
    fn of(columns: &[Column]) -> Self {
        let has_op = columns.first().is_some_and(|column| column.required && column.name == "op");
        let start = columns.iter().position(|column| column.name == "session_start").unwrap_or(columns.len());
        Self { has_op, id: usize::from(has_op), start }
    }

    /// The session of a row; `None` if it has no values of the types of sessions.
    fn session<'r>(self, row: &'r [StoredValue], key: &'r mut Vec<u8>) -> Option<SessionRow<'r>> {
        key.clear();
        for (number, part) in row.get(self.id + 1..self.start)?.iter().enumerate() {
            if number > 0 {
                key.push(KEY_SEPARATOR);
            }
            key.extend_from_slice(text(part)?);
        }
        let [start, end, _, event_count, close_reason] = row.get(self.start..self.start + 5)? else {
            return None;
        };
        let (StoredValue::Timestamp(start), StoredValue::Timestamp(end)) = (start, end) else { return None };
        let StoredValue::Int(event_count) = event_count else { return None };
        Some(SessionRow {
            id: text(row.get(self.id)?)?,
            key,
            start: *start,
            end: *end,
            event_count: *event_count,
            close_reason: std::str::from_utf8(text(close_reason)?).ok()?,
            is_retracted: self.has_op && text(row.first()?)? == b"retract",
        })
    }
}

/// The bytes of a text; a missing one is empty.
pub(super) fn text(value: &StoredValue) -> Option<&[u8]> {
    match value {
        StoredValue::Text(text) => Some(text),
        StoredValue::Null => Some(b""),
        _ => None,
    }
}

/// Reads the sessions of an output, one after the other. Costs a pass over the file, and a row of memory.
///
/// # Errors
/// [`crate::error::ErrorKind::Checkpoint`] if it is not what its manifest says, and the error of `take`.
pub(super) fn for_each_session(
    file: PublishedFile,
    mut take: impl FnMut(SessionRow<'_>) -> Result<()>,
) -> Result<()> {
    let places = Places::of(file.columns());
    let mut key = Vec::new();
    file.rows(&mut |row| places.session(row, &mut key).map_or(Ok(()), &mut take))
}
