//! The encoded state of a key with rules, cut into pieces that fit a chunk.

use crate::migrations::checkpoint::{read, v1};

/// The longest piece of one row. With the longest key before it, a row still fits after a full chunk.
const MAX_PART_BYTES: usize = 4 << 10;

/// Calls `push` with each piece of an encoded state.
pub(super) fn for_each_piece(key: &[u8], bytes: &[u8], mut push: impl FnMut(&v1::RuledRow<'_>)) {
    let mut parts = (0..).zip(bytes.chunks(MAX_PART_BYTES)).peekable();
    while let Some((number, part)) = parts.next() {
        push(&v1::RuledRow { key, number, part, more: parts.peek().is_some() });
    }
}

/// Joins the pieces of keys. The pieces of one key follow each other, also across chunks.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    key: Vec<u8>,
    bytes: Vec<u8>,
    /// The number of the next piece.
    next: u32,
}

impl Pieces {
    /// Whether `row` is the next piece.
    pub(super) fn goes_on_with(&self, row: &v1::RuledRow<'_>) -> bool {
        row.number == self.next && (self.next == 0 || self.key == row.key)
    }

    /// Takes the next piece. Returns the state of its key after the last piece.
    pub(super) fn take(
        &mut self,
        version: u32,
        row: &v1::RuledRow<'_>,
    ) -> Result<Option<v1::RuledState>, String> {
        self.bytes.extend_from_slice(row.part);
        if row.more {
            self.key = row.key.to_vec();
            self.next += 1;
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.next = 0;
        read::ruled_state(version, &bytes).map(Some)
    }

    /// Drops an incomplete key, and returns it.
    pub(super) fn forget(&mut self) -> Option<Vec<u8>> {
        let Self { key, next, .. } = std::mem::take(self);
        (next > 0).then_some(key)
    }
}
