//! Conditions on the columns of an event or a session: comparisons joined by `and`.
//!
//! All flags share this language. `docs/semantics.md` defines it with examples.

mod comparison;
mod decimal;
mod operator;
mod pattern;
mod words;

use super::{ProjectedColumn, ProjectedColumns};
use crate::core::event::Values;
use comparison::{Comparison, ComparisonText};
pub(super) use decimal::Decimal;
use std::fmt;
pub(super) use words::AND;

/// A condition as text. Two conditions with the same meaning are equal: order, repetition, spaces, quotes and the form of
/// numbers make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionText {
    comparisons: Vec<ComparisonText>,
}

impl ConditionText {
    /// Parses a condition.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut comparisons = Vec::new();
        let mut rest = Some(text);
        while let Some(text_left) = rest {
            let (comparison, behind) = ComparisonText::split_from(text_left).map_err(|why| {
                format!("'{text}' is not a condition: {why}; write column=value, such as event=login")
            })?;
            comparisons.push(comparison);
            rest = behind;
        }
        comparisons.sort_unstable();
        comparisons.dedup();
        Ok(Self { comparisons })
    }

    pub(super) fn compile(&self, kept: &mut ProjectedColumns) -> Result<Condition, String> {
        let compiled = self.compile_with(|column, _| Ok(kept.place_of(ProjectedColumn::column(column))));
        for comparison in self.comparisons.iter().filter(|comparison| comparison.is_of_numbers()) {
            kept.demand(ProjectedColumn::column(&comparison.column), |demand| demand.compared = true);
        }
        compiled
    }

    /// The same, with `text_of` applied to the operands of comparisons with the columns `is_of`, except for regular
    /// expressions.
    ///
    /// # Errors
    /// Those of `text_of`.
    pub(super) fn with_texts(
        self,
        is_of: impl Fn(&str) -> bool,
        text_of: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Self, String> {
        let rewritten = self.comparisons.into_iter().map(|comparison| {
            let is_text = is_of(&comparison.column) && !comparison.is_pattern();
            if is_text { comparison.with_text(&text_of) } else { Ok(comparison) }
        });
        let mut comparisons = rewritten.collect::<Result<Vec<_>, String>>()?;
        comparisons.sort_unstable();
        comparisons.dedup();
        Ok(Self { comparisons })
    }

    /// Compiles the condition. `place_of` gives the place of a column; it also gets whether a regular expression uses the
    /// column.
    ///
    /// # Errors
    /// Those of `place_of`.
    pub(super) fn compile_with(
        &self,
        mut place_of: impl FnMut(&str, bool) -> Result<usize, String>,
    ) -> Result<Condition, String> {
        let mut compile = |text: &ComparisonText| {
            let place = place_of(&text.column, text.is_pattern())?;
            Ok((place, text.compile()?))
        };
        let compiled = self.comparisons.iter().map(&mut compile);
        Ok(Condition { comparisons: compiled.collect::<Result<_, String>>()? })
    }
}

impl fmt::Display for ConditionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.comparisons.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(AND))
    }
}

/// Parses several conditions.
///
/// # Errors
/// What is wrong with one of them.
pub(super) fn compile_all(texts: &[&str], kept: &mut ProjectedColumns) -> Result<Vec<Condition>, String> {
    texts.iter().map(|text| ConditionText::read(text)?.compile(kept)).collect()
}

/// A compiled condition: comparisons of the values at certain places, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    comparisons: Vec<(usize, Comparison)>,
}

impl Condition {
    /// Whether an event with these values meets it.
    pub(super) fn holds(&self, values: Values<'_>) -> bool {
        self.holds_for(|place| values.get(place))
    }

    /// The same, with the values by their places.
    pub(super) fn holds_for<'v>(&self, value: impl Fn(usize) -> &'v [u8]) -> bool {
        self.comparisons.iter().all(|(place, comparison)| comparison.holds(value(*place)))
    }
}

#[cfg(test)]
mod tests;
