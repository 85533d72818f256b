//! `list(COL)`: the values in order. Values beyond `--max-list` are left out, and the list is marked.

use super::accumulate::{Accumulate, Bounds, bounded_parts, bounded_state};
use super::value::Value;

/// The values up to the limit, and whether there were more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct List {
    values: Vec<Vec<u8>>,
    more: bool,
}

impl Accumulate for List {
    fn update(&mut self, value: &[u8], bounds: Bounds) {
        if self.values.len() < bounds.list {
            self.values.push(value.to_vec());
        } else {
            self.more = true;
        }
    }

    fn value(&self) -> Value<'_> {
        Value::List { values: self.values.iter().map(Vec::as_slice).collect(), more: self.more }
    }

    /// `+` or nothing, then the values in order.
    fn state(&self) -> Vec<Vec<u8>> {
        bounded_state(self.values.iter(), self.more)
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        bounded_parts(state).map(|(more, values)| Self { values: values.collect(), more })
    }
}
