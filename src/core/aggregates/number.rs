//! Exact decimal numbers.

use bigdecimal::BigDecimal;

/// The longest number that is accepted. Longer ones are no measurements, and their sums would not be bounded.
const MAX_DIGITS: usize = 64;

/// Whether `text` is a number for aggregates: sign, digits, point, digits; no exponent, no separators.
pub fn is_number(text: &[u8]) -> bool {
    has_at_most(MAX_DIGITS, text)
}

/// Whether `text` is a number with at most this many digits.
fn has_at_most(max_digits: usize, text: &[u8]) -> bool {
    let unsigned = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let (mut digits, mut points) = (0, 0);
    for byte in unsigned {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => points += 1,
            _ => return false,
        }
    }
    (1..=max_digits).contains(&digits) && points <= 1
}

/// The number in `text`; `None` if it is not one.
pub(super) fn number(text: &[u8]) -> Option<BigDecimal> {
    if !is_number(text) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The number that an aggregate has kept as `text`. It may have more digits than an input may have. `None` if it is not one.
pub(super) fn restored(text: Vec<u8>) -> Option<BigDecimal> {
    let is_kept = has_at_most(usize::MAX, &text);
    String::from_utf8(text).ok().filter(|_| is_kept)?.parse().ok()
}

/// A number with its original text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    text: String,
    number: BigDecimal,
}

impl Written {
    /// The number in `text`; `None` if it is not one.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let number = number(text)?;
        let text = String::from_utf8(text.to_vec()).ok()?;
        Some(Self { text, number })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) const fn number(&self) -> &BigDecimal {
        &self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_has_no_exponent_and_no_separators() {
        assert!([&b"12"[..], b"-0.50", b"+7.", b".5"].iter().all(|text| is_number(text)));
        assert!([&b""[..], b"1e3", b"1,5", b"NaN", b" 1", b"."].iter().all(|text| !is_number(text)));
    }

    #[test]
    fn sums_are_exact() {
        let sum: BigDecimal =
            [&b"0.1"[..], b"0.2", b"-.05", b"+7."].iter().filter_map(|text| number(text)).sum();
        assert_eq!(sum.to_plain_string(), "7.25");
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_read(text in "[+-]?[0-9.]{0,70}") {
            prop_assert_eq!(is_number(text.as_bytes()), number(text.as_bytes()).is_some());
        }
    }
}
