//! Any sequence of runs, corrections, rollbacks and repeated files, delivered at any moment, by any copy of the program, to any
//! copy of the target.

use crate::published::expect_delivered;
use crate::server::{Database, shared};
use crate::support::{Folder, OUT};

/// Runs that leave sessions open and complete others; with corrections, late rows change completed ones.
struct History {
    folder: Folder,
    random: fastrand::Rng,
    batches: u32,
    rules: &'static [&'static str],
}

const CORRECTED: &[&str] =
    &["--gap=30m", "--allowed-lateness=3d", "--max-late=100%", "--agg=sum(amount)", "--agg=list(page)"];
const PLAIN: &[&str] = &["--gap=30m", "--late=drop", "--max-late=100%", "--agg=sum(amount)"];
const EVENTS: &[&str] = &["--gap=30m", "--late=drop", "--max-late=100%", "--emit=both"];

impl History {
    fn new(seed: u64, rules: &'static [&'static str]) -> Self {
        Self { folder: Folder::in_memory(), random: fastrand::Rng::with_seed(seed), batches: 0, rules }
    }

    fn write_batch(&mut self) -> String {
        self.batches += 1;
        let mut rows = "user,ts,amount,page\n".to_owned();
        for _ in 0..self.random.usize(1..40) {
            // Mostly of this day, sometimes of the days before.
            let late = if self.random.u8(0..5) == 0 { self.random.u32(0..3) } else { 0 };
            let day = self.batches.saturating_sub(late).max(1);
            let (hour, minute) = (self.random.u8(0..24), self.random.u8(0..60));
            let (user, amount) = (self.random.char('a'..='d'), self.random.u8(0..100));
            let time = format!("2020-{:02}-{:02}T{hour:02}:{minute:02}:00Z", day / 28 + 1, day % 28 + 1);
            let row = format!("{user},{time},{amount}.50,\"/{minute},\\\"\n");
            rows.push_str(&row);
        }
        let name = format!("batch-{}.csv", self.batches);
        self.folder.write(&name, rows);
        name
    }

    fn run(&self, file: &str) {
        let flags = ["run", file, "--key=user", "--time=ts"];
        self.folder.sessionize(&[&flags, self.rules].concat()).expect_code(0);
    }

    fn newest_run(&self) -> u64 {
        self.folder.files(&format!("{OUT}/manifests")).len() as u64
    }

    /// Does one of the things that may happen to an output folder.
    fn go_on(&mut self) {
        let newest = self.newest_run();
        match self.random.u8(0..10) {
            0 if self.batches > 0 => {
                let again = format!("batch-{}.csv", self.random.u32(1..=self.batches));
                self.run(&again);
            }
            1 | 2 if newest > 0 => {
                let to = self.random.u64(0..newest).to_string();
                // Not every run can be returned to: one that was rolled back cannot.
                let finished = self.folder.sessionize(&["rollback", "--to-run", &to]);
                assert!(matches!(finished.code, Some(0 | 2)), "{finished:?}");
            }
            3 if newest > 0 => {
                self.folder.sessionize(&["finalize"]).expect_code(0);
            }
            _ => {
                let batch = self.write_batch();
                self.run(&batch);
            }
        }
    }

    fn deliver(&self, database: &Database<'_>) {
        if self.newest_run() > 0 {
            database.deliver(&self.folder, &[]).expect_code(0);
            expect_delivered(database, &self.folder);
        }
    }
}

/// Follows a history, and now and then puts back an older copy of the target, which refills itself.
fn follow(seed: u64, rules: &'static [&'static str]) {
    let Some(server) = shared() else { return };
    let mut history = History::new(seed, rules);
    let mut database = server.database();
    for _ in 0..12 {
        for _ in 0..history.random.usize(1..4) {
            history.go_on();
        }
        if history.random.u8(0..4) == 0 {
            let older = database.copy();
            history.deliver(&database);
            database = older;
        }
        history.deliver(&database);
        if rules == EVENTS && history.newest_run() > 0 {
            expect_events(&history.folder, &database);
        }
    }
}

/// As many rows of events as the active runs have published.
#[track_caller]
fn expect_events(folder: &Folder, database: &Database<'_>) {
    let files = folder.files(&format!("{OUT}/events"));
    let published: usize =
        files.values().map(|content| csv::Reader::from_reader(&content[..]).records().count()).sum();
    let delivered = database.client().query_one("SELECT count(*) FROM events", &[]).unwrap().get::<_, i64>(0);
    assert_eq!(delivered, i64::try_from(published).unwrap());
}

#[test]
fn sessions_that_are_corrected() {
    (0..3).for_each(|seed| follow(seed, CORRECTED));
}

#[test]
fn sessions_that_stand() {
    (0..2).for_each(|seed| follow(seed, PLAIN));
}

#[test]
fn sessions_with_their_events() {
    (0..2).for_each(|seed| follow(seed, EVENTS));
}
