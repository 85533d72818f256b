//! The one encoder of open state: rows to chunks.

use super::chunk::{Chunk, Chunks};
use super::pieces::for_each_piece;
use crate::core::reducer::OpenCounts;
use crate::migrations::checkpoint::read::encode_into;
use crate::migrations::checkpoint::{OpenRow, v1};

/// The longest piece of a tail in one row: nine bytes at most for each time.
const MAX_TAIL: usize = 512;

/// What a partition leaves open, ready to be written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EncodedPartition {
    chunks: Chunks,
    /// What its rows add up to.
    pub open: OpenCounts,
}

impl EncodedPartition {
    /// Appends what is open of a key. What counts of it is added by whoever knows the rules.
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

    pub(in crate::state) fn chunks(&self) -> &[Chunk] {
        &self.chunks.chunks
    }
}
