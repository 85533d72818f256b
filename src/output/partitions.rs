//! Outputs by date: each day of a time zone has a folder, named as Hive names partitions.

use crate::core::event::Timestamp;
use crate::core::session::{Session, SessionBatch};
use chrono::{DateTime, NaiveDate};
use chrono_tz::Tz;
use std::collections::BTreeMap;

/// The column that the folders stand for.
pub(super) const COLUMN: &str = "session_date";

/// How sessions and events are divided: by the day on which their session starts, in this time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatePartitions {
    zone: Tz,
}

impl DatePartitions {
    /// Days of `zone`.
    pub const fn of_zone(zone: Tz) -> Self {
        Self { zone }
    }

    /// The sessions of each day, in the order in which they stand in `sessions`. Copies all of them.
    pub fn split(self, sessions: &SessionBatch) -> BTreeMap<OutputDate, SessionBatch> {
        sessions.split_by(|session: &Session<'_>| self.date_of(session.start))
    }

    fn date_of(self, start: Timestamp) -> OutputDate {
        let utc = DateTime::from_timestamp_micros(start.us()).unwrap_or_default();
        // Local days before the year 1 and after 9999 have no form with four digits of the year.
        let date = utc.with_timezone(&self.zone).date_naive();
        OutputDate(date.clamp(first_date(), last_date()))
    }
}

/// A day of the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputDate(NaiveDate);

impl OutputDate {
    /// The name of its folder: `session_date=2020-01-01`.
    pub(super) fn folder_name(self) -> String {
        format!("{COLUMN}={}", self.0)
    }

    /// The day whose folder has this name.
    pub(super) fn of_folder(name: &str) -> Option<Self> {
        let date = Self(name.strip_prefix(COLUMN)?.strip_prefix('=')?.parse().ok()?);
        let is_in_range = (first_date()..=last_date()).contains(&date.0);
        (is_in_range && date.folder_name() == name).then_some(date)
    }
}

fn first_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or(NaiveDate::MIN)
}

fn last_date() -> NaiveDate {
    NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(NaiveDate::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(zone: Tz, time: &str) -> String {
        let us = DateTime::parse_from_rfc3339(time).unwrap().timestamp_micros();
        DatePartitions::of_zone(zone).date_of(Timestamp::from_us(us).unwrap()).folder_name()
    }

    #[test]
    fn a_day_is_that_of_the_zone() {
        assert_eq!(folder(Tz::UTC, "2020-01-01T23:59:59.999999Z"), "session_date=2020-01-01");
        assert_eq!(folder(Tz::Asia__Tokyo, "2020-01-01T15:00:00Z"), "session_date=2020-01-02");
        assert_eq!(folder(Tz::America__New_York, "2020-01-01T04:59:59Z"), "session_date=2019-12-31");
        assert_eq!(folder(Tz::America__New_York, "0001-01-01T00:00:00Z"), "session_date=0001-01-01");
        assert_eq!(folder(Tz::Asia__Tokyo, "9999-12-31T23:59:59Z"), "session_date=9999-12-31");
    }

    #[test]
    fn only_the_name_that_is_written_is_read() {
        let read = |name: &str| OutputDate::of_folder(name).map(OutputDate::folder_name);
        for day in ["0001-01-01", "2020-02-29", "9999-12-31"] {
            let name = format!("session_date={day}");
            assert_eq!(read(&name), Some(name));
        }
        for wrong in
            ["2020-02-30", "2020-1-1", "+2020-01-01", "0000-01-01", "2020-01-01 ", "", "..", "2020-01-01/.."]
        {
            assert_eq!(read(&format!("session_date={wrong}")), None, "{wrong}");
        }
        assert_eq!(read("date=2020-01-01"), None);
    }
}
