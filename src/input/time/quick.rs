//! The common forms, read at fixed byte positions, eight bytes at a time. If in doubt, it leaves the text to the slow reader.

use chrono::NaiveDate;

/// The shortest text that [`written`] knows: `2020-01-01 00:02:00`.
pub(super) const WRITTEN_BYTES: usize = 19;

/// The months as web servers write them.
pub(super) const MONTHS: [&[u8; 3]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;

/// The top bit of each byte.
const TOP_BITS: u64 = 0x8080_8080_8080_8080;

/// A time in microseconds since 1970-01-01 00:00:00, in UTC or local time.
pub(super) enum Quick {
    Utc(i64),
    Local(i64),
}

/// Bytes of a date and of what separates it from the clock.
const DATE_BYTES: usize = 11;

/// The date that was looked up last, and where it begins.
#[derive(Debug, Clone)]
pub(super) struct DayCache {
    /// Its [`DATE_BYTES`] as two words that overlap: two comparisons tell it from any other.
    words: [u64; 2],
    start_us: i64,
}

impl DayCache {
    pub(super) fn new() -> Self {
        Self { words: words(b"1970-01-01 "), start_us: 0 }
    }

    /// Where the day of `date` begins: `YYYY-MM-DD` and a space or a `T`.
    #[inline]
    fn start_us(&mut self, date: &[u8; DATE_BYTES]) -> Option<i64> {
        let words = words(date);
        if words != self.words {
            *self = Self { words, start_us: day_start_us(date)? };
        }
        Some(self.start_us)
    }
}

#[inline]
fn words(date: &[u8; DATE_BYTES]) -> [u64; 2] {
    let word = |bytes: Option<&[u8; 8]>| bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes));
    [word(date.first_chunk()), word(date.last_chunk())]
}

#[inline(never)]
fn day_start_us(date: &[u8; DATE_BYTES]) -> Option<i64> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b' ' | b'T'] = *date else { return None };
    let year = number(&[y0, y1, y2, y3])?;
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, two(m0, m1)?, two(d0, d1)?)?;
    Some(i64::from(date.to_epoch_days()) * DAY_US)
}

fn two(tens: u8, ones: u8) -> Option<u32> {
    u32::try_from(number(&[tens, ones])?).ok()
}

/// `YYYY-MM-DD HH:MM:SS`, also with `T`, with a fraction of up to nine digits, with `Z`.
#[inline]
pub(super) fn written(text: &[u8], days: &mut DayCache) -> Option<Quick> {
    let (date, rest) = text.split_first_chunk::<DATE_BYTES>()?;
    let (clock, rest) = rest.split_first_chunk::<8>()?;
    let start_us = days.start_us(date)?;
    let us = start_us + i64::from(clock_seconds(*clock)?) * SECOND_US;
    match rest {
        [] => Some(Quick::Local(us)),
        b"Z" => Some(Quick::Utc(us)),
        [b'.', fraction @ .., b'Z'] => Some(Quick::Utc(us + fraction_us(fraction)?)),
        [b'.', fraction @ ..] => Some(Quick::Local(us + fraction_us(fraction)?)),
        _ => None,
    }
}

/// `DD/Mon/YYYY:HH:MM:SS +HHMM`, in UTC: what web servers write.
#[inline(never)]
pub(super) fn logged(text: &[u8], days: &mut DayCache) -> Option<Quick> {
    let [d0, d1, b'/', m0, m1, m2, b'/', y0, y1, y2, y3, b':', rest @ ..] = text else { return None };
    let (clock, rest) = rest.split_first_chunk::<8>()?;
    let &[b' ', sign @ (b'+' | b'-'), h0, h1, o0, o1] = rest else { return None };
    let month = MONTHS.iter().zip(1_u8..).find(|(name, _)| ***name == [*m0, *m1, *m2])?.1;
    let date = [*y0, *y1, *y2, *y3, b'-', b'0' + month / 10, b'0' + month % 10, b'-', *d0, *d1, b' '];
    let (hours, minutes) = (two(h0, h1)?, two(o0, o1)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let east_us = i64::from(hours * 3_600 + minutes * 60) * SECOND_US;
    let local_us = days.start_us(&date)? + i64::from(clock_seconds(*clock)?) * SECOND_US;
    Some(Quick::Utc(if sign == b'+' { local_us - east_us } else { local_us + east_us }))
}

/// `HH:MM:SS` in seconds. Second 60 is left to the slow reader.
///
/// Read as one number, the difference to `00:00:00` has one digit in each byte, and zero at the colons. A byte above its
/// largest digit sets its top bit when `0x7F - largest` is added, and no carry leaves a byte: either both are below 0x80, or
/// the top bit was set before.
#[inline]
fn clock_seconds(text: [u8; 8]) -> Option<u32> {
    const TO_TOP: u64 = u64::from_le_bytes([0x7D, 0x76, 0x7F, 0x7A, 0x76, 0x7F, 0x7A, 0x76]);
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(*b"00:00:00");
    if (digits | digits.wrapping_add(TO_TOP)) & TOP_BITS != 0 {
        return None;
    }
    // Each pair of digits becomes its value in the lower byte: at most 99, so no byte overflows.
    let [hours, _, _, minutes, _, _, seconds, _] = (digits * 10 + (digits >> 8)).to_le_bytes();
    (hours < 24).then_some(u32::from(hours) * 3_600 + u32::from(minutes) * 60 + u32::from(seconds))
}

/// One to nine digits after the point, rounded down to microseconds.
#[inline]
fn fraction_us(digits: &[u8]) -> Option<i64> {
    const NS_BY_DIGITS: [u64; 10] =
        [0, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    let digit_ns = *NS_BY_DIGITS.get(digits.len())?;
    i64::try_from(number(digits)? * digit_ns / 1_000).ok()
}

/// A number of 1 to 18 digits.
#[inline]
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 18 {
        return None;
    }
    let (chunks, rest) = text.as_chunks::<8>();
    let mut value = 0;
    for chunk in chunks {
        value = value * 100_000_000 + eight_digits(*chunk)?;
    }
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value)
}

/// Eight digits at once: neighbours are joined to pairs, pairs to fours, fours to the whole. The check is that of
/// [`clock_seconds`]. See Daniel Lemire, "Quickly parsing eight digits" (2018).
#[inline]
fn eight_digits(text: [u8; 8]) -> Option<u64> {
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(*b"00000000");
    if (digits | digits.wrapping_add(0x7676_7676_7676_7676)) & TOP_BITS != 0 {
        return None;
    }
    let pairs = (digits * 10 + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_FFFF_0000_FFFF;
    Some((fours * 10_000 + (fours >> 32)) & 0xFFFF_FFFF)
}
