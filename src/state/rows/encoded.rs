//! The only encoder of open state: rows to chunks.

use super::chunk::{Chunk, Chunks};
use super::pieces::for_each_piece;
use crate::core::reducer::OpenCounts;
use crate::migrations::checkpoint::read::encode_into;
use crate::migrations::checkpoint::{OpenRow, v1};

/// The most buffered events in one row: at most nine bytes for each time.
const MAX_TAIL: usize = 512;

/// The encoded open state of a partition.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EncodedPartition {
    chunks: Chunks,
    /// The sums of its rows.
    pub open: OpenCounts,
}

impl EncodedPartition {
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

    pub(in crate::state) fn chunks(&self) -> &[Chunk] {
        &self.chunks.chunks
    }
}
