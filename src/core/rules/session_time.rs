//! Times in conditions on the start or the end of a session.

use crate::core::event::Timestamp;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

/// Parses `2020-01-01`, `2020-01-01 10:00`, `2020-01-01T10:00:00.5Z` or `2020-01-01T10:00:00+02:00`. A time without an offset
/// is UTC, like times in outputs.
///
/// # Errors
/// Why the text is not a time.
/// In words, for what is no time.
pub(super) fn session_time(text: &str) -> Result<Timestamp, String> {
    let read = moment_us(&text.replacen(' ', "T", 1)).and_then(Timestamp::from_us);
    read.ok_or_else(|| format!("'{text}' is not a time; times read like 2020-01-01T00:02:00Z or 2020-01-01"))
}

fn moment_us(text: &str) -> Option<i64> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.timestamp_micros());
    }
    let clock = |form| NaiveDateTime::parse_from_str(text, form).ok();
    let date = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|date| date.and_time(NaiveTime::MIN));
    let local = clock("%Y-%m-%dT%H:%M:%S%.f").or_else(|| clock("%Y-%m-%dT%H:%M")).or_else(date)?;
    Some(local.and_utc().timestamp_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_times_are_read_and_numbers_are_not() {
        for (text, time) in [
            ("2020-01-01", "2020-01-01T00:00:00Z"),
            ("2020-01-01 10:30", "2020-01-01T10:30:00Z"),
            ("2020-01-01T10:30:05", "2020-01-01T10:30:05Z"),
            ("2020-01-01 10:30:05.25", "2020-01-01T10:30:05.250000Z"),
            ("2020-01-01T10:30:05Z", "2020-01-01T10:30:05Z"),
            ("2020-01-01 10:30:05.000001+02:00", "2020-01-01T08:30:05.000001Z"),
        ] {
            assert_eq!(session_time(text).map(|time| time.to_string()), Ok(time.to_owned()), "{text}");
        }
        for text in ["", "2020", "1577836800", "20200101", "2020-02-31", "2020-01-01 25:00", "yesterday"] {
            assert!(session_time(text).is_err(), "{text}");
        }
    }
}
