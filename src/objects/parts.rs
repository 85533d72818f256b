//! The parts in which an object is fetched, and how much of each is there.

use std::ops::Range;

/// The first part is short: it shows what an object is, and of many objects it is all.
const FIRST_BYTES: u64 = 1 << 20;
/// A part for which one request is made.
const PART_BYTES: u64 = 8 << 20;

/// A part of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    range: Range<u64>,
    /// How many of its bytes are there, from the first one on.
    filled: u64,
    is_claimed: bool,
    is_wanted: bool,
}

/// The parts of an object, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts(Vec<Part>);

impl Parts {
    /// Of an object of so many bytes; one part if it can only be fetched `whole`.
    pub(super) fn of(bytes: u64, whole: bool) -> Self {
        let mut parts = Vec::new();
        let mut start = 0;
        while start < bytes {
            let longest = match start {
                _ if whole => bytes,
                0 => FIRST_BYTES,
                _ => PART_BYTES,
            };
            let range = start..bytes.min(start.saturating_add(longest));
            start = range.end;
            parts.push(Part { range, filled: 0, is_claimed: false, is_wanted: false });
        }
        Self(parts)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// How many bytes are there from `offset` on without a break.
    pub(super) fn readable(&self, offset: u64) -> u64 {
        let first = self.part_at(offset);
        let mut reached = offset;
        for part in &self.0[first..] {
            let end = part.range.start + part.filled;
            if end <= reached {
                break;
            }
            reached = end;
            if end < part.range.end {
                break;
            }
        }
        reached - offset
    }

    fn part_at(&self, offset: u64) -> usize {
        self.0.partition_point(|part| part.range.end <= offset)
    }

    /// The part in which `offset` lies, if it is the first time that somebody waits for it, and nobody fetches it yet.
    pub(super) fn want(&mut self, offset: u64) -> Option<usize> {
        let number = self.part_at(offset);
        let part = self.0.get_mut(number).filter(|part| !part.is_wanted && !part.is_claimed)?;
        part.is_wanted = true;
        Some(number)
    }

    /// What is to be fetched of a part, for the first who asks.
    pub(super) fn claim(&mut self, number: usize) -> Option<Range<u64>> {
        let part = self.0.get_mut(number).filter(|part| !part.is_claimed)?;
        part.is_claimed = true;
        Some(part.range.clone())
    }

    /// Says that all bytes of a part are there up to `end`.
    pub(super) fn fill(&mut self, number: usize, end: u64) {
        if let Some(part) = self.0.get_mut(number) {
            part.filled = end.saturating_sub(part.range.start).min(part.range.end - part.range.start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(parts: &Parts) -> Vec<Range<u64>> {
        parts.0.iter().map(|part| part.range.clone()).collect()
    }

    #[test]
    fn every_byte_is_in_one_part_and_the_first_one_is_short() {
        assert_eq!(Parts::of(0, false).count(), 0);
        assert_eq!(ranges(&Parts::of(1, false)), vec![0..1]);
        assert_eq!(ranges(&Parts::of(FIRST_BYTES, false)), vec![0..FIRST_BYTES]);
        let bytes = FIRST_BYTES + PART_BYTES + 1;
        let expected = vec![0..FIRST_BYTES, FIRST_BYTES..bytes - 1, bytes - 1..bytes];
        assert_eq!(ranges(&Parts::of(bytes, false)), expected);
        assert_eq!(ranges(&Parts::of(bytes, true)), vec![0..bytes]);
    }

    #[test]
    fn bytes_can_be_read_up_to_the_first_gap() {
        let mut parts = Parts::of(FIRST_BYTES + 2 * PART_BYTES, false);
        parts.fill(0, 10);
        parts.fill(2, FIRST_BYTES + PART_BYTES + 5);
        assert_eq!([0, 9, 10, 11].map(|offset| parts.readable(offset)), [10, 1, 0, 0]);
        assert_eq!(parts.readable(FIRST_BYTES + PART_BYTES + 1), 4);
        parts.fill(0, FIRST_BYTES);
        assert_eq!(parts.readable(4), FIRST_BYTES - 4);
        parts.fill(1, FIRST_BYTES + PART_BYTES);
        assert_eq!(parts.readable(0), FIRST_BYTES + PART_BYTES + 5);
    }

    #[test]
    fn a_part_is_fetched_once_whoever_asks_for_it() {
        let mut parts = Parts::of(FIRST_BYTES + PART_BYTES, false);
        assert_eq!(parts.want(FIRST_BYTES), Some(1));
        assert_eq!(parts.want(FIRST_BYTES + 7), None);
        assert_eq!(parts.claim(1), Some(FIRST_BYTES..FIRST_BYTES + PART_BYTES));
        assert_eq!((parts.claim(1), parts.claim(2)), (None, None));
        assert_eq!((parts.want(0), parts.claim(0)), (Some(0), Some(0..FIRST_BYTES)));
    }
}
