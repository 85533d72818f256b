//! Late events that correct completed sessions: what a run writes is the change, and nothing but the change.
#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::support::{Folder, output_name};
use std::fs;

/// Rows of a run without their ids: `op key start end events close_reason`.
fn changes(folder: &Folder, run: u64) -> Vec<String> {
    let rows = crate::support::read_csv(&fs::read(folder.path(&output_name("sessions", run))).unwrap());
    let row = |row: &Vec<Vec<u8>>| {
        let shown =
            [0, 2, 3, 4, 6, 7].map(|column: usize| String::from_utf8_lossy(&row[column]).into_owned());
        shown.join(" ")
    };
    rows[1..].iter().map(row).collect()
}

fn run(folder: &Folder, file: &str, rows: &str) {
    folder.write(file, format!("user,time\n{rows}"));
    folder.sessionize(&["run", file, "--allowed-lateness", "1h"]).expect_code(0);
}

#[test]
fn a_late_event_takes_a_session_back_and_tells_it_anew() {
    let folder = Folder::new();
    run(&folder, "1.csv", "ann,2020-01-01 00:00:00\nbob,2020-01-01 00:30:00\n");
    assert_eq!(changes(&folder, 1), ["insert ann 2020-01-01T00:00:00Z 2020-01-01T00:00:00Z 1 gap"]);
    run(&folder, "2.csv", "ann,2020-01-01 00:04:00\n");
    assert_eq!(
        changes(&folder, 2),
        [
            "retract ann 2020-01-01T00:00:00Z 2020-01-01T00:00:00Z 1 gap",
            "insert ann 2020-01-01T00:00:00Z 2020-01-01T00:04:00Z 2 gap",
        ]
    );
}

#[test]
fn a_finalize_leaves_alone_what_the_gap_had_ended_before() {
    let folder = Folder::new();
    run(&folder, "1.csv", "ann,2020-01-01 00:00:00\nbob,2020-01-01 00:30:00\n");
    folder.sessionize(&["finalize"]).expect_code(0);
    assert_eq!(changes(&folder, 2), ["insert bob 2020-01-01T00:30:00Z 2020-01-01T00:30:00Z 1 finalize"]);
}
