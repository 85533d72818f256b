//! The batches that should have come: days and hours that the paths of files name.

use crate::core::event::Timestamp;
use chrono::{DateTime, Datelike, NaiveDate};
use std::collections::BTreeSet;

const HOUR_S: i64 = 3_600;

/// Other digits are numbers of parts, or seconds since 1970 with ten digits from 1001 to 1899.
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2099;

/// How often a batch is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// One for each day.
    Daily,
    /// One for each hour.
    Hourly,
}

impl Interval {
    const fn seconds(self) -> i64 {
        match self {
            Self::Daily => 24 * HOUR_S,
            Self::Hourly => HOUR_S,
        }
    }

    /// The interval that the path of a file names last, as its number since 1970; `None` if it names none.
    fn named_in(self, path: &str) -> Option<i64> {
        let (day, hour) = last_date(path)?;
        match self {
            Self::Daily => Some(day),
            Self::Hourly => Some(day * 24 + i64::from(hour?)),
        }
    }

    fn text(self, number: i64) -> String {
        let pattern = if self == Self::Daily { "%Y-%m-%d" } else { "%Y-%m-%dT%H" };
        let start = DateTime::from_timestamp(number.saturating_mul(self.seconds()), 0);
        start.map_or_else(String::new, |start| start.format(pattern).to_string())
    }
}

/// The intervals of which no path is, from the first that a path names to the last that ended by `until`. `None` if no path names one.
pub(super) fn missing<'p>(
    paths: impl Iterator<Item = &'p str>,
    interval: Interval,
    until: Timestamp,
) -> Option<Vec<String>> {
    let named: BTreeSet<i64> = paths.filter_map(|path| interval.named_in(path)).collect();
    let end = until.us().div_euclid(interval.seconds() * 1_000_000);
    let expected = *named.first()?..end;
    Some(expected.filter(|number| !named.contains(number)).map(|number| interval.text(number)).collect())
}

/// The last date in a path, as days since 1970, and the hour behind it: `2020-01-31`, `20200131`, `2020/01/31`, `dt=2020-01-31/hour=07`,
/// `2020-01-31T07`, `2020013107`, `20200131-0730`.
fn last_date(path: &str) -> Option<(i64, Option<u32>)> {
    let numbers = numbers_of(path);
    (0..numbers.len()).rev().find_map(|first| date_at(&numbers[first..]))
}

/// A number in a path: its digits, and whether it stands so close behind the one before it that it may belong to the same date.
struct Number<'p> {
    digits: &'p str,
    is_close: bool,
}

fn numbers_of(path: &str) -> Vec<Number<'_>> {
    let is_other = |character: char| !character.is_ascii_digit();
    let mut end = 0;
    let digits = path.split(is_other).filter(|digits| !digits.is_empty());
    digits
        .map(|digits| {
            let start = digits.as_ptr().addr() - path.as_ptr().addr();
            let number = Number { digits, is_close: is_date_separator(&path[end..start]) };
            end = start + digits.len();
            number
        })
        .collect()
}

/// What may stand between the parts of a date: one character, or the folder of the next part, such as `/month=`.
fn is_date_separator(between: &str) -> bool {
    match between.as_bytes() {
        [b'-' | b'_' | b'.' | b'/' | b'T' | b' ' | b':'] => true,
        [b'/', name @ .., b'='] => name.iter().all(u8::is_ascii_alphabetic),
        _ => false,
    }
}

fn date_at(numbers: &[Number<'_>]) -> Option<(i64, Option<u32>)> {
    let close = |number: usize| numbers.get(number).filter(|number| number.is_close).map(|n| n.digits);
    let digits = numbers[0].digits;
    let (date, hour) = match digits.len() {
        8 => (digits.to_owned(), close(1)),
        10 | 12 | 14 => (digits[..8].to_owned(), Some(&digits[8..10])),
        4 => {
            let (month, day) = (close(1)?, close(2)?);
            (month.len() == 2 && day.len() == 2).then_some(())?;
            (format!("{digits}{month}{day}"), close(3))
        }
        _ => return None,
    };
    let date = NaiveDate::parse_from_str(&date, "%Y%m%d").ok().filter(|date| YEARS.contains(&date.year()))?;
    let hour = hour.filter(|text| [2, 4, 6].contains(&text.len())).and_then(|text| text[..2].parse().ok());
    let day = date.signed_duration_since(NaiveDate::default()).num_days();
    Some((day, hour.filter(|hour| *hour < 24)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from_us(DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()).unwrap()
    }

    fn named(interval: Interval, path: &str) -> Option<String> {
        interval.named_in(path).map(|number| interval.text(number))
    }

    #[test]
    fn a_path_names_its_last_date() {
        for path in [
            "in/2020-01-31.csv",
            "in/20200131.csv",
            "in/2020/01/31/part-0001.csv",
            "in/dt=2020-01-31/part-12.parquet",
            "in/dt=2020-01-31/events-1764123100.csv",
            "in/dt=2020-01-31/part-00010101.csv",
            "in/year=2020/month=01/day=31/x.csv",
            "old-2019-12-01/log.2020_01_31.gz",
            "access.log-20200131",
            "20200131T073000Z.csv",
            "s3://bucket/202001310715.csv",
        ] {
            assert_eq!(named(Interval::Daily, path).as_deref(), Some("2020-01-31"), "{path}");
        }
        for path in [
            "day.csv",
            "in/2020-13-01.csv",
            "in/2020-02-30.csv",
            "1234567.csv",
            "2020-1-3.csv",
            "2020.csv",
            "part-00010101.csv",
            "events-1764123100.csv",
        ] {
            assert_eq!(named(Interval::Daily, path), None, "{path}");
        }
    }

    #[test]
    fn an_hour_stands_behind_the_date() {
        for path in [
            "2020-01-31T07.csv",
            "2020-01-31-07.csv",
            "dt=2020-01-31/hour=07/part.csv",
            "2020013107.csv",
            "20200131-0730.csv",
            "2020-01-31_07:30:00.csv",
            "2020/01/31/07/a.csv",
        ] {
            assert_eq!(named(Interval::Hourly, path).as_deref(), Some("2020-01-31T07"), "{path}");
        }
        for path in ["2020-01-31.csv", "2020-01-31T24.csv", "2020-01-31/part-07.csv"] {
            assert_eq!(named(Interval::Hourly, path), None, "{path}");
        }
    }

    #[test]
    fn what_no_file_names_is_missing_until_its_end() {
        let paths = ["a-2020-01-01.csv", "a-2020-01-02.csv", "a-2020-01-05.csv", "other.csv"];
        let missing = |until| missing(paths.into_iter(), Interval::Daily, at(until)).unwrap();
        assert_eq!(missing("2020-01-06T00:00:00Z"), ["2020-01-03", "2020-01-04"]);
        assert_eq!(missing("2020-01-06T23:59:59Z"), ["2020-01-03", "2020-01-04"]);
        assert_eq!(missing("2020-01-07T00:00:00Z"), ["2020-01-03", "2020-01-04", "2020-01-06"]);
        assert_eq!(missing("2020-01-03T23:00:00Z"), Vec::<String>::new());
        assert_eq!(missing("2019-06-01T00:00:00Z"), Vec::<String>::new());
        assert_eq!(super::missing(["x.csv"].into_iter(), Interval::Daily, at("2020-01-06T00:00:00Z")), None);
        let hours = ["2020-01-01T22", "2020-01-02T01"].into_iter();
        assert_eq!(
            super::missing(hours, Interval::Hourly, at("2020-01-02T02:30:00Z")).unwrap(),
            ["2020-01-01T23", "2020-01-02T00"]
        );
    }
}
