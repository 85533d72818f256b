//! Natural order of names: `events.2.csv` before `events.10.csv`.

use std::cmp::Ordering;

/// The order of two names: consecutive digits are one number, everything else is in the order of bytes.
pub(super) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let (mut left, mut right) = (one, other);
    while let ([first, ..], [second, ..]) = (left, right) {
        let order = if first.is_ascii_digit() && second.is_ascii_digit() {
            split_number(&mut left).cmp(&split_number(&mut right))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            first.cmp(second)
        };
        if order.is_ne() {
            return order;
        }
    }
    // Names that differ only in leading zeros are different names.
    left.len().cmp(&right.len()).then_with(|| one.cmp(other))
}

/// Sorts names in natural order.
#[cfg(feature = "parquet")]
pub fn sort_names(names: &mut [String]) {
    names.sort_by(|one, other| compare(one.as_bytes(), other.as_bytes()));
}

/// Splits the leading digits off: their number without leading zeros, and the digits.
fn split_number<'n>(name: &mut &'n [u8]) -> (usize, &'n [u8]) {
    let end = name.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(name.len());
    let (mut digits, rest) = name.split_at(end);
    *name = rest;
    while let [b'0', rest @ ..] = digits {
        digits = rest;
    }
    (digits.len(), digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_count_and_everything_else_is_bytes() {
        let ordered = [
            "a",
            "a.0",
            "a.00",
            "a.01",
            "a.1",
            "a.2",
            "a.10",
            "a.10.b1",
            "a.10.b9",
            "a.10.b12",
            "a.99999999999999999999999",
            "a.100000000000000000000000",
            "a.csv",
            "b1",
        ];
        for (number, one) in ordered.iter().enumerate() {
            for (other_number, other) in ordered.iter().enumerate() {
                let order = compare(one.as_bytes(), other.as_bytes());
                assert_eq!(order.is_lt(), number < other_number, "{one} {other}");
                assert_eq!(order.is_eq(), number == other_number, "{one} {other}");
            }
        }
    }

    proptest! {
        #[test]
        fn it_is_an_order(names in proptest::array::uniform3("[a0-3]{0,4}")) {
            let [a, b, c] = [0, 1, 2].map(|number: usize| names[number].as_bytes());
            prop_assert_eq!(compare(a, b), compare(b, a).reverse());
            prop_assert_eq!(compare(a, b).is_eq(), a == b);
            if compare(a, b).is_le() && compare(b, c).is_le() {
                prop_assert!(compare(a, c).is_le());
            }
        }
    }
}
