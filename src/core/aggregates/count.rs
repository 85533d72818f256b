//! `count`, `count(COL)`, `count_if(COL=VALUE)`: the number of events, of values, or of events that meet a condition.

use super::accumulate::{Accumulate, Bounds, number_state, only};
use super::value::Value;

/// The number so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count(u64);

impl Accumulate for Count {
    #[inline]
    fn update(&mut self, _value: &[u8], _bounds: Bounds) {
        self.0 += 1;
    }

    fn value(&self) -> Value<'_> {
        Value::Int(self.0)
    }

    /// The number.
    fn state(&self) -> Vec<Vec<u8>> {
        number_state(&self.0)
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        String::from_utf8(only(state)?).ok()?.parse().ok().map(Self)
    }
}
