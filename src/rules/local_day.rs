//! Days of a time zone, for sessions that end at midnight.

use crate::event::Timestamp;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

const SECOND_US: i64 = 1_000_000;

/// The first instant of the local day after the one in which `time` lies.
///
/// Where the change to summer time skips midnight, the day begins with the first instant that exists; where the clock is
/// set back across midnight, with the first of the two.
pub(super) fn next_midnight(time: Timestamp, zone: Tz) -> Timestamp {
    let next = DateTime::from_timestamp_micros(time.us())
        .and_then(|utc| utc.with_timezone(&zone).date_naive().checked_add_days(Days::new(1)))
        .and_then(|date| day_start(date, zone));
    next.unwrap_or(Timestamp::MAX)
}

fn day_start(date: NaiveDate, zone: Tz) -> Option<Timestamp> {
    let midnight = date.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight).earliest() {
        Some(first) => Timestamp::from_us(first.timestamp_micros()),
        None => skipped_day_start(date, midnight.and_utc().timestamp(), zone),
    }
}

/// The second at which the date turns to `date` or a later one, looked for within a day on both sides of `near`.
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
    fn a_midnight_that_does_not_exist_is_the_first_instant_after_it() {
        // In 2018 summer time began in Sao Paulo at midnight of November 4: 00:00 became 01:00, 03:00 UTC.
        assert_eq!(after("2018-11-03T12:00:00Z", chrono_tz::America::Sao_Paulo), "2018-11-04T03:00:00Z");
    }
}
