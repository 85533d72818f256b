//! Decimal numbers as integers with one scale.

/// The digits of a number, and those after its point.
pub(in crate::output) const PRECISION: u8 = 38;
pub(in crate::output) const SCALE: i8 = 18;

/// The digits before and after the point.
const WHOLE_DIGITS: usize = 20;
const FRACTION_DIGITS: usize = 18;

/// The number in units of its last digit; `None` if it has more digits.
pub(in crate::output) fn unscaled(number: &str) -> Option<i128> {
    let unsigned = number.trim_start_matches(['+', '-']);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    if whole.len() > WHOLE_DIGITS || fraction.len() > FRACTION_DIGITS {
        return None;
    }
    let size: i128 = format!("{whole}{fraction:0<FRACTION_DIGITS$}").parse().ok()?;
    Some(if number.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_fits_unless_it_has_too_many_digits() {
        const ONE: i128 = 1_000_000_000_000_000_000;
        for (number, expected) in [
            ("0", Some(0)),
            ("-0.50", Some(-ONE / 2)),
            ("+7.", Some(7 * ONE)),
            (".000000000000000001", Some(1)),
            ("0007.1000000000000000000000", Some(71 * (ONE / 10))),
            ("99999999999999999999.999999999999999999", Some(10_i128.pow(38) - 1)),
            ("100000000000000000000", None),
            ("0.0000000000000000001", None),
        ] {
            assert_eq!(unscaled(number), expected, "{number}");
        }
    }
}
