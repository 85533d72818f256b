//! The shape of a time: shows whether a time at the end of a file is complete, and whether a number is a time at all.

use super::epoch::digits_with_exponent;

/// What the text of a time contains, as far as `auto` reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeShape {
    /// A number with this many digits before its point.
    Number {
        /// How many.
        digits: usize,
        /// Whether it is seconds, or parts of them, of a time before 1990.
        is_early: bool,
    },
    /// A date, with or without a time of day.
    Written {
        /// The number of parts of the time of day: none, hours and minutes, or seconds too.
        clock_parts: usize,
        /// The number of digits of the zone; `None` if there is none.
        zone_digits: Option<usize>,
    },
}

const DATE_BYTES: usize = 10;

impl TimeShape {
    /// The shape of a time without spaces around it. `is_early`: it is a number before 1990.
    pub(super) fn of(text: &[u8], is_early: bool) -> Self {
        if let Some(digits) = digits_with_exponent(text) {
            return Self::Number { digits, is_early };
        }
        let unsigned = text.strip_prefix(b"-").unwrap_or(text);
        if unsigned.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.')) {
            let digits = unsigned.iter().take_while(|&&byte| byte != b'.').count();
            return Self::Number { digits, is_early };
        }
        // Web servers put a colon between date and time of day; all others have one byte after ten.
        let logged = text.iter().position(|&byte| byte == b':').filter(|_| text.contains(&b'/'));
        let clock = text.get(logged.unwrap_or(DATE_BYTES) + 1..).unwrap_or_default();
        let of_clock = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b':' | b'.');
        let end = clock.iter().take_while(of_clock).count();
        let colons = memchr::memchr_iter(b':', &clock[..end]).count();
        let clock_parts = if clock.is_empty() { 0 } else { colons + 1 };
        let of_zone = clock[end..].iter().filter(|byte| byte.is_ascii_digit()).count();
        Self::Written { clock_parts, zone_digits: (end < clock.len()).then_some(of_zone) }
    }

    /// Whether it is a date, not a number.
    pub(super) const fn is_written(self) -> bool {
        matches!(self, Self::Written { .. })
    }

    /// Whether it may be a truncated time of the shape `whole`.
    pub fn lacks_part_of(self, whole: Self) -> bool {
        match (self, whole) {
            (Self::Number { digits, .. }, Self::Number { digits: all, .. }) => digits < all,
            // The year alone.
            (Self::Number { .. }, Self::Written { .. }) => true,
            (Self::Written { .. }, Self::Number { .. }) => false,
            (
                Self::Written { clock_parts, zone_digits },
                Self::Written { clock_parts: all, zone_digits: all_digits },
            ) => clock_parts < all || lacks_digits(zone_digits, all_digits),
        }
    }

    /// Whether it is a small number, and `usual` is not: a total among times.
    pub fn is_total_among(self, usual: Self) -> bool {
        let is_small = |shape| matches!(shape, Self::Number { is_early: true, .. });
        is_small(self) && !is_small(usual)
    }
}

/// Whether a zone with this many digits may be a truncated one with `all`. A word for UTC has none, and is complete.
fn lacks_digits(digits: Option<usize>, all: Option<usize>) -> bool {
    match (digits, all) {
        (None, all) => all.is_some(),
        (Some(digits), Some(all)) => digits > 0 && digits < all,
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::time::{TimeFormat, TimeParser};
    use proptest::prelude::*;
    use proptest::sample::select;

    fn shape(text: &str) -> TimeShape {
        TimeShape::of(text.as_bytes(), text.len() < 8)
    }

    #[test]
    fn what_a_time_says_is_counted() {
        for (text, clock_parts, zone_digits) in [
            ("2020-01-02", 0, None),
            ("2020-01-02 10:00", 2, None),
            ("2020-01-02T10:00:30", 3, None),
            ("2020-01-02T10:00:30.123", 3, None),
            ("2020-01-02T10:00:30.123Z", 3, Some(0)),
            ("2020-01-02T10:00+02:00", 2, Some(4)),
            ("2020-01-02 10:00:30 UTC", 3, Some(0)),
            ("02/Jan/2020:10:00:30 +0000", 3, Some(4)),
        ] {
            assert_eq!(shape(text), TimeShape::Written { clock_parts, zone_digits }, "{text}");
        }
        for (text, digits) in [("1577836800", 10), ("1577836800.25", 10), ("-5", 1), ("20200102", 8)] {
            assert_eq!(shape(text), TimeShape::Number { digits, is_early: digits < 8 }, "{text}");
        }
    }

    #[test]
    fn a_beginning_lacks_a_part_and_a_whole_time_does_not() {
        let whole = ["2020-01-02 10:00", "2020-01-02 10:00:30", "2020-01-02T10:00:30+02:00", "1577836800"];
        for (number, text) in whole.into_iter().enumerate() {
            assert!(!shape(text).lacks_part_of(shape(text)), "{text}");
            for cut in ["2020-01-02", "2020-01-02 10:00", "2020-01-02 10:00:30", "2020", "15778368"] {
                let is_cut = text.starts_with(cut) && cut.len() < text.len();
                if is_cut {
                    assert!(shape(cut).lacks_part_of(shape(text)), "{cut} of {text} {number}");
                }
            }
        }
        assert!(!shape("2020-01-02 10:00:30").lacks_part_of(shape("2020-01-02 10:00")));
        assert!(!shape("2020-01-02").lacks_part_of(shape("1577836800")));
    }

    #[test]
    fn a_total_is_a_small_number_among_others() {
        assert!(shape("3").is_total_among(shape("2020-01-02")));
        assert!(shape("3").is_total_among(shape("1577836800")));
        assert!(!shape("3").is_total_among(shape("44259.5")), "small numbers are usual there");
        assert!(!shape("2020-01-02").is_total_among(shape("1577836800")));
    }

    proptest! {
        /// A file that ends within its last time makes no event at another time, but for the digits of a fraction.
        #[test]
        fn a_time_that_is_cut_anywhere_is_no_time_or_lacks_a_part(
            second in 631_152_000_i64..4_000_000_000,
            form in select(vec![
                "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S+05:30",
                "%Y-%m-%d %H:%M:%S -0230", "%Y-%m-%d %H:%M:%S UTC", "%Y%m%d", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%s", "%s123",
                "%s123456", "%d/%b/%Y:%H:%M:%S +0530",
            ]),
            kept in 1_usize..40,
        ) {
            let whole = chrono::DateTime::from_timestamp(second, 0).unwrap().format(form).to_string();
            let cut = &whole[..kept.min(whole.len())];
            let mut times = TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC);
            let time = times.parse(whole.as_bytes());
            let usual = times.shape(whole.as_bytes()).unwrap();
            if let (Ok(read), Some(shape)) = (times.parse(cut.as_bytes()), times.shape(cut.as_bytes())) {
                prop_assert!(Ok(read) == time || shape.lacks_part_of(usual), "{} of {}", cut, whole);
                prop_assert!(cut != whole || !shape.lacks_part_of(usual), "{} is whole", whole);
            }
        }
    }
}
