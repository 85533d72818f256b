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

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(flag: &str, value: &str) -> RowSelection {
        let mut texts = RuleTexts::default();
        texts.set(RuleFlag::named(flag).unwrap(), vec![value.to_owned()]);
        RowSelection::compile(&texts, &mut ProjectedColumns::default()).unwrap()
    }

    #[test]
    fn a_filter_and_a_value_that_counts_as_missing_need_a_look_at_each_row() {
        assert!(RowSelection::default().selects_everything());
        assert!(selection("key-parts", "all").selects_everything());
        assert!(!selection("where", "event=login").selects_everything());
        assert!(!selection("null", "-").selects_everything());
    }

    #[test]
    fn a_key_needs_all_its_parts_only_if_that_is_asked_for() {
        assert!(selection("key-parts", "all").needs_all_key_parts());
        assert!(!selection("key-parts", "any").needs_all_key_parts());
        assert!(!RowSelection::default().needs_all_key_parts());
    }
}
