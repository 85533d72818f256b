//! Times as numbers.

use super::not_a_time::NotATime;

/// The unit of a time that is a number since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EpochUnit {
    Seconds,
    Millis,
    Micros,
    Nanos,
}

impl EpochUnit {
    /// The unit by magnitude. Seconds reach to the year 5138, and milliseconds begin in March 1973.
    fn by_magnitude(count: u64) -> Option<Self> {
        match count {
            0..100_000_000_000 => Some(Self::Seconds),
            100_000_000_000..100_000_000_000_000 => Some(Self::Millis),
            100_000_000_000_000..100_000_000_000_000_000 => Some(Self::Micros),
            100_000_000_000_000_000..10_000_000_000_000_000_000 => Some(Self::Nanos),
            _ => None,
        }
    }

    const fn in_ns(self) -> i128 {
        match self {
            Self::Seconds => 1_000_000_000,
            Self::Millis => 1_000_000,
            Self::Micros => 1_000,
            Self::Nanos => 1,
        }
    }

    /// `count` of this unit in microseconds, rounded down; `None` if it is out of range.
    #[inline]
    pub(super) fn us(self, count: u64) -> Option<i64> {
        let per_count = match self {
            Self::Seconds => 1_000_000,
            Self::Millis => 1_000,
            Self::Micros => 1,
            Self::Nanos => return i64::try_from(count / 1_000).ok(),
        };
        i64::try_from(count).ok()?.checked_mul(per_count)
    }

    /// `count` in microseconds, in the unit of its magnitude; also `None` for a time before 1990, which is more often another
    /// kind of number.
    #[inline]
    pub(super) fn undoubted_us(count: u64) -> Option<i64> {
        match count {
            631_152_000..100_000_000_000 => Self::Seconds,
            631_152_000_000..100_000_000_000_000 => Self::Millis,
            631_152_000_000_000..100_000_000_000_000_000 => Self::Micros,
            631_152_000_000_000_000..10_000_000_000_000_000_000 => Self::Nanos,
            _ => return None,
        }
        .us(count)
    }
}

/// `-1577836920.25`, `1.57783692025E9`: digits, with an optional sign, fraction and exponent.
struct Number {
    negative: bool,
    /// The digits before the point; a number that is too large stays at the largest.
    whole: u64,
    /// At most nine digits.
    fraction_ns: Option<u64>,
    has_exponent: bool,
}

impl Number {
    fn read(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        match text.iter().position(|byte| matches!(byte, b'e' | b'E')) {
            None => Self::plain(negative, text),
            Some(at) => {
                let plain = without_exponent(&text[..at], &text[at + 1..])?;
                Some(Self { has_exponent: true, ..Self::plain(negative, &plain)? })
            }
        }
    }

    /// A number without sign and exponent.
    fn plain(negative: bool, text: &[u8]) -> Option<Self> {
        let mut parts = text.splitn(2, |&byte| byte == b'.');
        let whole = digits(parts.next()?)?;
        let fraction_ns = match parts.next() {
            Some(text) => {
                let missing = u32::try_from(9_usize.checked_sub(text.len())?).ok()?;
                Some(digits(text)? * 10_u64.pow(missing))
            }
            None => None,
        };
        Some(Self { negative, whole, fraction_ns, has_exponent: false })
    }

    /// Rounded down; `None` if it is out of range.
    fn us(&self, unit: EpochUnit) -> Option<i64> {
        let size_ns = i128::from(self.whole) * unit.in_ns() + i128::from(self.fraction_ns.unwrap_or(0));
        let ns = if self.negative { -size_ns } else { size_ns };
        i64::try_from(ns.div_euclid(1_000)).ok()
    }
}

/// Microseconds since the epoch. Without a unit, the magnitude decides.
pub(super) fn read(text: &[u8], unit: Option<EpochUnit>) -> Result<i64, NotATime> {
    let number = Number::read(text).ok_or(NotATime::Unreadable)?;
    let unit = unit.or_else(|| EpochUnit::by_magnitude(number.whole)).ok_or(NotATime::Unreadable)?;
    // A spreadsheet shortens longer numbers to a few digits and an exponent: 1.57784E+12 is minutes away from what it was.
    if (number.fraction_ns.is_some() || number.has_exponent) && unit != EpochUnit::Seconds {
        return Err(NotATime::Unreadable);
    }
    number.us(unit).ok_or(NotATime::Impossible)
}

/// The number of digits before the point of a number with an exponent; `None` if it is none.
pub(super) fn digits_with_exponent(text: &[u8]) -> Option<usize> {
    let number = Number::read(text).filter(|number| number.has_exponent)?;
    Some(number.whole.checked_ilog10().map_or(1, |log| log as usize + 1))
}

/// The largest exponent of a number of seconds.
const MAX_EXPONENT: usize = 10;

/// `1.5778` and `+9` without exponent: the point moves to the right. Without a point it is a rounded number, such as `1e9`, and no time.
fn without_exponent(text: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let exponent = exponent.strip_prefix(b"+").unwrap_or(exponent);
    let places = usize::try_from(digits(exponent)?).ok().filter(|&places| places <= MAX_EXPONENT)?;
    let mut parts = text.splitn(2, |&byte| byte == b'.');
    let (whole, fraction) = (parts.next()?, parts.next()?);
    digits(whole).and(digits(fraction))?;
    let (moved, left) = fraction.split_at(places.min(fraction.len()));
    let mut plain = [whole, moved].concat();
    plain.resize(whole.len() + places, b'0');
    if !left.is_empty() {
        plain.push(b'.');
        plain.extend_from_slice(left);
    }
    Some(plain)
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(value.saturating_mul(10).saturating_add(digit))
    })
}
