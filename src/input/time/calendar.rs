//! Numbers that are a date, or a date and a time of day, without separators: `20200101`, `202001011530`, `20200101153000`.

use super::{NotATime, zone};
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;

/// The numbers of digits of a date, a minute and a second.
pub(super) const LENGTHS: [usize; 3] = [8, 12, 14];

/// The local time of `zone` in `text`; `None` if it is not a time of the years 1900 to 2099.
pub(super) fn read(text: &[u8], zone: Tz) -> Option<Result<i64, NotATime>> {
    if !LENGTHS.contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |digits: &[u8]| digits.iter().fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    let (year, rest) = text.split_at(4);
    let mut parts = rest.chunks(2).map(number);
    let mut part = || parts.next().unwrap_or_default();
    let year = i32::try_from(number(year)).ok().filter(|year| (1900..2100).contains(year))?;
    let date = NaiveDate::from_ymd_opt(year, part(), part())?;
    let (hour, minute, second) = (part(), part(), part());
    // Second 60 is the second after 59.
    let (second, leap_ns) = if second == 60 { (59, 1_000_000_000) } else { (second, 0) };
    let local = date.and_time(NaiveTime::from_hms_nano_opt(hour, minute, second, leap_ns)?);
    Some(zone::earliest_us(zone, &local).ok_or(NotATime::Impossible))
}
