//! Duplicates: which events are the same event.

use super::projected::{ProjectedColumn, ProjectedColumns};
use crate::core::event::Values;
use xxhash_rust::xxh3::xxh3_128;

/// The identity of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dedup {
    /// The value of a column. An event with an empty value is never a duplicate.
    Column(usize),
    /// The digest of the whole row.
    Row(usize),
}

/// The value of the flag that stands for whole rows.
pub(super) const ROW: &str = "row";

impl Dedup {
    pub(super) fn compile(text: &str, kept: &mut ProjectedColumns) -> Self {
        if text == ROW {
            Self::Row(kept.place_of(ProjectedColumn::RowDigest))
        } else {
            Self::Column(kept.place_of(ProjectedColumn::column(text)))
        }
    }

    /// xxh3-128 of the identity of the event among the events of its key; `None` if it has none.
    pub(super) fn identity(self, values: Values<'_>) -> Option<u128> {
        match self {
            Self::Column(place) => Some(values.get(place)).filter(|value| !value.is_empty()).map(xxh3_128),
            Self::Row(place) => values.get(place).try_into().ok().map(u128::from_le_bytes),
        }
    }
}
