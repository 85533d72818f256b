//! `sum(COL)`: the exact decimal sum, with as many decimals as the number with the most.

use super::accumulate::{Accumulate, Bounds, at_most_one, number_state};
use super::number::{number, restored};
use super::value::Value;
use bigdecimal::BigDecimal;

/// The sum, if there was a number. It lies elsewhere: all accumulators have the size of the largest one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sum(Option<Box<BigDecimal>>);

impl Accumulate for Sum {
    fn update(&mut self, value: &[u8], _bounds: Bounds) {
        let Some(number) = number(value) else { return };
        match &mut self.0 {
            Some(sum) => **sum = std::mem::take(&mut **sum) + &number,
            none => *none = Some(Box::new(number)),
        }
    }

    fn value(&self) -> Value<'_> {
        self.0.as_ref().map_or(Value::Null, |sum| Value::Decimal(sum.to_plain_string().into()))
    }

    /// The sum, or nothing.
    fn state(&self) -> Vec<Vec<u8>> {
        self.0.as_ref().map(|sum| number_state(&sum.to_plain_string())).unwrap_or_default()
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        let Some(sum) = at_most_one(state).ok()? else { return Some(Self(None)) };
        restored(sum).map(|sum| Self(Some(Box::new(sum))))
    }
}
