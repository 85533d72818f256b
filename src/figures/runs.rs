//! What the runs have left behind, one after the other.

use crate::core::event::Timestamp;
use std::collections::BTreeMap;

/// How many of the slowest runs are shown.
const SLOWEST: usize = 10;

/// A run that stands: no rollback has undone it.
#[derive(Debug, Clone)]
pub struct RunPoint {
    /// Its number.
    pub run: u64,
    /// The clock at its start.
    pub started: Timestamp,
    /// Open sessions after it.
    pub sessions_open: u64,
    /// Events in open sessions, and buffered events, after it.
    pub events_open: u64,
    /// From the watermark after it to its start, in microseconds; negative if event time was ahead.
    pub watermark_lag_us: Option<i64>,
    /// Rows read.
    pub rows_read: u64,
    /// Late events.
    pub events_late: u64,
    /// Rejected rows.
    pub rows_rejected: u64,
}

/// The time that a run took before its commit, in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct RunPhases {
    /// Its number.
    pub run: u64,
    /// The clock at its start.
    pub started: Timestamp,
    /// The names and times of its phases, in their order.
    pub phases_us: [(&'static str, u64); 4],
}

impl RunPhases {
    /// The time of all phases.
    pub fn total_us(&self) -> u64 {
        self.phases_us.iter().map(|(_, us)| us).sum()
    }
}

/// All runs that stand.
#[derive(Debug, Clone, Default)]
pub struct RunFigures {
    /// In their order.
    pub points: Vec<RunPoint>,
    /// Rejected rows by reason.
    pub rejects: BTreeMap<String, u64>,
    /// The slowest runs, the slowest first.
    pub slowest: Vec<RunPhases>,
    /// Runs whose times are not known.
    pub untimed: u64,
}

impl RunFigures {
    /// Adds a run with its rejected rows by reason, and its times if they are known.
    pub fn add(&mut self, point: RunPoint, rejects: &BTreeMap<String, u64>, phases: Option<RunPhases>) {
        for (reason, rows) in rejects {
            *self.rejects.entry(reason.clone()).or_default() += rows;
        }
        match phases {
            None => self.untimed += 1,
            Some(phases) => {
                let place = self.slowest.partition_point(|other| other.total_us() >= phases.total_us());
                self.slowest.insert(place, phases);
                self.slowest.truncate(SLOWEST);
            }
        }
        self.points.push(point);
    }

    /// The sum of a count over all runs.
    pub fn sum(&self, count: impl Fn(&RunPoint) -> u64) -> u64 {
        self.points.iter().map(count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_runs_come_first_and_equal_ones_in_their_order() {
        let mut runs = RunFigures::default();
        for (run, us) in (1..).zip([3_u64, 1, 9, 4, 4, 4, 4, 4, 4, 4, 4, 4]) {
            let started = Timestamp::from_us(0).unwrap();
            let point = RunPoint {
                run,
                started,
                sessions_open: 0,
                events_open: 0,
                watermark_lag_us: None,
                rows_read: us,
                events_late: 0,
                rows_rejected: 2,
            };
            let phases_us = [("open", us), ("read", 0), ("reduce", 0), ("stage", 0)];
            let phases = (run != 2).then_some(RunPhases { run, started, phases_us });
            runs.add(point, &BTreeMap::from([("time".to_owned(), 2)]), phases);
        }
        let numbers: Vec<u64> = runs.slowest.iter().map(|phases| phases.run).collect();
        assert_eq!(numbers, [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
        assert_eq!((runs.untimed, runs.rejects["time"], runs.sum(|point| point.rows_read)), (1, 24, 49));
    }
}
