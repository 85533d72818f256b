//! Rows of the checkpoint without a store: for those who test what damaged or invented bytes can do.

use super::codec;
use super::state;
use crate::gap::Gap;
use crate::reducer::Reducer;

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredRow {
    /// The head.
    Head,
    /// An entry of the ledger.
    Run,
    /// Rows of a chunk of open state; the first four bytes say how many.
    OpenSessions,
}

/// Decodes `row`, which has no checksum, and encodes what was read.
///
/// # Errors
/// What is wrong with it, in words. No bytes may end in a panic or take memory beyond a multiple of their length.
pub fn recode(kind: StoredRow, row: &[u8]) -> Result<Vec<u8>, String> {
    match kind {
        StoredRow::Head => {
            codec::decode_head(&codec::frame(row)).map(|head| codec::unframed(codec::encode_head(&head)))
        }
        StoredRow::Run => {
            codec::decode_run(&codec::frame(row)).map(|entry| codec::unframed(codec::encode_run(&entry)))
        }
        StoredRow::OpenSessions => {
            let (count, rows) = row.split_first_chunk::<4>().ok_or("it is cut short")?;
            let chunk = state::Chunk::of(rows.to_vec(), u32::from_le_bytes(*count));
            let mut reducer = Reducer::new(Gap::from_us(0));
            state::decode_chunk(&state::seal_chunk(&chunk, 1).bytes, 1, &mut reducer)?;
            Ok(state::rows_of_all(&state::encode_partition(&mut reducer).chunks))
        }
    }
}
