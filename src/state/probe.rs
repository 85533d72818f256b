//! Rows of the checkpoint without a store: for those who test what damaged or invented bytes can do.

use super::codec;
use super::state;
use super::{Pieces, Stored};
use crate::core::gap::Gap;
use crate::core::reducer::{GapReducer, RuleReducer};
use crate::core::rules::{RuleSet, RuleTexts};
use std::sync::Arc;

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredRow {
    /// The head.
    Head,
    /// An entry of the ledger.
    Run,
    /// Rows of a chunk of open state; the first four bytes say how many.
    OpenSessions,
    /// The same under rules.
    RuledSessions,
}

/// Decodes `row`, which has no checksum, and encodes what was read.
///
/// # Errors
/// What is wrong with it, in words. No bytes may end in a panic or take memory beyond a multiple of their length.
pub fn recode(kind: StoredRow, row: &[u8]) -> Result<Vec<u8>, String> {
    match kind {
        StoredRow::Head => {
            codec::decode_head(&codec::frame(row)).map(|(head, _)| codec::unframed(codec::encode_head(&head)))
        }
        StoredRow::Run => {
            codec::decode_run(&codec::frame(row)).map(|(entry, _)| codec::unframed(codec::encode_run(&entry)))
        }
        StoredRow::OpenSessions => recode_chunk(row, GapReducer::new(Gap::from_us(0))),
        StoredRow::RuledSessions => {
            let rules = RuleSet::compile(&RuleTexts::default(), Gap::from_us(0), Some(chrono_tz::UTC))?;
            recode_chunk(row, RuleReducer::new(Arc::new(rules)))
        }
    }
}

fn recode_chunk(row: &[u8], mut reducer: impl Stored) -> Result<Vec<u8>, String> {
    let (count, rows) = row.split_first_chunk::<4>().ok_or("it is cut short")?;
    let chunk = state::Chunk::of(rows, u32::from_le_bytes(*count));
    state::decode_chunk(chunk.bytes(), chunk.digest(), &mut reducer, &mut Pieces::default())?;
    Ok(state::rows_of_all(&reducer.encode().chunks))
}
