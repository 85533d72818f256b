//! The row filter, and what counts as a value: `--where`, `--null`, `--key-parts`.

use super::condition::{Condition, compile_all};
use super::flag::RuleFlag;
use super::projected::ProjectedColumns;
use super::selection_flags::ALL_PARTS;
use super::texts::RuleTexts;

/// Which rows become events.
///
/// The decision uses one row alone, so it does not depend on how rows are cut into batches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSelection {
    filter: Vec<Condition>,
    nulls: Vec<Vec<u8>>,
    needs_all_key_parts: bool,
}

impl RowSelection {
    pub(super) fn compile(texts: &RuleTexts, columns: &mut ProjectedColumns) -> Result<Self, String> {
        Ok(Self {
            filter: compile_all(&texts.values(RuleFlag::Where).collect::<Vec<_>>(), columns)?,
            nulls: texts.values(RuleFlag::Null).map(|text| text.as_bytes().to_vec()).collect(),
            needs_all_key_parts: texts.value(RuleFlag::KeyParts) == Some(ALL_PARTS),
        })
    }

    /// Whether every row becomes an event and every value counts as it is. Then no row needs a check.
    #[inline]
    pub const fn selects_everything(&self) -> bool {
        self.filter.is_empty() && self.nulls.is_empty()
    }

    /// Whether the row becomes an event. `value` gives the values by their places among the projected columns.
    #[inline]
    pub fn selects<'v>(&self, value: impl Fn(usize) -> &'v [u8]) -> bool {
        self.filter.iter().all(|condition| condition.holds_for(&value))
    }

    /// The value, or an empty one if it counts as missing.
    #[inline]
    pub fn present<'v>(&self, value: &'v [u8]) -> &'v [u8] {
        if self.nulls.iter().any(|null| null == value) { b"" } else { value }
    }

    /// Whether a composite key with a missing part rejects its row.
    pub const fn needs_all_key_parts(&self) -> bool {
        self.needs_all_key_parts
    }
}
