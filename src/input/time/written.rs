//! Times written as a date and a time of day, in every form that `auto` reads.

use super::not_a_time::NotATime;
use super::quick::MONTHS;
use super::zone;
use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};
use chrono_tz::Tz;

/// What the text contains, whether there is such a time or not.
struct Fields {
    date: [u32; 3],
    clock: Option<Clock>,
}

/// The time of day and what follows it.
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    offset: Option<Offset>,
}

struct Offset {
    west: bool,
    hours: u32,
    minutes: u32,
}

/// Microseconds since the epoch; a time without an offset is a local time of `zone`.
pub(super) fn read(text: &[u8], zone: Tz) -> Result<i64, NotATime> {
    let fields = Fields::read(text).ok_or(NotATime::Unreadable)?;
    fields.moment_us(zone).ok_or(NotATime::Impossible)
}

impl Fields {
    fn read(text: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(text);
        let (date, before_clock) = match cursor.0 {
            [_, _, b'/', ..] => (cursor.logged_date()?, &b":"[..]),
            _ => (cursor.date()?, &b" Tt"[..]),
        };
        let clock = if cursor.0.is_empty() { None } else { Some(Clock::read(cursor.after(before_clock)?)?) };
        cursor.0.is_empty().then_some(Self { date, clock })
    }

    fn moment_us(&self, zone: Tz) -> Option<i64> {
        let [year, month, day] = self.date;
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        let Some(clock) = &self.clock else { return zone::earliest_us(zone, &date.and_time(NaiveTime::MIN)) };
        let local = date.and_time(clock.time()?);
        match &clock.offset {
            Some(offset) => offset.moment_us(&local),
            None => zone::earliest_us(zone, &local),
        }
    }
}

impl Clock {
    fn read(cursor: &mut Cursor) -> Option<Self> {
        let hour = cursor.digits(2)?;
        let minute = cursor.after(b":")?.digits(2)?;
        let (mut second, mut nanosecond) = (0, 0);
        if cursor.skip(b":") {
            second = cursor.digits(2)?;
            nanosecond = if cursor.skip(b".") { cursor.fraction_ns()? } else { 0 };
        }
        let offset = if cursor.0.is_empty() { None } else { Some(Offset::read(cursor)?) };
        Some(Self { hour, minute, second, nanosecond, offset })
    }

    /// Second 60 is chrono's leap second: second 59 with more than a thousand million nanoseconds.
    fn time(&self) -> Option<NaiveTime> {
        let (second, leap_ns) = if self.second == 60 { (59, 1_000_000_000) } else { (self.second, 0) };
        NaiveTime::from_hms_nano_opt(self.hour, self.minute, second, self.nanosecond + leap_ns)
    }
}

impl Offset {
    fn read(cursor: &mut Cursor) -> Option<Self> {
        cursor.skip(b" ");
        if cursor.skip(b"Zz") || cursor.skip_word(b"UTC") || cursor.skip_word(b"GMT") {
            return Some(Self { west: false, hours: 0, minutes: 0 });
        }
        let west = cursor.skip(b"-");
        if !west {
            cursor.after(b"+")?;
        }
        let hours = cursor.digits(2)?;
        let has_minutes = cursor.skip(b":") || cursor.0.first().is_some_and(u8::is_ascii_digit);
        let minutes = if has_minutes { cursor.digits(2)? } else { 0 };
        // As Go writes it: the word says the same once more.
        if (west, hours, minutes) == (false, 0, 0) && !cursor.skip_word(b" UTC") {
            cursor.skip_word(b" GMT");
        }
        Some(Self { west, hours, minutes })
    }

    fn moment_us(&self, local: &NaiveDateTime) -> Option<i64> {
        if self.minutes > 59 {
            return None;
        }
        let seconds = i32::try_from(self.hours * 3_600 + self.minutes * 60).ok()?;
        let offset = FixedOffset::east_opt(if self.west { -seconds } else { seconds })?;
        Some(offset.from_local_datetime(local).single()?.timestamp_micros())
    }
}

/// The rest of the text.
struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    /// Year, month and day: `2020-01-31`.
    fn date(&mut self) -> Option<[u32; 3]> {
        let year = self.digits(4)?;
        let month = self.after(b"-")?.digits(2)?;
        let day = self.after(b"-")?.digits(2)?;
        Some([year, month, day])
    }

    /// The same as web servers write it: `31/Jan/2020`.
    fn logged_date(&mut self) -> Option<[u32; 3]> {
        let day = self.digits(2)?;
        let (name, rest) = self.after(b"/")?.0.split_at_checked(3)?;
        self.0 = rest;
        let month = MONTHS.iter().zip(1..).find(|(month, _)| month.eq_ignore_ascii_case(name))?.1;
        let year = self.after(b"/")?.digits(4)?;
        Some([year, month, day])
    }

    /// Exactly `count` digits.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (text, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        text.iter()
            .try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
    }

    /// One to nine digits behind the point, in nanoseconds.
    fn fraction_ns(&mut self) -> Option<u32> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let shift = u32::try_from(9_usize.checked_sub(count)?).ok()?;
        if count == 0 { None } else { Some(self.digits(count)? * 10_u32.pow(shift)) }
    }

    /// Whether one of `bytes` came next; it is passed over.
    fn skip(&mut self, bytes: &[u8]) -> bool {
        match self.0 {
            [first, rest @ ..] if bytes.contains(first) => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Whether `word` came next; it is passed over.
    fn skip_word(&mut self, word: &[u8]) -> bool {
        let rest = self.0.strip_prefix(word);
        self.0 = rest.unwrap_or(self.0);
        rest.is_some()
    }

    /// What follows one of `bytes`, which must come next.
    fn after(&mut self, bytes: &[u8]) -> Option<&mut Self> {
        if self.skip(bytes) { Some(self) } else { None }
    }
}
