//! The only encoder of open state: rows to chunks.

use super::chunk::{Chunk, Chunks};
use super::pieces::for_each_piece;
use crate::core::reducer::OpenCounts;
use crate::migrations::checkpoint::read::encode_into;
use crate::migrations::checkpoint::{OpenRow, v1};

/// The most buffered events in one row: at most nine bytes for each time.
const MAX_TAIL: usize = 512;

/// The encoded open state of a partition: all of it, or what has changed since it was stored.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EncodedPartition {
    chunks: Chunks,
    /// The number of stored chunks that stay before these; 0 for the whole state.
    stays: usize,
    /// The sums of the whole state.
    pub open: OpenCounts,
}

impl EncodedPartition {
    /// No changes yet of a partition of which `stays` stored chunks stay. Changes are appended to `last`, the chunk behind them.
    pub(in crate::state) fn changes(stays: usize, last: Option<Chunk>) -> Self {
        Self { chunks: Chunks::behind(last), stays, ..Self::default() }
    }

    /// A partition of which nothing has changed: all of its `stored` chunks stay.
    pub(in crate::state) fn unchanged(stored: usize, open: OpenCounts) -> Self {
        Self { stays: stored, open, ..Self::default() }
    }

    /// Appends the open state of a key. The caller, who knows the rules, adds the counts.
    pub(in crate::state) fn push(&mut self, row: OpenRow<'_>) {
        if let Some(state) = &row.ruled {
            let mut bytes = Vec::new();
            encode_into(&**state, &mut bytes);
            for_each_piece(&row.key, &bytes, |piece| self.chunks.push(piece));
        } else if row.tail_us.len() <= MAX_TAIL {
            self.chunks.push(&v1::StateRow { key: &row.key, open: row.open, tail_us: row.tail_us });
        } else {
            let mut open = row.open;
            for piece in row.tail_us.chunks(MAX_TAIL) {
                self.chunks.push(&v1::StateRow { key: &row.key, open: open.take(), tail_us: piece.to_vec() });
            }
        }
    }

    /// Appends a change: the open state of a key, or nothing if the key is gone. Returns whether the changes are at most
    /// `most_bytes` long; those of a key with a very long tail never are, because they would take several rows.
    pub(in crate::state) fn push_change(&mut self, row: OpenRow<'_>, most_bytes: usize) -> bool {
        let is_one_row = row.tail_us.len() <= MAX_TAIL;
        if is_one_row {
            self.push(row);
        }
        is_one_row && self.bytes() <= most_bytes
    }

    /// The number of stored chunks that stay before these; 0 for the whole state.
    pub(in crate::state) const fn stays(&self) -> usize {
        self.stays
    }

    /// The bytes of its chunks.
    pub(in crate::state) fn bytes(&self) -> usize {
        self.chunks.bytes()
    }

    pub(in crate::state) fn chunks(&self) -> &[Chunk] {
        &self.chunks.chunks
    }
}
