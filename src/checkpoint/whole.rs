//! Rows of open state as whole values of the format, with or without rules: for those who look at them, copy or carry them.

use super::codec::{MAX_ROW_BYTES, decode_row, encode_into};
use super::ruled::for_each_piece;
use super::state::{EncodedPartition, open_chunk};
use crate::ledger::Head;
use crate::migrations::checkpoint::{ExportedState, v1};

/// Reads the rows of one partition, chunk by chunk.
#[derive(Debug)]
pub(super) struct WholeRows {
    plain: bool,
    generation: u64,
    /// The pieces of a key so far.
    pieces: Vec<u8>,
}

impl WholeRows {
    /// A reader of the state that `head` describes.
    pub(super) fn of(head: &Head) -> Self {
        let plain = head.definition.rule_set().is_ok_and(|rules| rules.is_plain());
        Self { plain, generation: head.generation, pieces: Vec::new() }
    }

    /// Visits the rows of a sealed chunk and returns its digest.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        mut visit: impl FnMut(&ExportedState),
    ) -> Result<u64, String> {
        let (digest, count, mut rows) = open_chunk(bytes, self.generation)?;
        for _ in 0..count {
            let used = if self.plain { plain_row(rows, &mut visit)? } else { self.piece(rows, &mut visit)? };
            rows = &rows[used..];
        }
        if rows.is_empty() { Ok(digest) } else { Err("it has bytes behind its last row".to_owned()) }
    }

    /// Forgets the key of which a piece was lost.
    pub(super) fn lose(&mut self) {
        self.pieces.clear();
    }

    fn piece(&mut self, rows: &[u8], visit: &mut impl FnMut(&ExportedState)) -> Result<usize, String> {
        let (row, used): (v1::RuledRow<'_>, usize) = decode_row(rows)?;
        self.pieces.extend_from_slice(row.part);
        if !row.more {
            let bytes = std::mem::take(&mut self.pieces);
            let config = bincode::config::standard().with_limit::<MAX_ROW_BYTES>();
            let (state, _) = bincode::decode_from_slice(&bytes, config).map_err(|error| error.to_string())?;
            let key = row.key.to_vec();
            visit(&ExportedState { key, open: None, tail_us: Vec::new(), ruled: Some(state) });
        }
        Ok(used)
    }
}

fn plain_row(rows: &[u8], visit: &mut impl FnMut(&ExportedState)) -> Result<usize, String> {
    let (row, used): (v1::StateRow<'_>, usize) = decode_row(rows)?;
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
    /// The open session, with or without rules.
    pub(super) fn session(&self) -> Option<v1::OpenSession> {
        self.open.or_else(|| self.ruled.as_ref()?.open.as_ref().map(|session| session.open))
    }

    /// The times of its tail, with or without rules.
    pub(super) fn tail(&self) -> impl Iterator<Item = i64> + Clone + '_ {
        let ruled = self.ruled.iter().flat_map(|state| state.tail.iter().map(|(us, _)| *us));
        self.tail_us.iter().copied().chain(ruled)
    }

    /// Events in the open session and the tail.
    pub(super) fn events(&self) -> u64 {
        self.session().map_or(0, |open| open.events) + self.tail().count() as u64
    }
}
