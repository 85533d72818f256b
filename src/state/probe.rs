//! Rows of the checkpoint without a store: for those who test what damaged or invented bytes can do.

use super::{codec, frame, rows};
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
    /// Rows of open state; the first four bytes say how many.
    OpenSessions,
    /// The same under rules.
    RuledSessions,
}

/// Decodes `row`, which has no checksum, and encodes what was read.
///
/// # Errors
/// What is wrong with it, in words. No bytes may end in a panic or take memory beyond a multiple of their length.
pub fn recode(kind: StoredRow, row: &[u8]) -> Result<Vec<u8>, String> {
    let framed = frame::of(row);
    let encoded = match kind {
        StoredRow::Head => codec::encode_head(&codec::decode_head(&framed)?.0),
        StoredRow::Run => codec::encode_run(&codec::decode_run(&framed)?.0),
        StoredRow::OpenSessions => recode_state(&framed, GapReducer::new(Gap::from_us(0)))?,
        StoredRow::RuledSessions => {
            let rules = RuleSet::compile(&RuleTexts::default(), Gap::from_us(0), Some(chrono_tz::UTC))?;
            recode_state(&framed, RuleReducer::new(Arc::new(rules)))?
        }
    };
    Ok(frame::unframed(encoded))
}

fn recode_state(framed: &[u8], mut reducer: impl rows::Stored) -> Result<Vec<u8>, String> {
    rows::read(framed, &mut reducer)?;
    Ok(rows::write(&mut reducer))
}
