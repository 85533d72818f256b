//! The pauses between events that follow each other in their key, by length.

use crate::core::event::Timestamp;

/// The upper ends of the classes of pauses, in seconds. After the last one comes a class without an end.
pub const CLASSES_S: [i64; 14] =
    [1, 10, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400];

/// The pauses of a sample.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pauses {
    /// All pauses in microseconds, sorted by length. Equal times have no pause between them.
    pub lengths_us: Vec<i64>,
}

/// The pauses of `events`, which this sorts.
pub fn pauses_of(events: &mut [(&[u8], Timestamp)]) -> Pauses {
    events.sort_unstable();
    let of_one_key = events.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let lengths = of_one_key.map(|pair| pair[1].1.us_since(pair[0].1));
    let mut lengths_us: Vec<i64> = lengths.filter(|&length| length > 0).collect();
    lengths_us.sort_unstable();
    Pauses { lengths_us }
}

impl Pauses {
    /// The number of pauses that are not longer than `length_us`.
    pub fn up_to(&self, length_us: i64) -> usize {
        self.lengths_us.partition_point(|&length| length <= length_us)
    }

    /// The number of pauses in each of [`CLASSES_S`], and after the last one.
    pub fn by_class(&self) -> Vec<usize> {
        let ends = CLASSES_S.iter().map(|&end_s| self.up_to(end_s * 1_000_000));
        let mut before = 0;
        ends.chain([self.lengths_us.len()]).map(|end| end - std::mem::replace(&mut before, end)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_us(second * 1_000_000).unwrap()
    }

    #[test]
    fn pauses_are_those_of_one_key_in_order_of_time() {
        let mut events: Vec<(&[u8], Timestamp)> =
            vec![(b"b", at(7)), (b"a", at(100)), (b"a", at(0)), (b"a", at(100)), (b"b", at(5))];
        let pauses = pauses_of(&mut events);
        assert_eq!(pauses.lengths_us, [2_000_000, 100_000_000]);
        assert_eq!((pauses.up_to(1_999_999), pauses.up_to(2_000_000)), (0, 1));
        let by_class = pauses.by_class();
        assert_eq!((by_class.len(), by_class[1], by_class[4], by_class.iter().sum()), (15, 1, 1, 2));
    }
}
