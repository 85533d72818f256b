//! Decimal numbers, compared and normalized without arithmetic.

use crate::core::aggregates::is_number;
use std::cmp::Ordering;
use std::fmt;

/// A number without redundant zeros. It borrows its digits, so parsing and comparing allocate nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core::rules) struct Decimal<'t> {
    is_negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
}

impl<'t> Decimal<'t> {
    /// The number in `text`; `None` if it is not one.
    pub(in crate::core::rules) fn read(text: &'t [u8]) -> Option<Self> {
        if !is_number(text) {
            return None;
        }
        let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
        let point = unsigned.iter().position(|&byte| byte == b'.').unwrap_or(unsigned.len());
        let (mut whole, rest) = unsigned.split_at(point);
        let mut fraction = rest.get(1..).unwrap_or_default();
        while let [b'0', rest @ ..] = whole {
            whole = rest;
        }
        while let [rest @ .., b'0'] = fraction {
            fraction = rest;
        }
        let is_zero = whole.is_empty() && fraction.is_empty();
        Some(Self { is_negative: text.starts_with(b"-") && !is_zero, whole, fraction })
    }

    fn cmp_magnitude(&self, other: &Self) -> Ordering {
        // Without leading zeros, more digits are more; without trailing zeros, a longer fraction is more.
        let whole = self.whole.len().cmp(&other.whole.len()).then_with(|| self.whole.cmp(other.whole));
        whole.then_with(|| self.fraction.cmp(other.fraction))
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Decimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.is_negative { "-" } else { "" };
        let whole = if self.whole.is_empty() { b"0" } else { self.whole };
        write!(f, "{sign}{}", whole.escape_ascii())?;
        if self.fraction.is_empty() { Ok(()) } else { write!(f, ".{}", self.fraction.escape_ascii()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_one_worth_have_one_form() {
        for (text, form) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("+007.50", "7.5"),
            ("5.", "5"),
            (".5", "0.5"),
            ("-00.10", "-0.1"),
            ("100", "100"),
        ] {
            assert_eq!(
                Decimal::read(text.as_bytes()).map(|number| number.to_string()),
                Some(form.to_owned())
            );
        }
        for text in ["", "1e3", "n/a", "2020-01-01", "1,5"] {
            assert_eq!(Decimal::read(text.as_bytes()), None, "{text}");
        }
    }

    /// The number times ten thousand, of a text with at most four decimals.
    fn scaled(text: &str) -> i64 {
        let unsigned = text.trim_start_matches(['+', '-']);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let number: i64 = format!("0{whole}{fraction:0<4}").parse().unwrap();
        if text.starts_with('-') { -number } else { number }
    }

    proptest! {
        #[test]
        fn they_are_in_the_order_of_numbers(
            one in "[+-]?[0-9]{1,4}(\\.[0-9]{0,4})?",
            other in "[+-]?[0-9]{0,4}\\.[0-9]{1,4}",
        ) {
            let [a, b] = [&one, &other].map(|text| Decimal::read(text.as_bytes()).unwrap());
            prop_assert_eq!(a.cmp(&b), scaled(&one).cmp(&scaled(&other)), "{} {}", one, other);
            prop_assert_eq!(scaled(&a.to_string()), scaled(&one));
        }
    }

    #[test]
    fn the_operators_compare_as_the_order_does() {
        let number = |text: &'static str| Decimal::read(text.as_bytes()).unwrap();
        assert!(number("9.5") < number("10") && number("-10") < number("-9.5"));
        assert!(number("10.0") <= number("10") && number("10") >= number("10.0"));
    }
}
