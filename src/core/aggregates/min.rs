//! `min(COL)`: the smallest number in its original form; the first of equal ones.

use super::accumulate::{Accumulate, Bounds, at_most_one};
use super::number::Written;
use super::value::Value;

/// The smallest number, if there was one. It lies elsewhere: all accumulators have the size of the largest one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Min(Option<Box<Written>>);

impl Accumulate for Min {
    fn update(&mut self, value: &[u8], _bounds: Bounds) {
        let Some(number) = Written::read(value) else { return };
        if self.0.as_ref().is_none_or(|kept| number.number() < kept.number()) {
            self.0 = Some(Box::new(number));
        }
    }

    fn value(&self) -> Value<'_> {
        self.0.as_ref().map_or(Value::Null, |kept| Value::Decimal(kept.text().into()))
    }

    /// The number in its original form, or nothing.
    fn state(&self) -> Vec<Vec<u8>> {
        self.0.iter().map(|kept| kept.text().as_bytes().to_vec()).collect()
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        let Some(text) = at_most_one(state).ok()? else { return Some(Self(None)) };
        Written::read(&text).map(|number| Self(Some(Box::new(number))))
    }
}
