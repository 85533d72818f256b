//! sled moves large pages into files of their own that it never removes. The checkpoint is laid out so that this never
//! happens, and so that its size stays the same however many runs rewrite it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "looks at folders")]

mod support;

use std::fmt::Write;
use std::fs;
use support::{Folder, STATE};

const RUNS: usize = 60;
const KEYS: usize = 600;
/// Long keys make much state of few rows: 2.4 MB a run, 144 MB over all runs, while three generations live.
const KEY_BYTES: usize = 4000;

/// What sled's log grows by.
const SEGMENT: u64 = 16 << 20;
/// How many segments the log may have. Live state fits into one; sled's threads decide when dropped ones are used again, and
/// 150 runs of this size were seen to need four, and five at times. All that is written would fill nine.
const SEGMENTS: u64 = 6;

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

#[test]
fn no_blob_file_ever_appears_and_the_size_stays_flat() {
    let folder = Folder::in_memory();
    let mut sizes = Vec::new();
    for number in 0..RUNS {
        folder.write("batch.csv", batch(number));
        folder.sessionize(&["run", "--gap=1h", "--quiet", "batch.csv"]).expect_code(0);
        assert_eq!(fs::read_dir(folder.path(STATE).join("blobs")).unwrap().count(), 0, "run {number}");
        let files = fs::read_dir(folder.path(STATE)).unwrap().count();
        assert!(files <= 5, "run {number}: {files} files: blobs, conf, db, lock, snap");
        sizes.push(bytes_in_state(&folder));
    }
    let inspected = folder.sessionize(&["inspect", "--format=json"]).expect_code(0).json();
    assert_eq!(
        inspected["sessions_open"], KEYS,
        "nothing was completed: all of it was rewritten by every run"
    );
    let largest = *sizes.iter().max().unwrap();
    assert!(largest < SEGMENTS * SEGMENT + SEGMENT / 2, "grows: {sizes:?}");
    let written = (RUNS * KEYS * KEY_BYTES) as u64;
    assert!(written > (SEGMENTS + 2) * SEGMENT, "too little was written for a leak to show");
}
