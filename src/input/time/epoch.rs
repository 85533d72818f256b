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

/// `-1577836920.25`: digits, with an optional sign and an optional fraction of up to nine digits.
struct Number {
    negative: bool,
    /// The digits before the point; a number that is too large stays at the largest.
    whole: u64,
    fraction_ns: Option<u64>,
}

impl Number {
    fn read(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut parts = text.splitn(2, |&byte| byte == b'.');
        let whole = digits(parts.next()?)?;
        let fraction_ns = match parts.next() {
            Some(text) => {
                let missing = u32::try_from(9_usize.checked_sub(text.len())?).ok()?;
                Some(digits(text)? * 10_u64.pow(missing))
            }
            None => None,
        };
        Some(Self { negative, whole, fraction_ns })
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
    if number.fraction_ns.is_some() && unit != EpochUnit::Seconds {
        return Err(NotATime::Unreadable);
    }
    number.us(unit).ok_or(NotATime::Impossible)
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
