//! The definition of "still the same session".

use crate::core::event::Timestamp;

/// The longest pause inside a session, in microseconds. Zero joins only equal times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap(i64);

impl Gap {
    /// A gap of `us` microseconds; a negative one counts as zero.
    pub const fn from_us(us: i64) -> Self {
        Self(if us < 0 { 0 } else { us })
    }

    /// The gap in microseconds.
    pub const fn us(self) -> i64 {
        self.0
    }

    /// Whether an event at `next` continues the session whose last event is at `last` (rule 5: `next - last <= gap`).
    pub const fn joins(self, last: Timestamp, next: Timestamp) -> bool {
        next.us_since(last) <= self.0
    }

    /// Whether no event at or after `reached` can continue the session (rule 6: `last + gap < reached`).
    ///
    /// This is the complement of [`Gap::joins`]: no event that is not late can extend a session that is passed.
    pub const fn is_passed(self, last: Timestamp, reached: Timestamp) -> bool {
        !self.joins(last, reached)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_joins_up_to_the_gap_and_not_beyond() {
        let at = |us| Timestamp::from_us(us).unwrap();
        for (next, joins) in [(1_000, true), (1_300, true), (1_301, false)] {
            assert_eq!(Gap::from_us(300).joins(at(1_000), at(next)), joins, "{next}");
            assert_eq!(Gap::from_us(300).is_passed(at(1_000), at(next)), !joins, "{next}");
        }
    }

    #[test]
    fn a_negative_gap_counts_as_zero_which_joins_equal_times_only() {
        let at = |us| Timestamp::from_us(us).unwrap();
        assert_eq!(Gap::from_us(-5), Gap::from_us(0));
        assert!(Gap::from_us(-5).joins(at(7), at(7)));
        assert!(Gap::from_us(-5).is_passed(at(7), at(8)));
    }
}
