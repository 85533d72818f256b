//! Pieces of local time, by their numbers.

use crate::core::event::Timestamp;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

const HOUR_US: i64 = 3_600_000_000;
const DAY_HOURS: i64 = 24;

/// The clock of one zone.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    /// The zone.
    pub zone: Tz,
}

impl Calendar {
    /// The hours on the clocks of the zone, counted from 1970. When clocks are put back, two hours have one number.
    pub(super) fn hour(self, time: Timestamp) -> i64 {
        let offset_s = DateTime::<Utc>::from_timestamp_micros(time.us())
            .map_or(0, |utc| self.zone.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc());
        (time.us() + i64::from(offset_s) * 1_000_000).div_euclid(HOUR_US)
    }

    /// A time on the clocks of the zone, to the second.
    pub fn text(self, time: Timestamp) -> String {
        let local =
            DateTime::<Utc>::from_timestamp_micros(time.us()).map(|utc| utc.with_timezone(&self.zone));
        local.map_or_else(|| time.to_string(), |local| local.format("%Y-%m-%d %H:%M:%S").to_string())
    }
}

/// The length of the pieces, from the shortest to the longest. Each lies in one of the next: weeks do not lie in months, so there are
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month.
    Month,
    /// A year.
    Year,
    /// A hundred years.
    Century,
}

impl Unit {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
            Self::Century => "century",
        }
    }

    /// The next longer unit, if a time line of so many pieces is too long for this one.
    pub(super) const fn longer_for(self, pieces: i64) -> Option<Self> {
        let (most, longer) = match self {
            Self::Hour => (8 * DAY_HOURS, Self::Day),
            Self::Day => (400, Self::Month),
            Self::Month => (600, Self::Year),
            Self::Year => (600, Self::Century),
            Self::Century => return None,
        };
        if pieces > most { Some(longer) } else { None }
    }

    /// The number of the piece that has this hour.
    pub(super) fn of_hour(self, hour: i64) -> i64 {
        let days = hour.div_euclid(DAY_HOURS);
        match self {
            Self::Hour => hour,
            Self::Day => days,
            Self::Month => {
                date(days).map_or(0, |date| i64::from(date.year()) * 12 + i64::from(date.month0()))
            }
            Self::Year => date(days).map_or(0, |date| i64::from(date.year())),
            Self::Century => date(days).map_or(0, |date| i64::from(date.year()).div_euclid(100)),
        }
    }

    /// The first hour of a piece.
    pub(super) fn first_hour(self, number: i64) -> i64 {
        let of_date = |year: i64, month0: i64| {
            let year = i32::try_from(year).unwrap_or(0);
            let first = NaiveDate::from_ymd_opt(year, u32::try_from(month0).unwrap_or(0) + 1, 1);
            first.map_or(0, |first| first.signed_duration_since(NaiveDate::default()).num_hours())
        };
        match self {
            Self::Hour => number,
            Self::Day => number * DAY_HOURS,
            Self::Month => of_date(number.div_euclid(12), number.rem_euclid(12)),
            Self::Year => of_date(number, 0),
            // There is no year 0 in a calendar with centuries of years that are written.
            Self::Century => of_date((number * 100).max(1), 0),
        }
    }

    /// The text of a piece: where it begins.
    pub fn text(self, number: i64) -> String {
        let begin = NaiveDateTime::default() + TimeDelta::hours(self.first_hour(number));
        let form = match self {
            Self::Hour => "%Y-%m-%d %H:00",
            Self::Day => "%Y-%m-%d",
            Self::Month => "%Y-%m",
            Self::Year | Self::Century => "%Y",
        };
        begin.format(form).to_string()
    }
}

fn date(days: i64) -> Option<NaiveDate> {
    let epoch = NaiveDate::default();
    let apart = Days::new(days.unsigned_abs());
    if days < 0 { epoch.checked_sub_days(apart) } else { epoch.checked_add_days(apart) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(zone: Tz, text: &str) -> i64 {
        let us = DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        Calendar { zone }.hour(Timestamp::from_us(us).unwrap())
    }

    #[test]
    fn a_piece_has_the_local_hours_from_its_beginning_to_the_next() {
        let new_year = hour(Tz::Europe__Paris, "2019-12-31T23:30:00Z");
        let texts: Vec<String> = [Unit::Hour, Unit::Day, Unit::Month, Unit::Year, Unit::Century]
            .into_iter()
            .map(|unit| unit.text(unit.of_hour(new_year)))
            .collect();
        assert_eq!(texts, ["2020-01-01 00:00", "2020-01-01", "2020-01", "2020", "2000"]);
        let before = hour(Tz::UTC, "0001-01-01T00:00:00Z");
        for unit in [Unit::Day, Unit::Month, Unit::Year, Unit::Century] {
            for hour in [new_year, 0, -1, before, before + 1, 70_000_000] {
                let number = unit.of_hour(hour);
                assert!(unit.first_hour(number) <= hour, "{unit:?} {hour}");
                assert!(hour < unit.first_hour(number + 1), "{unit:?} {hour}");
            }
        }
    }

    #[test]
    fn an_hour_that_clocks_repeat_has_one_number() {
        let of = |text| hour(Tz::Europe__Paris, text);
        assert_eq!(of("2020-10-25T00:30:00Z"), of("2020-10-25T01:30:00Z"));
        assert_eq!(of("2020-03-29T00:30:00Z") + 2, of("2020-03-29T01:30:00Z"));
    }
}
