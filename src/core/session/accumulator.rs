//! What a session tells of its events.

use bigdecimal::BigDecimal;
use std::collections::BTreeSet;

/// The value of one aggregate over the events of a session so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accumulator {
    /// `first` and `last`: nothing while there was no value.
    Text(Option<Vec<u8>>),
    /// `count` and `count_if`.
    Count(u64),
    /// `sum`: nothing while there was no number.
    Sum(Option<BigDecimal>),
    /// `min` and `max`: the number as it was written first.
    Extreme(Option<Vec<u8>>),
    /// `distinct`: the values, and whether there were more than its bound.
    Distinct(BTreeSet<Vec<u8>>, bool),
    /// `list`: the values, and whether there were more than its bound.
    List(Vec<Vec<u8>>, bool),
    /// `any`.
    Any(bool),
}
