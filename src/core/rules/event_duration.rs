//! `--duration`: events that last. An event at `t` covers the time up to `t + d`.

use super::demand::DurationForm;
use super::duration::duration;
use super::projected::{ProjectedColumn, ProjectedColumns};
use super::spec::{FlagSpec, column};
use crate::core::aggregates::is_number;
use crate::core::event::{Timestamp, Values};

/// `--duration`: the column with the duration of each event.
pub(super) const DURATION: FlagSpec = FlagSpec {
    name: "duration",
    value: "COL",
    help: "Column with the duration of each event, in seconds or such as 1m30s: the gap counts from the end of what is covered",
    repeats: false,
    canonical: column,
};

/// A longer event is no event but a duration in another unit: a thousand years.
const MAX_US: i64 = 1_000 * 31_557_600 * SECOND_US;
const SECOND_US: i64 = 1_000_000;
const SECOND_DIGITS: usize = 6;

/// The place of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EventDuration {
    place: usize,
}

impl EventDuration {
    pub(super) fn compile(column: &str, kept: &mut ProjectedColumns) -> Self {
        let place = kept.demand(ProjectedColumn::column(column), |demand| {
            demand.duration = demand.duration.max(Some(DurationForm::OfEvent));
        });
        Self { place }
    }

    /// The end of the event at `time`; an event without a duration is an instant.
    pub(super) fn end(self, time: Timestamp, values: Values<'_>) -> Timestamp {
        time.saturating_add_us(event_duration_us(values.get(self.place)).unwrap_or(0))
    }
}

/// The duration of an event in microseconds: seconds with any fraction, of which digits below a microsecond are dropped, or a
/// duration as in a flag. `None` for what is negative, longer than a thousand years, or no duration.
pub(super) fn event_duration_us(text: &[u8]) -> Option<i64> {
    let us = if is_number(text) { seconds_us(text)? } else { duration_us(text)? };
    (us <= MAX_US).then_some(us)
}

fn seconds_us(number: &[u8]) -> Option<i64> {
    let number = std::str::from_utf8(number).ok().filter(|number| !number.starts_with('-'))?;
    let number = number.trim_start_matches('+');
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<i64>().ok() };
    let fraction = &fraction[..fraction.len().min(SECOND_DIGITS)];
    let fraction_us = digits(&format!("{fraction:0<SECOND_DIGITS$}"))?;
    digits(whole)?.checked_mul(SECOND_US)?.checked_add(fraction_us)
}

fn duration_us(text: &[u8]) -> Option<i64> {
    let duration = duration(std::str::from_utf8(text).ok()?).ok()?;
    i64::try_from(duration.as_micros()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_durations_are_read_and_nothing_else_is() {
        for (text, us) in [
            ("0", 0),
            ("3600", 3_600_000_000),
            ("1.5", 1_500_000),
            (".25", 250_000),
            ("+7.", 7_000_000),
            ("0.0000019", 1),
            ("1m 30s", 90_000_000),
            ("1.5h", 5_400_000_000),
            ("250us", 250),
            ("31557600000", MAX_US),
        ] {
            assert_eq!(event_duration_us(text.as_bytes()), Some(us), "{text}");
        }
        for text in [
            "",
            "-1",
            "-0",
            "-5m",
            "1e3",
            "1,5",
            "soon",
            "1y",
            "30M",
            "NaN",
            " 1",
            "01:30",
            "31557600001",
            "99999999999999999999",
            "400000d",
        ] {
            assert_eq!(event_duration_us(text.as_bytes()), None, "{text}");
        }
    }
}
