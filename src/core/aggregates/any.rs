//! `any(COL=VALUE)`: whether any event meets a condition.

use super::accumulate::{Accumulate, Bounds, at_most_one};
use super::value::Value;

/// Whether an event met the condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Any(bool);

impl Accumulate for Any {
    fn update(&mut self, _value: &[u8], _bounds: Bounds) {
        self.0 = true;
    }

    fn value(&self) -> Value<'_> {
        Value::Bool(self.0)
    }

    /// `+` if an event met the condition, else nothing.
    fn state(&self) -> Vec<Vec<u8>> {
        if self.0 { vec![b"+".to_vec()] } else { Vec::new() }
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        match at_most_one(state).ok()?.as_deref() {
            None => Some(Self(false)),
            Some(b"+") => Some(Self(true)),
            Some(_) => None,
        }
    }
}
