//! Event time, and its text form.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "digits, and days of at most 9999 years"
)]

use std::fmt;

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;

/// Event time: microseconds since 1970-01-01T00:00:00Z.
///
/// All values are in the years 1 to 9999 ([`Timestamp::MIN`] to [`Timestamp::MAX`]). So the difference of two timestamps never
/// overflows, and each has an RFC 3339 form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(-62_135_596_800 * SECOND_US);
    /// 9999-12-31T23:59:59.999999Z.
    pub const MAX: Self = Self(253_402_300_800 * SECOND_US - 1);

    /// The latest time of an event. The watermark can still move past it.
    pub const LAST_EVENT: Self = Self(Self::MAX.0 - 1);

    /// Returns the time `us` microseconds after the epoch, or `None` if it is outside the years 1 to 9999.
    pub const fn from_us(us: i64) -> Option<Self> {
        if us < Self::MIN.0 || us > Self::MAX.0 { None } else { Some(Self(us)) }
    }

    /// Returns the microseconds since the epoch.
    pub const fn us(self) -> i64 {
        self.0
    }

    /// Returns this time plus `us` microseconds, limited to the range.
    #[must_use]
    pub fn saturating_add_us(self, us: i64) -> Self {
        Self(self.0.saturating_add(us).clamp(Self::MIN.0, Self::MAX.0))
    }

    /// Returns the microseconds from `earlier` to `self`; negative if `earlier` is later.
    pub const fn us_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// Appends the time as RFC 3339 in UTC. A fraction of six digits follows the seconds unless it is zero.
    ///
    /// ```
    /// # use sessionize::Timestamp;
    /// let mut text = Vec::new();
    /// Timestamp::from_us(1_577_836_920_000_000).unwrap().write_rfc3339(&mut text);
    /// assert_eq!(text, b"2020-01-01T00:02:00Z");
    /// ```
    pub fn write_rfc3339(self, out: &mut Vec<u8>) {
        self.text().write(out);
    }

    /// The time as text, in both of its forms.
    pub(crate) fn text(self) -> TimeText {
        self.text_after(&mut DateText::default())
    }

    /// The same after another time, which most often is on the same day: computing the date is half of the work.
    pub(crate) fn text_after(self, date: &mut DateText) -> TimeText {
        date.go_to(self.0.div_euclid(DAY_US) as i32);
        let of_day_us = self.0.rem_euclid(DAY_US) as u64;
        let seconds = (of_day_us / SECOND_US as u64) as u32;
        let fraction_us = (of_day_us % SECOND_US as u64) as u32;
        let [year_and_month, day] = date.words;
        let words = [
            year_and_month,
            day | two(seconds / 3600) << 24 | byte(b':', 5) | two(seconds / 60 % 60) << 48,
            byte(b':', 0)
                | two(seconds % 60) << 8
                | byte(b'.', 3)
                | two(fraction_us / 10_000) << 32
                | two(fraction_us / 100 % 100) << 48,
        ];
        let mut text = [b'Z'; 27];
        for (bytes, word) in text.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
        let [tens, ones, ..] = two(fraction_us % 100).to_le_bytes();
        [text[24], text[25]] = [tens, ones];
        TimeText { text, is_whole: fraction_us == 0 }
    }
}

/// The date that was written last, as words of eight bytes: bytes that are written one by one must reach memory before they can
/// be copied.
#[derive(Debug, Clone, Copy)]
pub struct DateText {
    days: i32,
    /// `2020-01-`, and `31T` as the start of the next word.
    words: [u64; 2],
}

impl Default for DateText {
    /// No date has this number.
    fn default() -> Self {
        Self { days: i32::MIN, words: [0; 2] }
    }
}

impl DateText {
    #[inline]
    fn go_to(&mut self, days: i32) {
        if self.days != days {
            *self = Self { days, words: Self::words_of(days) };
        }
    }

    fn words_of(days: i32) -> [u64; 2] {
        let (year, month, day) = civil_from_days(days);
        [
            two(year / 100) | two(year % 100) << 16 | byte(b'-', 4) | two(month) << 40 | byte(b'-', 7),
            two(day) | byte(b'T', 2),
        ]
    }
}

/// A time in RFC 3339 UTC with six fraction digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeText {
    text: [u8; 27],
    /// Whether the fraction is zero.
    is_whole: bool,
}

impl TimeText {
    /// All 27 bytes.
    pub const fn fixed(&self) -> &[u8; 27] {
        &self.text
    }

    /// Appends the time. The fraction follows only if it is not zero.
    pub fn write(&self, out: &mut Vec<u8>) {
        if !self.is_whole {
            return out.extend_from_slice(&self.text);
        }
        let mut short = [b'Z'; 20];
        short[..19].copy_from_slice(&self.text[..19]);
        out.extend_from_slice(&short);
    }
}

/// Two digits, in the lowest bytes of a word.
const fn two(value: u32) -> u64 {
    ((b'0' as u32 + value / 10) | ((b'0' as u32 + value % 10) << 8)) as u64
}

/// A byte at its place in a word.
const fn byte(byte: u8, place: u32) -> u64 {
    (byte as u64) << (8 * place)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(27);
        self.write_rfc3339(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

/// Year, month and day of the proleptic Gregorian calendar, `days` after 1970-01-01.
///
/// The calendar consists of eras of 400 years (146,097 days) that begin on March 1st, so the leap day is the last day of its
/// year; see Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn civil_from_days(days: i32) -> (u32, u32, u32) {
    // The year 1 begins 719,162 days before the epoch: nothing is negative from here on, and 32 bits are enough.
    let shifted = (days + 719_468) as u32;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u32::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Datelike, NaiveDate};
    use proptest::prelude::*;

    #[test]
    fn the_range_is_the_years_1_to_9999() {
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_us(Timestamp::MAX.us() + 1), None);
        assert_eq!(Timestamp::from_us(Timestamp::MIN.us() - 1), None);
    }

    #[test]
    fn every_year_has_its_leap_day_or_none_and_its_turn() {
        for year in 1..=9999 {
            for (month, day) in [(2, 28), (12, 31)] {
                let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
                for date in date.iter_days().take(2).filter(|date| date.year() <= 9999) {
                    let days = i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days());
                    let expected = (date.year_ce().1, date.month(), date.day());
                    assert_eq!(civil_from_days(days.unwrap()), expected, "{date}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn writes_what_chrono_writes_after_any_other_time(
            us in Timestamp::MIN.us()..=Timestamp::MAX.us(), before_us in -3 * DAY_US..3 * DAY_US,
        ) {
            let time = Timestamp::from_us(us).unwrap();
            let mut date = DateText::default();
            let _ = time.saturating_add_us(before_us).text_after(&mut date);
            prop_assert_eq!(time.text_after(&mut date), time.text());
            let reference = DateTime::from_timestamp_micros(us).unwrap();
            let fixed = String::from_utf8(time.text().fixed().to_vec()).unwrap();
            prop_assert_eq!(fixed, reference.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
            let whole = Timestamp::from_us(us - us.rem_euclid(1_000_000)).unwrap();
            prop_assert_eq!(whole.to_string(), reference.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        }
    }
}
