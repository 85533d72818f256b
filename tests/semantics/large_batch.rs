//! A batch of several rounds of blocks, ordered and not, in memory and through temporary files: the same sessions, and every
//! rejected row with its line.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::support::stream;
use crate::support::{Folder, output_name};
use std::fmt::Write;
use std::path::Path;

const GAP_US: i64 = 1_800_000_000;
const EVENTS: usize = 60_000;

/// 14 MB of rows: more than a round of blocks holds.
struct Log {
    events: Vec<(Vec<u8>, i64)>,
    content: String,
    /// Line and text of the rows that are no events.
    bad: Vec<(usize, String)>,
}

/// A log in the order of time, or in none; `filler` is the third column.
fn log(ordered: bool, filler: &str) -> Log {
    let mut random = fastrand::Rng::with_seed(7);
    let mut us = 1_577_836_800_000_000;
    let mut events: Vec<(Vec<u8>, i64)> = Vec::new();
    for _ in 0..EVENTS {
        us += random.i64(0..2_000_000);
        events.push((format!("key {}", random.usize(0..3_000)).into_bytes(), us));
    }
    if !ordered {
        random.shuffle(&mut events);
    }
    let (mut content, mut bad, mut line) = (String::new(), Vec::new(), 1);
    for (number, (key, us)) in events.iter().enumerate() {
        if number % 997 == 500 {
            let row = format!("row {number},nonsense,");
            let _ = writeln!(content, "{row}");
            bad.push((line, row));
            line += 1;
        }
        let _ = writeln!(content, "{},{us},{filler}", str::from_utf8(key).unwrap());
        line += 1 + filler.matches('\n').count();
    }
    Log { events, content, bad }
}

/// Takes the log in as one batch and compares what comes out.
#[track_caller]
fn assert_all_of(log: &Log, flags: &[&str]) {
    let folder = Folder::new();
    folder.write("log.csv", &log.content);
    let run = ["run", "log.csv", "--gap", "30m", "--max-late", "0", "--max-rejects", "1%"];
    folder.sessionize(&[&run, flags].concat()).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);

    let found: Vec<_> = stream::sessions(&folder)
        .into_iter()
        .map(|(key, start, end, events, id)| {
            (key, crate::oracle::us(&start), crate::oracle::us(&end), events, id)
        })
        .collect();
    let expected: Vec<_> = crate::oracle::sessions(&log.events, GAP_US)
        .into_iter()
        .map(|of| (of.key, of.start_us, of.end_us, of.events, of.id.to_string()))
        .collect();
    assert!(expected.len() > 10_000);
    assert!(found == expected, "{} sessions, not {}", found.len(), expected.len());

    let mut rejects = String::from("file,line,reason,row\n");
    for (line, row) in &log.bad {
        let _ = writeln!(rejects, "log.csv,{line},time,{row}");
    }
    let published = &folder.published()[Path::new(&output_name("rejects", 1))];
    assert_eq!(str::from_utf8(published).unwrap(), rejects);
}

#[test]
fn in_the_order_of_time() {
    assert_all_of(&log(true, &plain()), &[]);
}

#[test]
fn in_no_order() {
    assert_all_of(&log(false, &plain()), &[]);
}

#[test]
fn in_no_order_and_beyond_the_memory() {
    assert_all_of(&log(false, &plain()), &["--memory", "100KiB"]);
}

#[test]
fn in_order_and_beyond_the_memory() {
    assert_all_of(&log(true, &plain()), &["--memory", "100KiB"]);
}

#[test]
fn with_quotes_and_rows_of_several_lines() {
    assert_all_of(&log(true, &quoted()), &[]);
}

fn plain() -> String {
    "x".repeat(200)
}

fn quoted() -> String {
    format!("\"{}\"", "a \"\"word\"\",\n".repeat(16))
}
