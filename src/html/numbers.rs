//! Numbers for people.

use crate::core::rules::duration_text;
use std::time::Duration;

/// A count with a comma between each three digits.
pub(super) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with the sign of an estimate, if it is one.
pub(super) fn estimate(number: u64, is_estimate: bool) -> String {
    if is_estimate { format!("≈ {}", count(number)) } else { count(number) }
}

/// A share of a whole in percent, with one digit behind the point; a dash if there is no whole.
pub(super) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let per_mille = (u128::from(part) * 2_000 + u128::from(whole)) / (2 * u128::from(whole));
    if per_mille == 0 && part > 0 {
        "< 0.1 %".to_owned()
    } else {
        format!("{}.{} %", per_mille / 10, per_mille % 10)
    }
}

/// A duration to the second, or to the millisecond below one second.
pub(super) fn duration(us: i64) -> String {
    let sign = if us < 0 { "−" } else { "" };
    let whole = Duration::from_micros(us.unsigned_abs());
    let unit = if whole.as_secs() > 0 { 1_000_000 } else { 1_000 };
    let rounded = Duration::from_micros((us.unsigned_abs() + unit / 2) / unit * unit);
    if rounded.is_zero() { "0s".to_owned() } else { format!("{sign}{}", duration_text(rounded)) }
}

/// A mean with one digit behind the point; a dash if there is nothing.
pub(super) fn mean(sum: u64, of: u64) -> String {
    if of == 0 {
        return "–".to_owned();
    }
    let tenths = (u128::from(sum) * 20 + u128::from(of)) / (2 * u128::from(of));
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// The top of an axis: the next 1, 2 or 5 with zeros that is not below `most`.
pub(super) fn axis_top(most: u64) -> u64 {
    let mut unit: u64 = 1;
    loop {
        for step in [1, 2, 5] {
            let top = unit.saturating_mul(step);
            if top >= most {
                return top;
            }
        }
        unit = unit.saturating_mul(10);
    }
}

/// The top of an axis of seconds: the next length that clocks and calendars have a word for.
pub(super) fn axis_top_s(most: u64) -> u64 {
    const TOPS: [u64; 19] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
        172_800,
    ];
    let top = TOPS.into_iter().find(|&top| top >= most);
    top.unwrap_or_else(|| axis_top(most.div_ceil(86_400)).saturating_mul(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_that_people_write() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(
            [share(1, 3), share(0, 0), share(2_999, 3_000), share(1, 2_001)],
            ["33.3 %", "–", "100.0 %", "< 0.1 %"]
        );
        assert_eq!([mean(5, 2), mean(0, 0), mean(2, 3)], ["2.5", "–", "0.7"]);
        assert_eq!([duration(0), duration(1_499_999), duration(-90_000_000)], ["0s", "1s", "−1m 30s"]);
        assert_eq!(duration(12_345), "12ms");
        assert_eq!([0, 1, 3, 5, 6, 41, 501].map(axis_top), [1, 1, 5, 5, 10, 50, 1_000]);
        assert_eq!(axis_top(u64::MAX), u64::MAX);
        assert_eq!([0, 61, 8_018, 172_801].map(axis_top_s), [1, 120, 10_800, 5 * 86_400]);
    }
}
