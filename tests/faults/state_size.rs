//! sled moves large pages into files of their own that it never removes. The checkpoint is laid out so that this never
//! happens, and so that its size stays the same however many runs rewrite it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "looks at folders")]

use crate::support::{Folder, STATE};
use std::fmt::Write;
use std::fs;

const RUNS: usize = 60;
const KEYS: usize = 600;
/// Long keys make much state of few rows: 2.4 MB a run, 144 MB over all runs, while three generations live.
const KEY_BYTES: usize = 4000;

/// What sled's log grows by.
const SEGMENT: u64 = 1 << 20;
/// How many segments the log may have. Live state fits into twelve; sled's threads decide when dropped ones are used again. All that is
/// written would fill 137.
const SEGMENTS: u64 = 80;

/// A batch that goes on with the session of every key.
fn batch(number: usize) -> String {
    let mut text = String::new();
    for key in 0..KEYS {
        let time = format!("2024-01-01 {:02}:{:02}:00", number / 60, number % 60);
        writeln!(text, "{key:0KEY_BYTES$},{time}").unwrap();
    }
    text
}

fn bytes_in_state(folder: &Folder) -> u64 {
    let names = fs::read_dir(folder.path(STATE)).unwrap();
    names.map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

fn blobs(folder: &Folder) -> usize {
    fs::read_dir(folder.path(STATE).join("blobs")).unwrap().count()
}

#[test]
fn no_blob_file_ever_appears_and_the_size_stays_flat() {
    let folder = Folder::in_memory();
    let mut sizes = Vec::new();
    for number in 0..RUNS {
        folder.write("batch.csv", batch(number));
        folder
            .sessionize(&["run", "--gap=1h", "--keep-generations=3", "--quiet", "batch.csv"])
            .expect_code(0);
        assert_eq!(blobs(&folder), 0, "run {number}");
        let files = fs::read_dir(folder.path(STATE)).unwrap().count();
        assert!(files <= 5, "run {number}: {files} files: blobs, conf, db, lock, snap");
        sizes.push(bytes_in_state(&folder));
    }
    let inspected = folder.sessionize(&["inspect", "--report=json"]).expect_code(0).json();
    assert_eq!(
        inspected["sessions_open"], KEYS,
        "nothing was completed: all of it was rewritten by every run"
    );
    let largest = *sizes.iter().max().unwrap();
    assert!(largest < SEGMENTS * SEGMENT + SEGMENT / 2, "grows: {sizes:?}");
    let written = (RUNS * KEYS * KEY_BYTES) as u64;
    assert!(written > (SEGMENTS + 2) * SEGMENT, "too little was written for a leak to show");
}

/// A page of sled holds up to 17 chunks that stand next to each other.
#[test]
fn neither_do_the_longest_keys() {
    const LONGEST_KEY: usize = 32_767;
    let folder = Folder::in_memory();
    for minute in 0..12 {
        let row = |key| format!("{key:0LONGEST_KEY$},2024-01-01 00:{minute:02}:00\n");
        folder.write("batch.csv", (0..60).map(row).collect::<String>());
        folder
            .sessionize(&["run", "--gap=1h", "--keep-generations=3", "--quiet", "batch.csv"])
            .expect_code(0);
        assert_eq!(blobs(&folder), 0, "minute {minute}");
    }
    let inspected = folder.sessionize(&["inspect", "--report=json"]).expect_code(0).json();
    assert_eq!(inspected["sessions_open"], 60);
}
