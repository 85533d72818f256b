//! The reference for tests: it looks up the pattern of a text by its shape, and chrono reads the text with that pattern.

use super::{NotATime, Timestamp};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use std::collections::HashMap;
use std::sync::LazyLock;

/// For each shape of a text (each digit replaced by `0`): its strftime pattern, and whether it has an offset.
static SHAPES: LazyLock<HashMap<String, (String, bool)>> = LazyLock::new(|| {
    let mut shapes = HashMap::from([("0000-00-00".to_owned(), ("%Y-%m-%d".to_owned(), false))]);
    let mut clocks = vec![("00:00".to_owned(), "%H:%M"), ("00:00:00".to_owned(), "%H:%M:%S")];
    clocks.extend((1..=9).map(|digits| (format!("00:00:00.{}", "0".repeat(digits)), "%H:%M:%S%.f")));
    let mut offsets = vec![(String::new(), "")];
    for space in ["", " "] {
        offsets.extend(["Z", "z", "+00:00", "+0000", "+00", "-00:00", "-0000", "-00"].map(|offset| {
            let pattern = if offset.eq_ignore_ascii_case("z") || offset.len() == 3 { "%#z" } else { "%z" };
            (format!("{space}{offset}"), pattern)
        }));
    }
    for separator in [" ", "T", "t"] {
        for ((clock, clock_pattern), (offset, offset_pattern)) in
            clocks.iter().flat_map(|clock| offsets.iter().map(move |offset| (clock, offset)))
        {
            let space = if offset.starts_with(' ') { " " } else { "" };
            let pattern = format!("%Y-%m-%d{separator}{clock_pattern}{space}{offset_pattern}");
            shapes.insert(format!("0000-00-00{separator}{clock}{offset}"), (pattern, !offset.is_empty()));
        }
    }
    shapes
});

pub fn read(bytes: &[u8], zone: Tz) -> Result<i64, NotATime> {
    let text = str::from_utf8(bytes).map_err(|_| NotATime::Unreadable)?.trim_matches(' ');
    let text = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let text = &year_first(&without_zone_word(text));
    if let Some(us) = calendar(text, zone) {
        return us;
    }
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let us = match SHAPES.get(&shape) {
        Some((pattern, with_offset)) => {
            written(text, pattern, *with_offset, zone).ok_or(NotATime::Impossible)
        }
        None => epoch(text, &shape).ok_or(NotATime::Unreadable),
    }?;
    Timestamp::from_us(us).map(Timestamp::us).ok_or(NotATime::Impossible)
}

/// Replaces a word for UTC by `Z`, or removes it after an offset of zero.
fn without_zone_word(text: &str) -> String {
    let Some(stem) = text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")) else {
        return text.to_owned();
    };
    let zero = ["+0000", "+00:00", "+00"];
    match stem.strip_suffix(' ') {
        // Not the end of a time of day, which has no sign before it.
        Some(before) if zero.iter().any(|zero| before.ends_with(zero)) => before.to_owned(),
        _ => format!("{stem}Z"),
    }
}

/// A time as web servers write it, with its date as everybody else does.
fn year_first(text: &str) -> String {
    let parts = || {
        let (day, rest) = text.split_once('/')?;
        let (month, rest) = rest.split_once('/')?;
        let (year, clock) = rest.split_at_checked(4)?;
        let number = (month.len() == 3).then(|| month.parse::<chrono::Month>().ok())??.number_from_month();
        let clock = if clock.is_empty() { String::new() } else { format!(" {}", clock.strip_prefix(':')?) };
        (day.len() == 2).then(|| format!("{year}-{number:02}-{day}{clock}"))
    };
    parts().unwrap_or_else(|| text.to_owned())
}

/// Numbers of 8, 12 and 14 digits that chrono reads as times of the years 1900 to 2099.
fn calendar(text: &str, zone: Tz) -> Option<Result<i64, NotATime>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) || !("1900".."2100").contains(&text.get(..4)?) {
        return None;
    }
    let local = match text.len() {
        8 => NaiveDate::parse_from_str(text, "%Y%m%d").ok()?.and_hms_opt(0, 0, 0)?,
        12 => NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M").ok()?,
        14 => NaiveDateTime::parse_from_str(text, "%Y%m%d%H%M%S").ok()?,
        _ => return None,
    };
    let us = zone.from_local_datetime(&local).earliest().map(|moment| moment.timestamp_micros());
    Some(us.ok_or(NotATime::Impossible))
}

fn written(text: &str, pattern: &str, with_offset: bool, zone: Tz) -> Option<i64> {
    if with_offset {
        return DateTime::parse_from_str(text, pattern).ok().map(|moment| moment.timestamp_micros());
    }
    let local = match NaiveDateTime::parse_from_str(text, pattern) {
        Ok(local) => local,
        Err(_) => NaiveDate::parse_from_str(text, pattern).ok()?.and_hms_opt(0, 0, 0)?,
    };
    zone.from_local_datetime(&local).earliest().map(|moment| moment.timestamp_micros())
}

fn epoch(text: &str, shape: &str) -> Option<i64> {
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        return seconds_with_exponent(mantissa, exponent);
    }
    let (whole, fraction) = shape.strip_prefix('-').unwrap_or(shape).split_once('.').unwrap_or((shape, "0"));
    let whole = whole.trim_start_matches('-');
    let only_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte == b'0');
    if !only_digits(whole) || !only_digits(fraction) || fraction.len() > 9 || shape.starts_with("--") {
        return None;
    }
    let (text_whole, text_fraction) = text.trim_start_matches('-').split_once('.').unwrap_or((text, ""));
    let size: i128 = text_whole.trim_start_matches('-').parse().ok()?;
    let nanos: i128 = format!("{text_fraction:0<9}").parse().ok()?;
    let per_unit_ns: i128 = match size {
        0..100_000_000_000 => 1_000_000_000,
        _ if text.contains('.') => return None,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        100_000_000_000_000_000..10_000_000_000_000_000_000 => 1,
        _ => return None,
    };
    let size_ns = size * per_unit_ns + nanos;
    let ns = if text.starts_with('-') { -size_ns } else { size_ns };
    i64::try_from(ns.div_euclid(1_000)).ok()
}

/// Seconds, as a whole number of nanoseconds: all digits of the mantissa, times a power of ten.
fn seconds_with_exponent(mantissa: &str, exponent: &str) -> Option<i64> {
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let size = mantissa.strip_prefix('-').unwrap_or(mantissa);
    let (whole, fraction) = size.split_once('.')?;
    if ![whole, fraction, exponent].into_iter().all(are_digits) {
        return None;
    }
    let places: i32 = exponent.parse().ok().filter(|places| *places <= 10)?;
    let power = places + 9 - i32::try_from(fraction.len()).ok()?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let size_ns = digits.checked_mul(10_i128.pow(u32::try_from(power).ok()?))?;
    let ns = if mantissa.starts_with('-') { -size_ns } else { size_ns };
    (size_ns < 100_000_000_000_000_000_000).then(|| i64::try_from(ns.div_euclid(1_000)).ok())?
}
