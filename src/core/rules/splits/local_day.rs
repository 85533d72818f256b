//! Days of a time zone, for sessions that end at midnight.

use crate::core::event::Timestamp;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

const SECOND_US: i64 = 1_000_000;

/// The first instant of the local day after the day of `time`.
///
/// If the change to summer time skips midnight, the day begins with the first instant that exists. If the clock is set back
/// across midnight, the day begins with the first of the two midnights: the repeated hour belongs to the new day.
pub(super) fn next_midnight(time: Timestamp, zone: Tz) -> Timestamp {
    let Some(utc) = DateTime::from_timestamp_micros(time.us()) else { return Timestamp::MAX };
    let shown = utc.with_timezone(&zone).date_naive();
    let start_in = |days| day_start(shown.checked_add_days(Days::new(days))?, zone);
    match start_in(1) {
        Some(next) if next > time => next,
        // The calendar shows the previous day for one hour more.
        Some(_) => start_in(2).unwrap_or(Timestamp::MAX),
        None => Timestamp::MAX,
    }
}

fn day_start(date: NaiveDate, zone: Tz) -> Option<Timestamp> {
    let midnight = date.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight).earliest() {
        Some(first) => Timestamp::from_us(first.timestamp_micros()),
        None => skipped_day_start(date, midnight.and_utc().timestamp(), zone),
    }
}

/// The second at which the date becomes `date` or later, within a day before or after `near`.
fn skipped_day_start(date: NaiveDate, near: i64, zone: Tz) -> Option<Timestamp> {
    let has_begun = |second: i64| {
        DateTime::from_timestamp(second, 0).is_some_and(|utc| utc.with_timezone(&zone).date_naive() >= date)
    };
    let (mut before, mut after) = (near - 86_400, near + 86_400);
    while after - before > 1 {
        let middle = before.midpoint(after);
        if has_begun(middle) { after = middle } else { before = middle }
    }
    Timestamp::from_us(after * SECOND_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(time: &str, zone: Tz) -> String {
        let us = DateTime::parse_from_rfc3339(time).unwrap().timestamp_micros();
        next_midnight(Timestamp::from_us(us).unwrap(), zone).to_string()
    }

    #[test]
    fn days_of_summer_time_have_23_and_25_hours() {
        use chrono_tz::Europe::Paris;
        assert_eq!(after("2024-03-30T23:00:00Z", Paris), "2024-03-31T22:00:00Z");
        assert_eq!(after("2024-10-26T22:00:00Z", Paris), "2024-10-27T23:00:00Z");
        assert_eq!(after("2024-10-26T21:59:59.999999Z", Paris), "2024-10-26T22:00:00Z");
    }

    #[test]
    fn where_midnight_comes_twice_the_day_begins_with_the_first() {
        // In 2006 the clocks of St. John's went back from 00:01 to 23:01 when October 29 had begun, at 02:31 UTC.
        let zone = chrono_tz::America::St_Johns;
        assert_eq!(after("2006-10-29T02:29:59Z", zone), "2006-10-29T02:30:00Z");
        assert_eq!(after("2006-10-29T02:30:00Z", zone), "2006-10-30T03:30:00Z");
        assert_eq!(after("2006-10-29T02:45:00Z", zone), "2006-10-30T03:30:00Z");
    }

    #[test]
    fn a_day_that_does_not_exist_is_left_out() {
        // In Samoa December 29 of 2011 was followed by December 31.
        assert_eq!(after("2011-12-29T12:00:00Z", chrono_tz::Pacific::Apia), "2011-12-30T10:00:00Z");
    }

    #[test]
    fn a_midnight_that_does_not_exist_is_the_first_instant_after_it() {
        // In 2018 summer time began in Sao Paulo at midnight of November 4: 00:00 became 01:00, 03:00 UTC.
        assert_eq!(after("2018-11-03T12:00:00Z", chrono_tz::America::Sao_Paulo), "2018-11-04T03:00:00Z");
    }
}
