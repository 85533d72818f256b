//! Durations as text: one set of forms for flags, configuration keys and gap columns.

use crate::core::aggregates::is_number;
use std::time::Duration;

const SECONDS_OF_DAY: u64 = 86_400;

/// The longest duration of an event, a thousand years: anything longer was written in another unit.
const MAX_US: i64 = 1_000 * 31_557_600 * SECOND_US;
const SECOND_US: i64 = 1_000_000;
const SECOND_DIGITS: usize = 6;

/// Parses `90s`, `5m`, `1h30m`, `1.5h`, `7d`. Durations are whole microseconds, like times.
///
/// Months and years are refused: they have no fixed length, and `30M` is more often meant as minutes.
///
/// # Errors
/// What is wrong with the text.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("{error}; durations read like 90s, 5m, 1h30m, 7d"))?;
    let units = text.split(|letter: char| !letter.is_alphabetic());
    if let Some(unit) = units.into_iter().find(|unit| has_no_fixed_length(unit)) {
        return Err(format!(
            "months and years have no fixed length, and {unit} stands for one; write days, as in 365d, or m for minutes"
        ));
    }
    if duration.subsec_nanos() % 1_000 != 0 {
        return Err("durations are whole microseconds".to_owned());
    }
    if i64::try_from(duration.as_micros()).is_err() {
        return Err("the duration is too long".to_owned());
    }
    Ok(duration)
}

/// The units of months (`M`, `month`, `months`) and years (`y`, `year`, ...).
fn has_no_fixed_length(unit: &str) -> bool {
    unit.starts_with(['M', 'y']) || unit.starts_with("mo")
}

/// A duration in a gap column: as in a flag, or a bare number of whole seconds.
pub fn duration_in_column(text: &[u8]) -> Option<Duration> {
    let text = std::str::from_utf8(text).ok()?;
    let is_bare = text.bytes().all(|byte| byte.is_ascii_digit());
    if is_bare { duration(&format!("{text}s")) } else { duration(text) }.ok()
}

/// The duration of an event in microseconds: seconds with any fraction, of which digits below a microsecond are dropped, or a
/// duration as in a flag. `None` if it is negative, longer than a thousand years, or no duration.
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

/// A duration for people, in units that [`duration`] parses: `1day 2h 30m`.
pub fn duration_text(duration: Duration) -> String {
    let days = duration.as_secs() / SECONDS_OF_DAY;
    let rest = Duration::new(duration.as_secs() % SECONDS_OF_DAY, duration.subsec_nanos());
    let plural = if days == 1 { "" } else { "s" };
    match (days, rest.is_zero()) {
        (0, _) => humantime::format_duration(rest).to_string(),
        (_, true) => format!("{days}day{plural}"),
        (_, false) => format!("{days}day{plural} {}", humantime::format_duration(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_unit_without_a_fixed_length_is_refused_in_flags_and_rows() {
        for text in ["30M", "1month", "2 months", "1y", "1year", "3years", "1h 1M"] {
            let accumulator = duration(text).unwrap_err();
            assert!(accumulator.contains("no fixed length"), "{text}: {accumulator}");
            assert_eq!(duration_in_column(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn rows_have_the_forms_of_flags_and_bare_seconds() {
        for text in ["90s", "1h30m", "1h 30m", "1.5h", "7d", "2w", "500ms", "250us", "10min"] {
            let read = duration(text).ok();
            assert!(read.is_some() && duration_in_column(text.as_bytes()) == read, "{text}");
        }
        for wrong in ["1ns", "1500ns", "0.0000001s", "9999999999d", "-5m", "", "five", "1.5.5s", "."] {
            assert!(duration(wrong).is_err(), "{wrong}");
            assert_eq!(duration_in_column(wrong.as_bytes()), None, "{wrong}");
        }
        for (bare, flag) in [("0", "0s"), ("90", "90s"), ("007", "7s")] {
            assert_eq!(duration_in_column(bare.as_bytes()), duration(flag).ok(), "{bare}");
        }
        assert!(duration("90").is_err() && duration("1.5").is_err());
        assert_eq!(duration_in_column(b"1.5"), None);
    }

    #[test]
    fn days_are_the_largest_unit_of_a_text() {
        assert_eq!(duration_text(Duration::from_secs(40 * 86_400 + 90)), "40days 1m 30s");
        assert_eq!(duration_text(Duration::from_secs(86_400)), "1day");
    }

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

    proptest! {
        #[test]
        fn what_is_written_is_read(us in 0_u64..400_000_000_000_000) {
            let written = duration_text(Duration::from_micros(us));
            prop_assert_eq!(duration(&written), Ok(Duration::from_micros(us)));
            prop_assert_eq!(duration(&written.replace(' ', "")), Ok(Duration::from_micros(us)));
        }
    }
}
