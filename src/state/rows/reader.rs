//! The only decoder of open state: chunks to rows.

use super::chunk::OpenChunk;
use super::pieces::Pieces;
use crate::core::event::key_word;
use crate::error::Result;
use crate::migrations::checkpoint::{OpenRow, read};
use std::borrow::Cow;

/// Reads the rows of one partition, chunk by chunk.
#[derive(Debug)]
pub(in crate::state) struct RowReader {
    is_plain: bool,
    pieces: Pieces,
    /// The last key with a missing piece: its other pieces are ignored.
    torn: Option<Vec<u8>>,
}

impl RowReader {
    /// A reader of rows without rules if `is_plain`, otherwise with rules.
    pub(in crate::state) fn new(is_plain: bool) -> Self {
        Self { is_plain, pieces: Pieces::default(), torn: None }
    }

    /// Visits the rows of a chunk, and returns whether it could be read. What cannot be read, or what `visit` refuses, goes to
    /// `lost`, which decides whether to continue.
    pub(in crate::state) fn read<'b>(
        &mut self,
        opened: Result<OpenChunk<'b>, String>,
        visit: &mut impl FnMut(OpenRow<'b>) -> Result<(), String>,
        lost: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<bool> {
        let OpenChunk { version, count, mut rows } = match opened {
            Ok(chunk) => chunk,
            Err(damage) => {
                lost(&damage)?;
                return self.end(lost).map(|()| false);
            }
        };
        for _ in 0..count {
            let decoded = if self.is_plain {
                read::state_row(version, rows).map(|(row, used)| (Some(row.into()), used))
            } else {
                self.piece(version, rows, lost)?
            };
            match decoded {
                Ok((row, used)) => {
                    let refused = row.map_or(Ok(()), &mut *visit);
                    refused.or_else(|damage| lost(&damage))?;
                    rows = &rows[used..];
                }
                Err(damage) => return lost(&damage).map(|()| false),
            }
        }
        if !rows.is_empty() {
            lost("it has bytes after its last row")?;
        }
        Ok(true)
    }

    /// Nothing follows, or what follows cannot be read: a key that is incomplete now is lost.
    pub(in crate::state) fn end(&mut self, lost: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
        self.pieces.forget().map_or(Ok(()), |key| self.tear(&key, lost))
    }

    fn tear(&mut self, key: &[u8], lost: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
        if self.torn.as_deref() == Some(key) {
            return Ok(());
        }
        self.torn = Some(key.to_vec());
        lost(&format!("a piece of key {} is missing", key_word(key)))
    }

    /// Takes the piece at the start of `rows`. Returns the row of its key after the last piece, and the length of the piece. A
    /// piece that does not follow the ones before it belongs to a lost key, unless it is a first piece.
    fn piece<'r>(
        &mut self,
        version: u32,
        rows: &'r [u8],
        lost: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<Result<(Option<OpenRow<'r>>, usize), String>> {
        let (row, used) = match read::ruled_row(version, rows) {
            Ok(read) => read,
            Err(damage) => return Ok(Err(damage)),
        };
        if !self.pieces.goes_on_with(&row) {
            self.end(lost)?;
        }
        if !self.pieces.goes_on_with(&row) {
            self.tear(row.key, lost)?;
            return Ok(Ok((None, used)));
        }
        let whole = match self.pieces.take(version, &row) {
            Ok(state) => state.map(|state| OpenRow::under_rules(Cow::Borrowed(row.key), state)),
            Err(damage) => {
                lost(&damage)?;
                None
            }
        };
        Ok(Ok((whole, used)))
    }
}
