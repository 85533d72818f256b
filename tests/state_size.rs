//! sled moves large pages into files of their own that it never removes. The checkpoint is laid out so that this never
//! happens, and so that its size stays the same however many runs rewrite it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "looks at folders")]

mod support;

use std::fmt::Write;
use std::fs;
use support::{Folder, STATE};

const RUNS: usize = 50;
const KEYS: usize = 600;
/// Long keys make much state of few rows: together over 1 MiB, about 60 MiB over all runs.
const KEY_BYTES: usize = 2000;

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
    let early = sizes[RUNS / 3..RUNS / 2].iter().max().unwrap();
    let last = sizes[RUNS / 2..].iter().max().unwrap();
    let segment = 16 << 20;
    assert!(*last <= early + segment, "grows: {sizes:?}");
    let written = (RUNS * KEYS * KEY_BYTES) as u64;
    assert!(written > 2 * segment && *last < written, "what was dropped is used again: {sizes:?}");
}
