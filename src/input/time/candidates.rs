//! The formats that read the times of a column, from its values: for advice, never for a run.

use super::known::KNOWN;
use super::{TimeFormat, TimeParser};
use crate::core::event::Timestamp;
use chrono_tz::Tz;
use std::ops::Range;

/// The years 1900 to 2099: a pattern that reads other times misreads the values.
const WRITTEN_US: Range<i64> = -2_208_988_800_000_000..4_102_444_800_000_000;

/// The years 1990 to 2099: a smaller number is a count or a part of a date, a larger one an id.
const NUMBER_US: Range<i64> = 631_152_000_000_000..4_102_444_800_000_000;

/// One of this many values may be something else in a column of times.
const VALUES_PER_EXCEPTION: usize = 10;
/// One of this many values may be something else in a possible column of times.
const VALUES_PER_DOUBT: usize = 2;

/// The number of values that select the formats to try.
const ASKED_VALUES: usize = 3;

/// The formats that read the values of a column of times, the most likely one first; none if it is not a column of times.
/// [`TimeFormat::Auto`] alone if it reads them, and nothing else for numbers. Two formats that differ in the order of day and
/// month are both returned, the one in which the values are in order first.
///
/// Tries each known format on three values, and the matching ones on all.
pub fn formats_of_column(values: &[&[u8]]) -> Vec<TimeFormat> {
    if are_times(values, &TimeFormat::Auto, Tz::UTC) {
        return vec![TimeFormat::Auto];
    }
    if values.iter().all(|value| is_number(value)) {
        return Vec::new();
    }
    let patterns = KNOWN.iter().filter(|format| format.contains('%'));
    let patterns = patterns.map(|pattern| TimeFormat::Strftime((*pattern).to_owned()));
    let reads_one = |format: &TimeFormat| {
        let mut parser = TimeParser::new(format, Tz::UTC);
        values.iter().take(ASKED_VALUES).any(|value| parser.parse(value).is_ok())
    };
    let mut found: Vec<TimeFormat> =
        patterns.filter(reads_one).filter(|format| are_times(values, format, Tz::UTC)).collect();
    found.sort_by_key(|format| descents(values, format));
    found
}

/// Whether `values` are those of a column of times: `format` reads nine of ten, and they are not numbers that are more likely
/// something else. An explicit format is trusted.
pub fn are_times(values: &[&[u8]], format: &TimeFormat, zone: Tz) -> bool {
    !values.is_empty() && others_than_times(values, format, zone) * VALUES_PER_EXCEPTION <= values.len()
}

/// Whether `values` may be those of a column of times with some broken ones: half of them are read, and plausible as in
/// [`are_times`].
pub fn may_be_times(values: &[&[u8]], format: &TimeFormat, zone: Tz) -> bool {
    !values.is_empty() && others_than_times(values, format, zone) * VALUES_PER_DOUBT <= values.len()
}

/// How many of `values` are not times, or not plausible ones.
fn others_than_times(values: &[&[u8]], format: &TimeFormat, zone: Tz) -> usize {
    let mut parser = TimeParser::new(format, zone);
    let believes_all = !matches!(format, TimeFormat::Auto | TimeFormat::Strftime(_));
    let is_time = |value: &&&[u8]| {
        let is_believable = |time: Timestamp| believes_all || believable_us(value).contains(&time.us());
        parser.parse(value).is_ok_and(is_believable)
    };
    values.len() - values.iter().filter(is_time).count()
}

fn believable_us(value: &[u8]) -> Range<i64> {
    if is_number(value) { NUMBER_US } else { WRITTEN_US }
}

fn is_number(value: &[u8]) -> bool {
    std::str::from_utf8(value).is_ok_and(|text| text.trim().parse::<f64>().is_ok())
}

/// How often a value is earlier than the previous one.
fn descents(values: &[&[u8]], format: &TimeFormat) -> usize {
    let mut parser = TimeParser::new(format, Tz::UTC);
    let times: Vec<Timestamp> = values.iter().filter_map(|value| parser.parse(value).ok()).collect();
    times.windows(2).filter(|pair| pair[1] < pair[0]).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formats(values: &[&str]) -> Vec<String> {
        let values: Vec<&[u8]> = values.iter().map(|value| value.as_bytes()).collect();
        formats_of_column(&values).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_auto_reads_needs_no_other() {
        for value in ["2020-01-01", "1577836800", "1577836800123", "20200101", "2020-01-01T00:00:00Z"] {
            assert_eq!(formats(&[value]), ["auto"], "{value}");
        }
    }

    #[test]
    fn usual_forms_are_read_by_one_format() {
        for (value, format) in [
            ("01/13/2020 10:00:00", "%m/%d/%Y %H:%M:%S"),
            ("13/01/2020 10:00", "%d/%m/%Y %H:%M"),
            ("13.01.2020", "%d.%m.%Y"),
            ("1/13/2020 9:05:00 PM", "%m/%d/%Y %I:%M:%S %p"),
            ("Jan 13, 2020, 9:05:00 PM", "%b %d, %Y, %I:%M:%S %p"),
            ("2020-01-13 10:00:00,123", "%Y-%m-%d %H:%M:%S,%3f"),
            ("Mon Jan 13 10:00:00 2020", "%a %b %d %H:%M:%S %Y"),
            ("20200113T100000Z", "%Y%m%dT%H%M%S%#z"),
        ] {
            assert_eq!(formats(&[value]), [format], "{value}");
        }
    }

    #[test]
    fn further_values_decide_between_day_and_month() {
        assert_eq!(formats(&["01/02/2020"]), ["%m/%d/%Y", "%d/%m/%Y"]);
        assert_eq!(formats(&["01/02/2020", "01/13/2020"]), ["%m/%d/%Y"]);
        assert_eq!(formats(&["05/01/2020", "06/01/2020", "01/02/2020"]), ["%d/%m/%Y", "%m/%d/%Y"]);
        assert_eq!(formats(&["01/02/20"]), ["%m/%d/%y", "%d/%m/%y"]);
    }

    #[test]
    fn numbers_that_are_more_likely_something_else_are_no_times() {
        for value in ["1", "12", "2013", "86400", "631151999", "4102444800", "9999999999", "-5"] {
            assert!(formats(&[value]).is_empty(), "{value}");
        }
        assert_eq!(formats(&["631152000"]), ["auto"]);
        let seconds: TimeFormat = "epoch-s".parse().unwrap();
        assert!(are_times(&[b"1"], &seconds, Tz::UTC), "a format that was asked for is believed");
    }

    #[test]
    fn one_of_ten_values_may_be_something_else() {
        let times = ["2020-01-01"; 9];
        assert_eq!(formats(&[&times[..], &["n/a"]].concat()), ["auto"]);
        assert!(formats(&[&times[..8], &["n/a"]].concat()).is_empty());
        let half: [&[u8]; 2] = [b"2020-01-01", b"n/a"];
        assert!(may_be_times(&half, &TimeFormat::Auto, Tz::UTC));
        assert!(!may_be_times(&[half[0], half[1], b"never"], &TimeFormat::Auto, Tz::UTC));
        for value in ["", "user_0000", "EST", "10:00:00", "/a/b"] {
            assert!(formats(&[value]).is_empty(), "{value}");
        }
        assert!(formats(&[]).is_empty());
    }
}
