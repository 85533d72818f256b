//! `column=value`: whether a column of an event has one certain value.

use super::{ProjectedColumn, ProjectedColumns};
use crate::core::event::Values;
use std::fmt;

/// `column=value` as it is asked for. The value is everything behind the first `=`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionText {
    /// The column, by name or number.
    pub column: String,
    /// The value, compared byte by byte.
    pub value: String,
}

impl ConditionText {
    /// Reads `column=value`.
    ///
    /// # Errors
    /// What is missing, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((column, value)) if !column.is_empty() => {
                Ok(Self { column: column.to_owned(), value: value.to_owned() })
            }
            _ => Err(format!("'{text}' is no condition: write column=value, such as event=login")),
        }
    }

    pub(super) fn compile(&self, kept: &mut ProjectedColumns) -> Condition {
        Condition {
            place: kept.place_of(ProjectedColumn::column(&self.column)),
            value: self.value.clone().into_bytes(),
        }
    }
}

impl fmt::Display for ConditionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.column, self.value)
    }
}

/// The conditions in these texts.
///
/// # Errors
/// What is missing in one, in words.
pub(super) fn compile_all(texts: &[&str], kept: &mut ProjectedColumns) -> Result<Vec<Condition>, String> {
    texts.iter().map(|text| Ok(ConditionText::read(text)?.compile(kept))).collect()
}

/// A condition over the values of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    place: usize,
    value: Vec<u8>,
}

impl Condition {
    pub(super) fn holds(&self, values: Values<'_>) -> bool {
        values.get(self.place) == self.value
    }
}
