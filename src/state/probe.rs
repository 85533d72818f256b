//! Rows of the checkpoint without a store, to test the effect of damaged or invented bytes.

use super::{codec, frame, rows};
use crate::core::aggregates::{Argument, Function};
use crate::core::reducer::{GapReducer, RuleReducer};
use crate::core::rules::{RuleFlag, RuleSet, RuleTexts};
use crate::definition::DEFAULT_GAP;
use std::sync::Arc;

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredRow {
    /// The head.
    Head,
    /// An entry of the ledger.
    Run,
    /// Rows of open state; the first four bytes are their number.
    OpenSessions,
    /// The same with rules.
    RuledSessions,
}

/// Decodes `row`, which has no checksum, and encodes the result.
///
/// # Errors
/// What is wrong with the row. No bytes may cause a panic, or use memory beyond a multiple of their length.
pub fn recode(kind: StoredRow, row: &[u8]) -> Result<Vec<u8>, String> {
    let framed = frame::of(row);
    let encoded = match kind {
        StoredRow::Head => codec::encode_head(&codec::decode_head(&framed)?.0),
        StoredRow::Run => codec::encode_run(&codec::decode_run(&framed)?.0),
        StoredRow::OpenSessions => recode_state(&framed, gap_reducer())?,
        StoredRow::RuledSessions => recode_state(&framed, rule_reducer()?)?,
    };
    Ok(frame::unframed(encoded))
}

pub(super) fn gap_reducer() -> GapReducer {
    GapReducer::new(DEFAULT_GAP)
}

/// A reducer with every aggregate, because each has its own state.
///
/// # Errors
/// In words, if they are none.
pub(super) fn rule_reducer() -> Result<RuleReducer, String> {
    let aggregate = |function: &Function| match function.argument() {
        Argument::Condition => format!("{}(1=a)", function.name()),
        _ => format!("{}(1)", function.name()),
    };
    let mut rules = RuleTexts::default();
    let agg = RuleFlag::named("agg").ok_or("there are no aggregates")?;
    rules.set(agg, Function::ALL.iter().map(aggregate).collect());
    let rules = RuleSet::compile(&rules, DEFAULT_GAP, Some(chrono_tz::UTC))?;
    Ok(RuleReducer::new(Arc::new(rules)))
}

fn recode_state(framed: &[u8], mut reducer: impl rows::Stored) -> Result<Vec<u8>, String> {
    rows::read(framed, &mut reducer)?;
    Ok(rows::write(&mut reducer))
}
