//! Hourly batches for a long time, as cron would start them, with kills, late rows, files that come twice and rollbacks:
//! in the end every session is there once, the state folder has not grown, and late rows are exactly those of the oracle.
//!
//! By default two days. `SESSIONIZE_TEST_HOURS=8760` makes it a year; with `SESSIONIZE_TEST_FOLDER` the work is kept there
//! and `SESSIONIZE_TEST_PORTION` hours are done at a time, so that a year can be done in pieces.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]
#![allow(clippy::disallowed_methods, reason = "looks at folders; the time of a run is shown, never judged")]

use crate::support::twin::{execute, kill_after, number_from_environment};
use crate::support::{Folder, OUT, STATE};
use std::fmt::Write;
use std::fs;
use std::time::{Duration, Instant};

const HOUR_US: i64 = 3_600_000_000;
const MINUTE_US: i64 = 60_000_000;
const GAP_US: i64 = 10 * MINUTE_US;
const LATENESS_US: i64 = 20 * MINUTE_US;
/// 2024-01-01.
const BEGIN_US: i64 = 1_704_067_200_000_000;
const EVENTS_AN_HOUR: usize = 60;

/// The batch of an hour: a tenth of its events come late, some of them later than is allowed.
fn events_of(hour: i64, seed: u64) -> Vec<(Vec<u8>, i64)> {
    let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(hour.unsigned_abs()));
    (0..EVENTS_AN_HOUR)
        .map(|_| {
            let delay = if random.u8(0..10) == 0 { random.i64(0..90) * MINUTE_US } else { 0 };
            let time = BEGIN_US + hour * HOUR_US + random.i64(0..3600) * 1_000_000 - delay;
            (format!("user-{}", random.u8(0..25)).into_bytes(), time)
        })
        .collect()
}

fn write_batch(folder: &Folder, name: &str, events: &[(Vec<u8>, i64)]) {
    let mut text = String::new();
    for (key, us) in events {
        writeln!(text, "{},{}", String::from_utf8_lossy(key), us / 1_000_000).unwrap();
    }
    folder.write(name, text);
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

fn run(hour: i64) -> Vec<String> {
    words(&format!(
        "run batches/{hour}.csv --header=no --gap=10m --watermark-delay=20m --time-format=epoch-s --max-late=100% --quiet"
    ))
}

/// What the oracle knows after each hour.
struct Expected {
    accepted: Vec<(Vec<u8>, i64)>,
    late: usize,
    watermark_us: i64,
}

impl Expected {
    /// Rules 2 and 3.
    fn take(&mut self, events: &[(Vec<u8>, i64)]) {
        let before = self.watermark_us;
        let accepted: Vec<_> = events.iter().filter(|(_, us)| *us >= before).cloned().collect();
        self.late += events.len() - accepted.len();
        let latest = accepted.iter().map(|(_, us)| *us).max();
        self.watermark_us = latest.map_or(before, |latest| before.max(latest - LATENESS_US));
        self.accepted.extend(accepted);
    }
}

struct Soak {
    folder: Folder,
    random: fastrand::Rng,
    can_roll_back: bool,
    kills: usize,
    doubles: usize,
    rollbacks: usize,
}

impl Soak {
    /// One hour, with what may happen in it.
    fn hour(&mut self, hour: i64, events: &[(Vec<u8>, i64)]) {
        write_batch(&self.folder, &format!("batches/{hour}.csv"), events);
        if self.random.u8(0..8) == 0 {
            let time = Duration::from_micros(self.random.u64(0..60_000));
            self.kills += usize::from(kill_after(&self.folder, &run(hour), time));
        }
        execute(&self.folder, &run(hour)).expect_code(0);
        if self.random.u8(0..10) == 0 {
            let before = self.folder.sessionize(&["inspect", "--report=json"]).expect_code(0).json();
            execute(&self.folder, &run(hour)).expect_code(0);
            let after = self.folder.sessionize(&["inspect", "--report=json"]).expect_code(0).json();
            assert_eq!(before["runs"], after["runs"], "hour {hour}: the same file twice");
            self.doubles += 1;
        }
        if self.can_roll_back && hour > 2 && self.random.u8(0..100) == 0 {
            self.roll_back(hour);
        }
        // A batch is small; a year of them need not lie about.
        fs::remove_file(self.folder.path(&format!("batches/{}.csv", hour - 3))).ok();
    }

    /// Two hours back, and again.
    fn roll_back(&mut self, hour: i64) {
        let ledger = self.folder.sessionize(&["inspect", "--runs", "--report=json"]).expect_code(0).json();
        let name = format!("batches/{}.csv", hour - 2);
        let of_file = |run: &&serde_json::Value| run["files"][0]["path"] == name.as_str();
        let to = ledger["ledger"].as_array().unwrap().iter().rfind(of_file).unwrap()["run"].as_u64().unwrap();
        let ended = execute(&self.folder, &words(&format!("rollback --to-run {to} --quiet")));
        // Where an earlier rollback lies between, there is none.
        if ended.code == Some(0) {
            execute(&self.folder, &run(hour - 1)).expect_code(0);
            execute(&self.folder, &run(hour)).expect_code(0);
            self.rollbacks += 1;
        }
    }

    fn size(&self) -> (usize, u64) {
        let files: Vec<_> =
            fs::read_dir(self.folder.path(STATE)).unwrap().map(|entry| entry.unwrap()).collect();
        (files.len(), files.iter().map(|file| file.metadata().unwrap().len()).sum())
    }
}

#[test]
fn a_long_time_of_hourly_batches() {
    let hours: i64 = number_from_environment("SESSIONIZE_TEST_HOURS", 48);
    let portion: i64 = number_from_environment("SESSIONIZE_TEST_PORTION", hours);
    let seed = number_from_environment("SESSIONIZE_TEST_SEED", 1);
    let folder = std::env::var("SESSIONIZE_TEST_FOLDER").map_or_else(|_| Folder::in_memory(), Folder::kept);
    let read = |name: &str| fs::read_to_string(folder.path(name)).ok();
    let done: i64 = read("hours-done").map_or(0, |text| text.trim().parse().unwrap());
    let mut expected = Expected { accepted: Vec::new(), late: 0, watermark_us: i64::MIN };
    (0..done).for_each(|hour| expected.take(&events_of(hour, seed)));
    let can_roll_back = folder.sessionize(&["rollback", "--help"]).code == Some(0);
    let random = fastrand::Rng::with_seed(seed.wrapping_add(done.unsigned_abs()));
    let mut soak = Soak { folder, random, can_roll_back, kills: 0, doubles: 0, rollbacks: 0 };
    let end = hours.min(done + portion);
    let begin = Instant::now();
    for hour in done..end {
        let events = events_of(hour, seed);
        expected.take(&events);
        soak.hour(hour, &events);
        soak.folder.write("hours-done", (hour + 1).to_string());
        let (files, bytes) = soak.size();
        assert!(files <= 5, "hour {hour}: {files} files: blobs, conf, db, lock, snap");
        assert!(bytes <= 50 << 20, "hour {hour}: {bytes} bytes of state");
    }
    let one = begin.elapsed() / u32::try_from((end - done).max(1)).unwrap();
    let (files, bytes) = soak.size();
    let Soak { kills, doubles, rollbacks, .. } = soak;
    println!(
        "hours {done} to {end}: {one:.1?} an hour, {kills} kills, {doubles} doubles, {rollbacks} rollbacks; state: {files} \
         files, {bytes} bytes"
    );
    if end == hours {
        check(&soak.folder, &expected);
    }
}

fn check(folder: &Folder, expected: &Expected) {
    execute(folder, &words("finalize --quiet")).expect_code(0);
    let mut sessions: Vec<_> = folder
        .sessions()
        .into_iter()
        .map(|row| crate::oracle::OracleSession {
            key: row.key[0].clone().into_bytes(),
            start_us: crate::oracle::us(&row.start),
            end_us: crate::oracle::us(&row.end),
            events: row.events,
            id: row.id.parse().unwrap(),
        })
        .collect();
    sessions.sort();
    let oracle = crate::oracle::sessions(&expected.accepted, GAP_US);
    assert!(sessions == oracle, "{} sessions, {} of the oracle", sessions.len(), oracle.len());
    let lines = |content: Vec<u8>| String::from_utf8(content).unwrap().lines().count() - 1;
    let late: usize = folder.files(&format!("{OUT}/late")).into_values().map(lines).sum();
    assert_eq!(late, expected.late);
    println!("{} sessions and {late} late rows are those of the oracle", sessions.len());
}
