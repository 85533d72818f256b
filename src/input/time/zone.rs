//! Local times to UTC.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeZone};
use chrono_tz::Tz;

const HOUR_US: i64 = 3_600_000_000;

/// The zone of times without an offset, with the offset of the last local hour that was asked for.
#[derive(Debug, Clone)]
pub(super) struct LocalZone {
    zone: Tz,
    /// The local hour, counted from the epoch, in which `offset_us` holds.
    hour: Option<i64>,
    offset_us: i64,
}

impl LocalZone {
    pub(super) fn new(zone: Tz) -> Self {
        Self { zone, hour: None, offset_us: 0 }
    }

    pub(super) fn zone(&self) -> Tz {
        self.zone
    }

    /// Local microseconds to UTC ones; `None` if the local time does not exist.
    #[inline]
    pub(super) fn utc_us(&mut self, local_us: i64) -> Option<i64> {
        if self.zone == Tz::UTC {
            return Some(local_us);
        }
        let hour = local_us.div_euclid(HOUR_US);
        if self.hour != Some(hour) {
            self.hour = None;
            let Some(offset_us) = offset_of_hour_us(self.zone, hour) else {
                return earliest_us(self.zone, &naive(local_us)?);
            };
            (self.hour, self.offset_us) = (Some(hour), offset_us);
        }
        Some(local_us - self.offset_us)
    }
}

/// The offset of a local hour, if the clock runs through it undisturbed: no zone changes its offset twice in an hour, so
/// one and the same offset at both ends holds in between.
fn offset_of_hour_us(zone: Tz, hour: i64) -> Option<i64> {
    let offset_us = |local_us: i64| match zone.from_local_datetime(&naive(local_us)?) {
        MappedLocalTime::Single(moment) => Some(local_us - moment.timestamp_micros()),
        _ => None,
    };
    let first = offset_us(hour * HOUR_US)?;
    (offset_us((hour + 1) * HOUR_US - 1)? == first).then_some(first)
}

/// The earliest instant with this local time, in microseconds since the epoch; `None` if there is none.
pub(super) fn earliest_us(zone: Tz, local: &NaiveDateTime) -> Option<i64> {
    zone.from_local_datetime(local).earliest().map(|moment| moment.timestamp_micros())
}

fn naive(local_us: i64) -> Option<NaiveDateTime> {
    DateTime::from_timestamp_micros(local_us).map(|moment| moment.naive_utc())
}
