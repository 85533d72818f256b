//! `last(COL)`: the last value.

use super::accumulate::{Accumulate, Bounds, at_most_one};
use super::value::Value;

/// The last value, if there was one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Last(Option<Vec<u8>>);

impl Accumulate for Last {
    fn update(&mut self, value: &[u8], _bounds: Bounds) {
        let last = self.0.get_or_insert_default();
        last.clear();
        last.extend_from_slice(value);
    }

    fn value(&self) -> Value<'_> {
        self.0.as_deref().map_or(Value::Null, Value::Text)
    }

    /// The value, or nothing.
    fn state(&self) -> Vec<Vec<u8>> {
        self.0.iter().cloned().collect()
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        at_most_one(state).ok().map(Self)
    }
}
