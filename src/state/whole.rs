//! Rows of open state as whole values of the format, with or without rules: for those who look at them, copy or carry them.

use super::codec::encode_into;
use super::ruled::{Pieces, for_each_piece};
use super::state::{EncodedPartition, OpenChunk, open_chunk};
use crate::core::event::key_word;
use crate::error::Result;
use crate::ledger::Head;
use crate::migrations::checkpoint::{ExportedState, read, v1};

/// Reads the rows of one partition, chunk by chunk.
#[derive(Debug)]
pub(super) struct WholeRows {
    plain: bool,
    pieces: Pieces,
    /// The last key of which a piece was missing: the other pieces say nothing new.
    torn: Option<Vec<u8>>,
}

impl WholeRows {
    /// A reader of the state that `head` describes.
    pub(super) fn of(head: &Head) -> Self {
        let plain = head.definition.rule_set().is_ok_and(|rules| rules.is_plain());
        Self { plain, pieces: Pieces::default(), torn: None }
    }

    /// Visits the rows of a chunk, of which `None` was found if it is missing, and says whether it could be read. What cannot
    /// goes to `lost`, which decides whether to go on.
    pub(super) fn read(
        &mut self,
        bytes: Option<&[u8]>,
        digest: u128,
        mut visit: impl FnMut(&ExportedState),
        mut lost: impl FnMut(&str) -> Result<()>,
    ) -> Result<bool> {
        let opened =
            bytes.ok_or_else(|| "it is missing".to_owned()).and_then(|bytes| open_chunk(bytes, digest));
        let OpenChunk { version, count, mut rows } = match opened {
            Ok(chunk) => chunk,
            Err(damage) => {
                lost(&damage)?;
                return self.end(lost).map(|()| false);
            }
        };
        for _ in 0..count {
            let used = if self.plain {
                plain_row(version, rows, &mut visit)
            } else {
                self.piece(version, rows, &mut visit, &mut lost)?
            };
            match used {
                Ok(used) => rows = &rows[used..],
                Err(damage) => return lost(&damage).map(|()| false),
            }
        }
        if !rows.is_empty() {
            lost("it has bytes behind its last row")?;
        }
        Ok(true)
    }

    /// Nothing follows, or what does cannot be read: a key that is not whole by now is lost.
    pub(super) fn end(&mut self, mut lost: impl FnMut(&str) -> Result<()>) -> Result<()> {
        self.pieces.forget().map_or(Ok(()), |key| self.tear(&key, &mut lost))
    }

    fn tear(&mut self, key: &[u8], lost: &mut impl FnMut(&str) -> Result<()>) -> Result<()> {
        if self.torn.as_deref() == Some(key) {
            return Ok(());
        }
        self.torn = Some(key.to_vec());
        lost(&format!("a piece of key {} is missing", key_word(key)))
    }

    /// Takes a piece in. One that does not follow those before it belongs to a key that is lost, unless it is a first one.
    fn piece(
        &mut self,
        version: u32,
        rows: &[u8],
        visit: &mut impl FnMut(&ExportedState),
        lost: &mut impl FnMut(&str) -> Result<()>,
    ) -> Result<Result<usize, String>> {
        let (row, used) = match read::ruled_row(version, rows) {
            Ok(read) => read,
            Err(damage) => return Ok(Err(damage)),
        };
        let mut taken = self.pieces.take(version, &row);
        if taken.is_err() {
            self.end(&mut *lost)?;
            taken = self.pieces.take(version, &row);
        }
        match taken {
            Ok(Some((key, state))) => {
                visit(&ExportedState { key, open: None, tail_us: Vec::new(), ruled: Some(state) });
            }
            Ok(None) => {}
            Err(_) => self.tear(row.key, lost)?,
        }
        Ok(Ok(used))
    }
}

fn plain_row(version: u32, rows: &[u8], visit: &mut impl FnMut(&ExportedState)) -> Result<usize, String> {
    let (row, used) = read::state_row(version, rows)?;
    visit(&row.into());
    Ok(used)
}

/// Appends a row as it is stored.
pub(super) fn push_whole(encoded: &mut EncodedPartition, row: &ExportedState) {
    match &row.ruled {
        None => encoded.push_row(&v1::StateRow::from(row)),
        Some(state) => {
            let mut bytes = Vec::new();
            encode_into(state, &mut bytes);
            for_each_piece(&row.key, &bytes, |piece| encoded.push_row(piece));
        }
    }
}

impl ExportedState {
    /// The session that is held, with or without rules.
    pub(super) fn session(&self) -> Option<v1::OpenSession> {
        self.open.or_else(|| self.ruled.as_ref()?.open.as_ref().map(|session| session.open))
    }

    /// The times of its tail, with or without rules.
    pub(super) fn tail(&self) -> impl Iterator<Item = i64> + Clone + '_ {
        let ruled = self.ruled.iter().flat_map(|state| state.tail.iter().map(|(us, _)| *us));
        self.tail_us.iter().copied().chain(ruled)
    }

    /// Events in that session and the tail.
    pub(super) fn events(&self) -> u64 {
        self.session().map_or(0, |open| open.events) + self.tail().count() as u64
    }
}
