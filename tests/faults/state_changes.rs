//! Open state that is stored as a base and its changes: crashes at each step, a way back to each run, damage of either part. The
//! state of few keys is always stored whole, so the keys here are many, and all of one partition.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::twin::{SPLIT, execute, finalize, maintenance};
use crate::support::{Folder, STATE, SessionRow};
use sessionize::internals::KeyHash;
use std::fmt::Write as _;
use std::fs;

/// After each batch, only its last events can still be corrected.
const CORRECTED: &[&str] =
    &["--agg=sum(4)", "--agg=last(3)=last_page", "--dedup=row", "--allowed-lateness=5m"];
const RULES: [&[&str]; 3] = [&[], SPLIT, CORRECTED];
const KEYS: usize = 160;
/// Each goes on with a few keys, and begins one.
const BATCHES: usize = 5;
/// Runs after the first one that add to its base. After the last batch, many sessions are complete, and a new base is due.
const CHANGES: usize = 3;

/// Keys of one partition.
fn keys() -> Vec<String> {
    let all = (0..).map(|number| format!("a user with a name of some length {number}"));
    all.filter(|key| KeyHash::of(key.as_bytes()).partition().number() == 7).take(KEYS + BATCHES).collect()
}

/// In the first batch, all keys but some, a few of them so early that the second batch completes their sessions.
fn write_batches(folder: &Folder) {
    let keys = keys();
    let row = |text: &mut String, key: usize, time: &str, page: &str| {
        writeln!(text, "{},2024-01-01 {time},{page},{}", keys[key], key % 9).unwrap();
    };
    let mut first = String::new();
    for key in 0..KEYS {
        row(&mut first, key, if key % 50 == 0 { "06:00:00" } else { "10:00:00" }, "home");
    }
    // The watermark passes all of these.
    row(&mut first, KEYS - 1, "10:10:00", "home");
    folder.write("batch-0.csv", first);
    for number in 1..=BATCHES {
        let mut text = String::new();
        let hour = if number == BATCHES { 15 } else { 10 + number };
        for key in [number, number + 1, number + 50, KEYS + number - 1] {
            row(&mut text, key, &format!("{hour}:30:00"), "cart");
            row(&mut text, key, &format!("{hour}:31:00"), "paid");
        }
        folder.write(&format!("batch-{number}.csv"), text);
    }
}

fn run(batch: usize, rules: &[&str]) -> Vec<String> {
    let batch = format!("batch-{batch}.csv");
    let flags = ["run", &batch, "--gap=5h", "--watermark-delay=2m", "--header=no", "--quiet", "--threads=2"];
    maintenance(&[&flags, rules].concat())
}

/// After the first runs.
fn after(runs: usize, rules: &[&str]) -> Folder {
    let folder = Folder::in_memory();
    write_batches(&folder);
    (0..runs).for_each(|batch| drop(execute(&folder, &run(batch, rules)).expect_code(0)));
    folder
}

/// The entries of the store below `prefix`. A chunk has one part.
fn entries(folder: &Folder, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let found = open(folder).scan_prefix(prefix);
    found.map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())).unwrap()).collect()
}

fn open(folder: &Folder) -> sled::Db {
    let config = sled::Config::new().path(folder.path(STATE)).segment_size(1 << 20).flush_every_ms(None);
    config.open().unwrap()
}

/// The chunks that a generation has written.
fn written(folder: &Folder, generation: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
    entries(folder, &[&b"state/"[..], &generation.to_be_bytes()].concat())
}

/// Flips a bit in the middle of the chunks of a generation.
fn damage(folder: &Folder, generation: u64) {
    let chunks = written(folder, generation);
    let db = open(folder);
    assert!(!chunks.is_empty());
    for (key, mut value) in chunks {
        let middle = value.len() / 2;
        value[middle] ^= 4;
        db.insert(key, value).unwrap();
    }
    db.flush().unwrap();
}

/// The lines of open state in an export.
fn exported(folder: &Folder, flags: &[&str]) -> Vec<String> {
    execute(folder, &maintenance(&[&["export-state", "state.jsonl"], flags].concat())).expect_code(0);
    let export = fs::read_to_string(folder.path("state.jsonl")).unwrap();
    fs::remove_file(folder.path("state.jsonl")).unwrap();
    export.lines().filter(|line| line.starts_with("{\"state\"")).map(str::to_owned).collect()
}

fn sorted(mut sessions: Vec<SessionRow>) -> Vec<String> {
    sessions.sort_by(|one, other| one.id.cmp(&other.id));
    sessions.iter().map(|session| format!("{session:?}")).collect()
}

#[test]
fn a_run_writes_what_it_has_changed_and_a_new_base_when_that_is_much() {
    for rules in RULES {
        let folder = after(BATCHES + 1, rules);
        let bytes =
            |generation| written(&folder, generation).iter().map(|(_, chunk)| chunk.len()).sum::<usize>();
        let base = bytes(1);
        assert!(base > 8_000, "{rules:?}: {base}");
        for generation in 2..=1 + CHANGES as u64 {
            let changes = bytes(generation);
            assert!(changes > 0 && changes < base / 4, "{rules:?}, {generation}: {changes} of {base}");
        }
        // Most sessions were complete then, so the new base is a small one.
        execute(&folder, &maintenance(&["verify"])).expect_code(0);
        execute(&folder, &finalize()).expect_code(0);
        let folder_at_once = Folder::in_memory();
        write_batches(&folder_at_once);
        let read = |batch| fs::read_to_string(folder.path(&format!("batch-{batch}.csv"))).unwrap();
        let all: String = (0..=BATCHES).map(read).collect();
        folder_at_once.write("batch-0.csv", all);
        execute(&folder_at_once, &run(0, rules)).expect_code(0);
        execute(&folder_at_once, &finalize()).expect_code(0);
        let of = |folder: &Folder| sorted(folder.sessions());
        assert_eq!(of(&folder), of(&folder_at_once), "{rules:?}");
    }
}

#[test]
fn a_rollback_comes_back_to_the_state_of_each_run() {
    for rules in RULES {
        let folder = after(0, rules);
        let mut states = Vec::new();
        for batch in 0..=BATCHES {
            execute(&folder, &run(batch, rules)).expect_code(0);
            states.push(exported(&folder, &[]));
        }
        for (number, state) in states.iter().enumerate().rev() {
            let to = format!("--to-run={}", number + 1);
            execute(&folder, &maintenance(&["rollback", &to])).expect_code(0);
            assert_eq!(exported(&folder, &[]), *state, "{rules:?} {to}");
            execute(&folder, &maintenance(&["verify"])).expect_code(0);
        }
        // And from there on again.
        for (batch, state) in states.iter().enumerate().skip(1) {
            execute(&folder, &run(batch, rules)).expect_code(0);
            assert_eq!(exported(&folder, &[]), *state, "{rules:?} {batch}");
        }
    }
}

#[test]
fn of_damaged_changes_no_state_of_before_is_passed_off_as_the_newest() {
    for rules in RULES {
        let folder = after(1 + CHANGES, rules);
        let held = exported(&folder, &[]).len();
        assert!(held > KEYS - 10);
        damage(&folder, 1 + CHANGES as u64);
        for command in
            [maintenance(&["export-state", "whole.jsonl"]), run(1 + CHANGES, rules), maintenance(&["verify"])]
        {
            execute(&folder, &command).expect_code(74);
        }
        assert_eq!(exported(&folder, &["--salvage"]), Vec::<String>::new(), "{rules:?}");
        // The state before them is still there.
        execute(&folder, &maintenance(&["rollback", "--to-run=1"])).expect_code(0);
        execute(&folder, &maintenance(&["verify"])).expect_code(0);
    }
}

#[test]
fn of_a_damaged_base_what_has_changed_since_is_saved() {
    for rules in RULES {
        let folder = after(1 + CHANGES, rules);
        let held = exported(&folder, &[]);
        damage(&folder, 1);
        execute(&folder, &maintenance(&["verify"])).expect_code(74);
        let saved = exported(&folder, &["--salvage"]);
        // By hand: three batches with the keys n, n + 1, n + 50 and a new one, and the key whose last event waited in the first.
        assert_eq!(saved.len(), 4 + 3 + 3 + 1, "{rules:?}");
        assert!(saved.iter().all(|line| held.contains(line)), "{rules:?}");
    }
}

#[cfg(debug_assertions)]
#[test]
fn of_a_crash_at_each_step_there_is_one_state_or_the_next() {
    use crate::support::faults::Job;
    for rules in RULES {
        let of = |batch: usize| run(batch, rules);
        let before = vec![of(0), of(1)];
        let disturbed = [of(2), vec!["--keep-generations=1".to_owned()]].concat();
        let must_reach = &["write state", "commit", "rename", "remove state"];
        let job = Job {
            must_reach,
            is_long: !rules.is_empty(),
            ..Job::of(before, disturbed, vec![of(3), finalize()])
        };
        let folder = after(0, rules);
        job.disturb_in(&folder);
    }
}
