//! `median(COL)`: the number in the middle, exact; of two, their mean. None beyond `--max-distinct` different numbers.

use super::accumulate::{Accumulate, Bounds, bounded_parts, bounded_state};
use super::number::{number, restored};
use super::value::Value;
use bigdecimal::BigDecimal;
use std::collections::BTreeMap;

/// The different numbers up to the limit, each with its count, and whether there were more: then no number is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Median {
    counts: BTreeMap<BigDecimal, u64>,
    more: bool,
}

impl Accumulate for Median {
    /// Logarithmic in the number of different numbers.
    fn update(&mut self, value: &[u8], bounds: Bounds) {
        let Some(number) = number(value).filter(|_| !self.more) else { return };
        if self.counts.len() < bounds.distinct || self.counts.contains_key(&number) {
            *self.counts.entry(number).or_default() += 1;
        } else {
            *self = Self { counts: BTreeMap::new(), more: true };
        }
    }

    /// Linear in the number of different numbers.
    fn value(&self) -> Value<'_> {
        let count: u64 = self.counts.values().sum();
        let middle = self.at(count.saturating_sub(1) / 2).zip(self.at(count / 2));
        middle.map_or(Value::Null, |(low, high)| {
            let median = if count % 2 == 1 { low.clone() } else { (low + high).half() };
            Value::Decimal(median.to_plain_string().into())
        })
    }

    /// `+` or nothing, then each different number in ascending order, with its count.
    fn state(&self) -> Vec<Vec<u8>> {
        let parts =
            self.counts.iter().flat_map(|(number, count)| [number.to_plain_string(), count.to_string()]);
        let parts: Vec<Vec<u8>> = parts.map(String::into_bytes).collect();
        bounded_state(parts.iter(), self.more)
    }

    fn restore(state: Vec<Vec<u8>>) -> Option<Self> {
        let (more, mut parts) = bounded_parts(state)?;
        let mut counts = BTreeMap::new();
        while let Some(number) = parts.next() {
            let count: u64 =
                String::from_utf8(parts.next()?).ok()?.parse().ok().filter(|count| *count > 0)?;
            if counts.insert(restored(number)?, count).is_some() {
                return None;
            }
        }
        (!more || counts.is_empty()).then_some(Self { counts, more })
    }
}

impl Median {
    /// The number at `place`, counted from 0, in the sorted sequence of all numbers.
    fn at(&self, place: u64) -> Option<&BigDecimal> {
        let mut behind = 0;
        let mut numbers = self.counts.iter();
        let found = numbers.find(|(_, count)| {
            behind += **count;
            place < behind
        });
        found.map(|(number, _)| number)
    }
}
