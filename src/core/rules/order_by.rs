//! `--order-by`: the order of events at one instant.

use super::condition::Decimal;
use super::projected::{ProjectedColumn, ProjectedColumns};
use super::spec::FlagSpec;
use crate::core::event::Values;
use std::cmp::Ordering;

/// `--order-by`: the columns that order events at one instant.
pub(super) const ORDER_BY: FlagSpec = FlagSpec {
    name: "order-by",
    value: "COL[,COL...]",
    help: "Columns that order the events of a key at the same time, such as an index within the batch of a client; what is equal \
           stays in the order of arrival",
    repeats: false,
    canonical: canonical_columns,
};

fn canonical_columns(value: &str) -> Result<String, String> {
    if value.split(',').any(str::is_empty) {
        return Err(format!("'{value}' lacks a column: write the columns with one comma between them"));
    }
    Ok(value.to_owned())
}

/// The places of the columns, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderBy {
    places: Vec<usize>,
}

impl OrderBy {
    pub(super) fn compile(columns: &str, kept: &mut ProjectedColumns) -> Self {
        let place = |column| kept.demand(ProjectedColumn::column(column), |demand| demand.compared = true);
        Self { places: columns.split(',').map(place).collect() }
    }

    /// The order of two events at one instant. Equal ones stay in the order of arrival.
    pub(super) fn compare(&self, one: Values<'_>, other: Values<'_>) -> Ordering {
        let ranks = self.places.iter().map(|&place| (Rank::of(one.get(place)), Rank::of(other.get(place))));
        ranks.map(|(one, other)| one.cmp(&other)).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// The rank of a value: missing ones first, then numbers by value, then texts by their bytes.
///
/// A number and a text are never compared as texts: 2 < 10, 10 < 1a and 1a < 2 would be a circle.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank<'v> {
    Missing,
    Number(Decimal<'v>),
    Text(&'v [u8]),
}

impl<'v> Rank<'v> {
    fn of(value: &'v [u8]) -> Self {
        match Decimal::read(value) {
            _ if value.is_empty() => Self::Missing,
            Some(number) => Self::Number(number),
            None => Self::Text(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::push_value;
    use proptest::prelude::*;

    fn compare(columns: &str, one: &[&str], other: &[&str]) -> Ordering {
        let order = OrderBy::compile(columns, &mut ProjectedColumns::default());
        let [one, other] = [one, other].map(|values| {
            let mut payload = Vec::new();
            for value in values {
                assert!(push_value(&mut payload, value.as_bytes()));
            }
            payload
        });
        order.compare(Values::of(&one), Values::of(&other))
    }

    #[test]
    fn missing_values_come_first_then_numbers_then_texts() {
        let ordered = ["", "-3", "0.5", "2", "10", "10a", "1a", "Z", "a"];
        for (number, one) in ordered.iter().enumerate() {
            for (other_number, other) in ordered.iter().enumerate() {
                assert_eq!(compare("n", &[one], &[other]), number.cmp(&other_number), "{one} {other}");
            }
        }
        assert_eq!(compare("n", &["1"], &["1.00"]), Ordering::Equal);
    }

    #[test]
    fn the_next_column_decides_between_equal_values() {
        assert_eq!(compare("a,b", &["1", "x"], &["1.0", "y"]), Ordering::Less);
        assert_eq!(compare("a,b", &["2", "x"], &["1", "y"]), Ordering::Greater);
        assert_eq!(compare("a,b", &["1", ""], &["1", ""]), Ordering::Equal);
    }

    #[test]
    fn columns_without_a_name_are_none() {
        for wrong in ["", ",", "a,", ",a", "a,,b"] {
            assert!(canonical_columns(wrong).is_err(), "{wrong}");
        }
        assert_eq!(canonical_columns("a,3"), Ok("a,3".to_owned()));
    }

    proptest! {
        #[test]
        fn it_is_an_order(values in proptest::array::uniform3("[0-9a.-]{0,3}")) {
            let [a, b, c] = [0, 1, 2].map(|number: usize| values[number].as_str());
            prop_assert_eq!(compare("n", &[a], &[b]), compare("n", &[b], &[a]).reverse());
            if compare("n", &[a], &[b]).is_le() && compare("n", &[b], &[c]).is_le() {
                prop_assert!(compare("n", &[a], &[c]).is_le());
            }
        }
    }
}
