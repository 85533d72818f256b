//! `distinct(COL)`: the number of different values; beyond `--max-distinct`, a lower bound.

use super::accumulate::{Accumulate, Bounds, bounded_parts, bounded_state};
use super::value::Value;
use std::collections::BTreeSet;

/// The different values up to the limit, and whether there were more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distinct {
    values: BTreeSet<Vec<u8>>,
    more: bool,
}

impl Accumulate for Distinct {
    /// Logarithmic in the number of different values.
    fn update(&mut self, value: &[u8], bounds: Bounds) {
        if self.values.len() < bounds.distinct {
            self.values.insert(value.to_vec());
        } else {
            self.more |= !self.values.contains(value);
        }
    }

    fn value(&self) -> Value<'_> {
        let count = self.values.len() as u64;
        if self.more { Value::AtLeast(count) } else { Value::Int(count) }
    }

    /// `+` or nothing, then the values, sorted.
    fn state(&self) -> Vec<Vec<u8>> {
        bounded_state(self.values.iter(), self.more)
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        bounded_parts(state).map(|(more, values)| Self { values: values.collect(), more })
    }
}
