//! The usual forms of times in logs and exports, to find the `--time-format` that reads a text which is not yet read.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "days from 1990 to 2100, all others are dropped"
)]

use super::{TimeFormat, TimeParser};
use crate::core::event::Timestamp;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;

/// The formats to try, the usual ones first. Of two that mean different days both are here: one value does not show which is
/// right.
/// is right cannot be seen in one value.
pub(super) const KNOWN: [&str; 58] = [
    "auto",
    "epoch-s",
    "epoch-ms",
    "epoch-us",
    "%d/%b/%Y:%H:%M:%S %z",
    "[%d/%b/%Y:%H:%M:%S %z]",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %I:%M %p",
    "%m/%d/%Y, %I:%M:%S %p",
    "%d/%m/%Y, %H:%M:%S",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%m/%d/%y %H:%M:%S",
    "%d/%m/%y %H:%M:%S",
    "%m/%d/%y %H:%M",
    "%d/%m/%y %H:%M",
    "%m/%d/%y",
    "%d/%m/%y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y, %H:%M:%S",
    "%d.%m.%Y",
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S,%3f",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d_%H:%M:%S",
    "%Y-%m-%d-%H.%M.%S%.f",
    "%Y%m%d %H%M%S",
    "%Y%m%dT%H%M%S",
    "%Y%m%dT%H%M%S%#z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%a, %d %b %Y %H:%M:%S %Z",
    "%a %b %d %H:%M:%S %Y",
    "%a %b %d %H:%M:%S %Z %Y",
    "%d %b %Y %H:%M:%S",
    "%d %b %Y %H:%M",
    "%d %b %Y",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y",
    "%b %d, %Y %I:%M:%S %p",
    "%b %d, %Y %H:%M:%S",
    "%b %d, %Y, %I:%M:%S %p",
    "%b %d, %Y",
    "%y%m%d",
    "%y%m%d %H:%M:%S",
];

/// A time before it is more often another kind of number.
const FIRST_PLAUSIBLE_US: i64 = 631_152_000_000_000;

/// The first formats besides `asked` that read `text` as a time from 1990 to `latest`, at most two. Times without an offset are
/// local times of `zone`. Costs a try of each known format.
pub fn formats_that_read(text: &[u8], asked: &TimeFormat, zone: Tz, latest: Timestamp) -> Vec<&'static str> {
    let plausible = FIRST_PLAUSIBLE_US..=latest.us();
    let reads = |known: &&str| {
        let format: Option<TimeFormat> = known.parse().ok().filter(|format| format != asked);
        let time = format.and_then(|format| TimeParser::new(&format, zone).parse(text).ok());
        time.is_some_and(|time| plausible.contains(&time.us()))
    };
    KNOWN.into_iter().filter(reads).take(2).collect()
}

/// The date of `text`, if it counts days since 1900 as spreadsheets do in a column without a date format; `None` before 1990,
/// and if it is not a number. No `--time-format` reads such days.
pub fn spreadsheet_day(text: &[u8]) -> Option<String> {
    let days: f64 = str::from_utf8(text).ok()?.trim().parse().ok()?;
    let is_plausible = (FIRST_DAY..LAST_DAY).contains(&days);
    let day = NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days as u64))?;
    is_plausible.then(|| day.to_string())
}

/// The days of 1990-01-01 and 2100-01-01.
const FIRST_DAY: f64 = 32_874.0;
const LAST_DAY: f64 = 73_051.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn formats(text: &str, asked: &str) -> Vec<&'static str> {
        let latest = Timestamp::from_us(1_700_000_000_000_000).unwrap();
        formats_that_read(text.as_bytes(), &asked.parse().unwrap(), chrono_tz::UTC, latest)
    }

    #[test]
    fn every_known_format_is_one_and_stands_once() {
        for (number, known) in KNOWN.iter().enumerate() {
            assert!(known.parse::<TimeFormat>().is_ok(), "{known}");
            assert!(!KNOWN[..number].contains(known), "{known}");
        }
    }

    #[test]
    fn the_form_of_a_text_is_known() {
        for (text, expected) in [
            ("04/Mar/2021:10:00:00 +0200", "%d/%b/%Y:%H:%M:%S %z"),
            ("[04/Mar/2021:10:00:00 +0200]", "[%d/%b/%Y:%H:%M:%S %z]"),
            ("24/12/2020 18:30", "%d/%m/%Y %H:%M"),
            ("12/24/2020 6:30:05 PM", "%m/%d/%Y %I:%M:%S %p"),
            ("24.12.2020 18:30:05", "%d.%m.%Y %H:%M:%S"),
            ("2020/12/24 18:30:05", "%Y/%m/%d %H:%M:%S"),
            ("2020-12-24 18:30:05,123", "%Y-%m-%d %H:%M:%S,%3f"),
            ("Thu, 24 Dec 2020 18:30:05 +0000", "%a, %d %b %Y %H:%M:%S %z"),
            ("Thu, 24 Dec 2020 18:30:05 GMT", "%a, %d %b %Y %H:%M:%S %Z"),
            ("Thu Dec 24 18:30:05 2020", "%a %b %d %H:%M:%S %Y"),
            ("24-Dec-2020", "%d-%b-%Y"),
            ("Dec 24, 2020 6:30:05 PM", "%b %d, %Y %I:%M:%S %p"),
            ("20201224T183005Z", "%Y%m%dT%H%M%S%#z"),
            ("201224", "%y%m%d"),
        ] {
            assert_eq!(formats(text, "auto").first(), Some(&expected), "{text}");
        }
    }

    #[test]
    fn what_is_ambiguous_has_two_formats_and_nonsense_none() {
        assert_eq!(formats("01/02/2020 10:00", "auto"), ["%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"]);
        for text in ["", "yesterday", "EST", "1", "44259.33", "24/24/2020", "2030/01/01", "01/01/1980"] {
            assert_eq!(formats(text, "auto"), <[&str; 0]>::default(), "{text}");
        }
    }

    #[test]
    fn days_of_a_spreadsheet_are_dates_from_1990_on() {
        for (text, day) in [
            ("44259.3333333", Some("2021-03-04")),
            (" 32874 ", Some("1990-01-01")),
            ("73050.99", Some("2099-12-31")),
            ("32873", None),
            ("73051", None),
            ("1", None),
            ("-44259", None),
            ("NaN", None),
            ("2021-03-04", None),
        ] {
            assert_eq!(spreadsheet_day(text.as_bytes()).as_deref(), day, "{text}");
        }
    }

    #[test]
    fn a_number_of_another_unit_is_read_by_its_own() {
        assert_eq!(formats("1600000000000", "epoch-s"), ["auto", "epoch-ms"]);
        assert_eq!(formats("1600000000", "epoch-ms"), ["auto", "epoch-s"]);
        assert_eq!(formats("2020-09-13", "%d/%m/%Y"), ["auto"]);
    }
}
