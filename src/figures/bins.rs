//! How many values lie between fixed bounds.

/// The highest value of each bin, and a name for each; what is above all of them is in one bin more.
#[derive(Debug)]
pub struct Bounds {
    bounds: &'static [i64],
    names: &'static [&'static str],
}

/// Numbers of events.
pub const LENGTHS: Bounds = Bounds {
    bounds: &[1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1_000],
    names: &[
        "1",
        "2",
        "3",
        "4–5",
        "6–10",
        "11–20",
        "21–50",
        "51–100",
        "101–200",
        "201–500",
        "501–1,000",
        "over 1,000",
    ],
};

const S: i64 = 1_000_000;
const MIN: i64 = 60 * S;
const H: i64 = 60 * MIN;

/// Durations in microseconds.
pub const DURATIONS: Bounds = Bounds {
    bounds: &[0, 10 * S, 30 * S, MIN, 3 * MIN, 10 * MIN, 30 * MIN, H, 3 * H, 12 * H, 24 * H, 72 * H, 168 * H],
    names: &[
        "0",
        "to 10 s",
        "to 30 s",
        "to 1 min",
        "to 3 min",
        "to 10 min",
        "to 30 min",
        "to 1 h",
        "to 3 h",
        "to 12 h",
        "to 1 day",
        "to 3 days",
        "to 7 days",
        "over 7 days",
    ],
};

/// The number of values in each bin.
#[derive(Debug, Clone)]
pub struct Bins {
    of: &'static Bounds,
    counts: Vec<i64>,
}

impl Bins {
    /// No values yet.
    pub fn new(of: &'static Bounds) -> Self {
        Self { of, counts: vec![0; of.bounds.len() + 1] }
    }

    /// Counts a value `times`, which is negative for a value that is taken back.
    pub fn add(&mut self, value: i64, times: i64) {
        let bin = self.of.bounds.partition_point(|&bound| bound < value);
        self.counts[bin] += times;
    }

    /// The bins from the first one to the last one that has a value: name and count.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, u64)> + '_ {
        let used = self.counts.iter().rposition(|&count| count != 0).map_or(0, |last| last + 1);
        let counts = self.counts[..used].iter().map(|&count| u64::try_from(count).unwrap_or(0));
        self.of.names[..used].iter().copied().zip(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bin_below_it() {
        let mut bins = Bins::new(&LENGTHS);
        for value in [1, 1, 3, 4, 5, 6, 1_000, 1_001] {
            bins.add(value, 1);
        }
        bins.add(1, -1);
        let found: Vec<_> = bins.iter().filter(|(_, count)| *count > 0).collect();
        assert_eq!(found, [("1", 1), ("3", 1), ("4–5", 2), ("6–10", 1), ("501–1,000", 1), ("over 1,000", 1)]);
        let mut durations = Bins::new(&DURATIONS);
        durations.add(0, 1);
        durations.add(10 * S + 1, 2);
        assert_eq!(durations.iter().collect::<Vec<_>>(), [("0", 1), ("to 10 s", 0), ("to 30 s", 2)]);
        assert_eq!(Bins::new(&DURATIONS).iter().len(), 0);
    }

    #[test]
    fn every_bin_has_a_name() {
        for of in [&LENGTHS, &DURATIONS] {
            assert_eq!(of.names.len(), of.bounds.len() + 1);
            assert!(of.bounds.is_sorted());
        }
    }
}
