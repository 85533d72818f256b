//! How the aggregates of a session grow with its events.

use super::aggregate::{Aggregate, Function, Of};
use super::number::number;
use super::payload::Values;
use crate::core::session::Accumulator;
use std::collections::BTreeSet;

/// How much an aggregate may keep of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Different values that `distinct` keeps apart.
    pub distinct: usize,
    /// Values that `list` keeps.
    pub list: usize,
}

impl Accumulator {
    /// The accumulator of no event.
    pub(super) const fn empty(function: Function) -> Self {
        match function {
            Function::First | Function::Last => Self::Text(None),
            Function::Count | Function::CountIf => Self::Count(0),
            Function::Sum => Self::Sum(None),
            Function::Min | Function::Max => Self::Extreme(None),
            Function::Distinct => Self::Distinct(BTreeSet::new(), false),
            Function::List => Self::List(Vec::new(), false),
            Function::Any => Self::Any(false),
        }
    }

    /// Takes the next event in. Costs at most one copy of the value, and for numbers one addition.
    pub(super) fn update(&mut self, aggregate: &Aggregate, values: Values<'_>, bounds: Bounds) {
        match &aggregate.of {
            Of::Events => self.update_value(aggregate.function, b"", bounds),
            Of::Matching(condition) if condition.holds(values) => {
                self.update_value(aggregate.function, b"", bounds);
            }
            Of::Matching(_) => {}
            Of::Column(place) => match values.get(*place) {
                [] => {}
                value => self.update_value(aggregate.function, value, bounds),
            },
        }
    }

    fn update_value(&mut self, function: Function, value: &[u8], bounds: Bounds) {
        match self {
            Self::Text(kept) if kept.is_none() || function == Function::Last => *kept = Some(value.to_vec()),
            Self::Text(_) => {}
            Self::Count(count) => *count += 1,
            Self::Sum(sum) => {
                if let Some(number) = number(value) {
                    *sum = Some(sum.take().map_or_else(|| number.clone(), |sum| sum + &number));
                }
            }
            Self::Extreme(kept) => {
                if kept.as_deref().is_none_or(|kept| goes_beyond(function, value, kept)) {
                    *kept = Some(value.to_vec());
                }
            }
            Self::Distinct(values, more) => {
                if values.len() < bounds.distinct {
                    values.insert(value.to_vec());
                } else {
                    *more |= !values.contains(value);
                }
            }
            Self::List(values, more) => {
                if values.len() < bounds.list {
                    values.push(value.to_vec());
                } else {
                    *more = true;
                }
            }
            Self::Any(any) => *any = true,
        }
    }
}

fn goes_beyond(function: Function, value: &[u8], kept: &[u8]) -> bool {
    match (number(value), number(kept)) {
        (Some(value), Some(kept)) if function == Function::Min => value < kept,
        (Some(value), Some(kept)) => value > kept,
        (value, None) => value.is_some(),
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rules::aggregate::AggregateText;
    use crate::core::rules::payload::push_value;
    use crate::core::rules::projected::ProjectedColumns;

    const BOUNDS: Bounds = Bounds { distinct: 2, list: 2 };

    /// What `text` tells of events whose only kept column has these values.
    fn accumulated(text: &str, events: &[&str]) -> Accumulator {
        let aggregate = AggregateText::read(text).unwrap().compile(&mut ProjectedColumns::default());
        let mut accumulator = Accumulator::empty(aggregate.function);
        for value in events {
            let mut payload = Vec::new();
            assert!(push_value(&mut payload, value.as_bytes()));
            accumulator.update(&aggregate, Values::of(&payload), BOUNDS);
        }
        accumulator
    }

    fn bytes(text: &str) -> Vec<u8> {
        text.as_bytes().to_vec()
    }

    #[test]
    fn every_function_does_what_its_name_says() {
        let events = ["", "10", "9.50", "9.5", ""];
        for (text, expected) in [
            ("first(a)", Accumulator::Text(Some(bytes("10")))),
            ("last(a)", Accumulator::Text(Some(bytes("9.5")))),
            ("count", Accumulator::Count(5)),
            ("count(a)", Accumulator::Count(3)),
            ("count_if(a=10)", Accumulator::Count(1)),
            ("sum(a)", Accumulator::Sum(Some("29.00".parse().unwrap()))),
            ("min(a)", Accumulator::Extreme(Some(bytes("9.50")))),
            ("max(a)", Accumulator::Extreme(Some(bytes("10")))),
            ("distinct(a)", Accumulator::Distinct([bytes("10"), bytes("9.50")].into(), true)),
            ("list(a)", Accumulator::List(vec![bytes("10"), bytes("9.50")], true)),
            ("any(a=10)", Accumulator::Any(true)),
            ("any(a=11)", Accumulator::Any(false)),
        ] {
            assert_eq!(accumulated(text, &events), expected, "{text}");
        }
    }

    #[test]
    fn an_empty_value_is_a_missing_one() {
        for text in ["first(a)", "last(a)", "count(a)", "sum(a)", "min(a)", "distinct(a)", "list(a)"] {
            assert_eq!(accumulated(text, &["", ""]), accumulated(text, &[]), "{text}");
        }
    }

    #[test]
    fn bounds_are_reached_before_they_are_marked() {
        assert_eq!(
            accumulated("distinct(a)", &["x", "y", "x"]),
            Accumulator::Distinct([bytes("x"), bytes("y")].into(), false)
        );
        assert_eq!(
            accumulated("list(a)", &["x", "y"]),
            Accumulator::List(vec![bytes("x"), bytes("y")], false)
        );
    }

    #[test]
    fn numbers_are_compared_as_numbers() {
        assert_eq!(accumulated("max(a)", &["9", "10", "-11"]), Accumulator::Extreme(Some(bytes("10"))));
        assert_eq!(accumulated("min(a)", &["9", "10", "-11"]), Accumulator::Extreme(Some(bytes("-11"))));
    }
}
