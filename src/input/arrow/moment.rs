//! Dates and times as texts, and as microseconds.

use crate::core::event::{DateText, Timestamp};
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, TimeUnit};
use chrono::{DateTime, NaiveDate, NaiveTime};

/// Days from the first day of the calendar of chrono to the epoch.
const EPOCH_DAYS: i32 = 719_163;

/// The microseconds of timestamps, rounded down; what 64 bits do not hold becomes the nearest number that they do, which is no time.
/// There are none of an array of another kind.
pub(super) fn microseconds(times: &dyn Array) -> ScalarBuffer<i64> {
    let scaled = |factor: i64| move |count: i64| count.saturating_mul(factor);
    match times.data_type() {
        DataType::Timestamp(TimeUnit::Second, _) => times
            .as_primitive::<TimestampSecondType>()
            .values()
            .iter()
            .copied()
            .map(scaled(1_000_000))
            .collect(),
        DataType::Timestamp(TimeUnit::Millisecond, _) => times
            .as_primitive::<TimestampMillisecondType>()
            .values()
            .iter()
            .copied()
            .map(scaled(1_000))
            .collect(),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            let counts = times.as_primitive::<TimestampNanosecondType>().values();
            counts.iter().map(|ns| ns.div_euclid(1_000)).collect()
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            times.as_primitive::<TimestampMicrosecondType>().values().clone()
        }
        _ => ScalarBuffer::default(),
    }
}

/// Appends times of one column.
#[derive(Debug)]
pub(super) struct MomentText {
    unit: TimeUnit,
    /// Whether they are instants: else they are what a clock shows somewhere.
    is_instant: bool,
    date: DateText,
}

impl MomentText {
    pub(super) fn new(unit: TimeUnit, is_instant: bool) -> Self {
        Self { unit, is_instant, date: DateText::default() }
    }

    /// `2020-01-01T00:02:00.250000Z`, without the Z if it is no instant: digits of a fraction are six if any is not zero, nine if
    /// one of the last three is not.
    pub(super) fn write(&mut self, count: i64, out: &mut Vec<u8>) {
        let (seconds, ns) = split(count, self.unit);
        let us = seconds.checked_mul(1_000_000).and_then(|us| us.checked_add(i64::from(ns / 1_000)));
        match us.and_then(Timestamp::from_us) {
            Some(time) => {
                let text = time.text_after(&mut self.date);
                if ns % 1_000 == 0 {
                    text.write(out);
                } else {
                    out.extend_from_slice(&text.fixed()[..26]);
                    out.extend_from_slice(format!("{:03}Z", ns % 1_000).as_bytes());
                }
                if !self.is_instant {
                    out.pop();
                }
            }
            None => write_far(seconds, ns, self.is_instant, out),
        }
    }
}

/// A time that no event can have: it is still shown.
fn write_far(seconds: i64, ns: u32, is_instant: bool, out: &mut Vec<u8>) {
    let zone = if is_instant { "Z" } else { "" };
    let text = match DateTime::from_timestamp(seconds, ns) {
        Some(moment) => format!("{}{zone}", moment.naive_utc().format("%Y-%m-%dT%H:%M:%S%.f")),
        None => format!("{seconds} s"),
    };
    out.extend_from_slice(text.as_bytes());
}

/// Whole seconds, and nanoseconds behind them.
fn split(count: i64, unit: TimeUnit) -> (i64, u32) {
    let (per_second, ns) = match unit {
        TimeUnit::Second => (1, 1_000_000_000),
        TimeUnit::Millisecond => (1_000, 1_000_000),
        TimeUnit::Microsecond => (1_000_000, 1_000),
        TimeUnit::Nanosecond => (1_000_000_000, 1),
    };
    let rest = u32::try_from(count.rem_euclid(per_second)).unwrap_or_default();
    (count.div_euclid(per_second), rest.saturating_mul(ns))
}

/// Appends `2020-01-01`.
pub(super) fn write_date(days: i32, out: &mut Vec<u8>) {
    let date = days.checked_add(EPOCH_DAYS).and_then(NaiveDate::from_num_days_from_ce_opt);
    let text = date.map_or_else(|| format!("{days} d"), |date| date.format("%Y-%m-%d").to_string());
    out.extend_from_slice(text.as_bytes());
}

/// Appends a time of day: `23:59:59.250`.
pub(super) fn write_clock(count: i64, unit: TimeUnit, out: &mut Vec<u8>) {
    let (seconds, ns) = split(count, unit);
    let time = u32::try_from(seconds)
        .ok()
        .and_then(|seconds| NaiveTime::from_num_seconds_from_midnight_opt(seconds, ns));
    let text = time.map_or_else(|| format!("{seconds} s"), |time| time.format("%H:%M:%S%.f").to_string());
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_unit_keep_their_fraction() {
        let text = |count, unit, is_instant| {
            let mut out = Vec::new();
            MomentText::new(unit, is_instant).write(count, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(1_577_836_920, TimeUnit::Second, true), "2020-01-01T00:02:00Z");
        assert_eq!(text(1_577_836_920_250, TimeUnit::Millisecond, false), "2020-01-01T00:02:00.250000");
        assert_eq!(text(-1, TimeUnit::Microsecond, true), "1969-12-31T23:59:59.999999Z");
        assert_eq!(
            text(1_577_836_920_000_000_001, TimeUnit::Nanosecond, false),
            "2020-01-01T00:02:00.000000001"
        );
        assert_eq!(text(i64::MAX, TimeUnit::Second, true), "9223372036854775807 s");
        assert_eq!(text(300_000_000_000, TimeUnit::Second, true), "+11476-08-15T05:20:00Z");
    }

    #[test]
    fn dates_and_clocks_are_as_people_write_them() {
        let date = |days| {
            let mut out = Vec::new();
            write_date(days, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!([date(0), date(-1), date(18_262)], ["1970-01-01", "1969-12-31", "2020-01-01"]);
        assert_eq!(date(i32::MAX), "2147483647 d");
        let clock = |count, unit| {
            let mut out = Vec::new();
            write_clock(count, unit, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(clock(86_399_250, TimeUnit::Millisecond), "23:59:59.250");
        assert_eq!(clock(0, TimeUnit::Nanosecond), "00:00:00");
        assert_eq!(clock(-1, TimeUnit::Nanosecond), "-1 s");
    }
}
