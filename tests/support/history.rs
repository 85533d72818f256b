//! An output folder that goes on: runs, late events that correct what was published, rollbacks and what is run again after them.

use super::Folder;
use super::delivered::{Contents, sessions};
use std::collections::BTreeMap;
use std::fmt::Write;
use uuid::Uuid;

/// The gap of its sessions.
pub const GAP_US: i64 = 1_800_000_000;

const DAY_US: i64 = 86_400_000_000;
const RULES: [&str; 6] = [
    "--key=user",
    "--time=ts",
    "--gap=30m",
    "--allowed-lateness=4000d",
    "--max-late=100%",
    "--keep-generations=3",
];

/// A folder with its history, and all events that are in it.
pub struct History {
    pub folder: Folder,
    pub random: fastrand::Rng,
    /// Key and time of each event.
    pub events: Vec<(Vec<u8>, i64)>,
    batches: usize,
    runs: u64,
}

impl History {
    /// The one of this seed.
    pub fn new(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self { folder: Folder::in_memory(), random, events: Vec::new(), batches: 0, runs: 0 }
    }

    /// A further run; now and then it is taken back, and run again.
    pub fn go_on(&mut self) {
        self.batches += 1;
        let file = self.write_batch();
        self.run(&file);
        if self.runs > 1 && self.random.u8(0..4) == 0 {
            let to = (self.runs - 1).to_string();
            self.folder.sessionize(&["rollback", "--to-run", &to]).expect_code(0);
            self.runs += 1;
            self.run(&file);
        }
    }

    fn run(&mut self, file: &str) {
        self.folder.sessionize(&[&["run", file], &RULES[..]].concat()).expect_code(0);
        self.runs += 1;
    }

    fn write_batch(&mut self) -> String {
        let mut rows = "user,ts\n".to_owned();
        for _ in 0..self.random.usize(5..40) {
            // Mostly of this day, sometimes of one before.
            let day =
                i64::try_from(self.batches).unwrap() - self.random.i64(0..8) / 5 * self.random.i64(0..3);
            let us = (18_262 + day.max(0)) * DAY_US + self.random.i64(0..86_400) * 1_000_000;
            let key = format!("user-{}", self.random.u8(0..6));
            let time = chrono::DateTime::from_timestamp_micros(us).unwrap().format("%Y-%m-%dT%H:%M:%SZ");
            writeln!(rows, "{key},{time}").unwrap();
            self.events.push((key.into_bytes(), us));
        }
        let name = format!("batch-{}.csv", self.batches);
        self.folder.write(&name, rows);
        name
    }
}

/// Holds the sessions in a target against others: their ids, and how many events each has.
#[track_caller]
pub fn expect_sessions(contents: &Contents, expected: impl Iterator<Item = (Uuid, u64)>) {
    let found: BTreeMap<String, u64> = sessions(contents)
        .into_iter()
        .map(|(id, fields)| (id, fields["event_count"].parse().unwrap()))
        .collect();
    let expected: BTreeMap<String, u64> = expected.map(|(id, events)| (id.to_string(), events)).collect();
    assert_eq!(found, expected);
}
