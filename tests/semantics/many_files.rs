//! A backfill names more files than a shell lets a process have open by default.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "runs the program from a shell")]

use crate::support::{Finished, Folder};
use std::process::Command;

#[test]
fn more_files_than_the_soft_limit_allows_are_one_batch() {
    let folder = Folder::new();
    for number in 0..200 {
        folder.write(&format!("hour-{number:03}.csv"), format!("apple,2020-01-01 00:00:00,{number}\n"));
    }
    let mut shell = Command::new("sh");
    shell
        .current_dir(folder.path(""))
        .env("PROGRAM", env!("CARGO_BIN_EXE_sessionize"))
        .args(["-c", "ulimit -S -n 64 && exec \"$PROGRAM\" run --report json --batch hour-*.csv"]);
    let report = Finished::of(shell, b"").expect_code(0).json();
    assert_eq!(report["rows_read"], 200);
}
