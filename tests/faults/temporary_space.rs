//! No space for temporary files, whatever they are for: a clear error, exit code 1, nothing changed, and with space the same command comes
//! to the outputs of an undisturbed twin.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

use crate::disk_full::SmallDisk;
use crate::support::twin::expect_one_clear_line;
use crate::support::{Finished, Folder, OUT};
use std::path::Path;

const FILE: &str = "day.csv";

/// Commands that need temporary files for a stream, for events that do not fit into memory, and for rows of many days.
const COMMANDS: [(&str, &[&str]); 3] = [
    ("keep a copy of the stream in a temporary file", &["run", "--batch", "-"]),
    ("use a temporary file for events", &["run", FILE, "--memory", "1MB"]),
    (
        "use a temporary file for events",
        &["run", FILE, "--memory", "1MB", "--gap", "1s", "--partition-by", "date"],
    ),
];

/// Rows of two weeks, of which none follows the one before.
fn unsorted() -> String {
    let second = |number: u64| 1_577_836_800 + number * 7_919 % (14 * 86_400);
    let row = |number: u64| format!("user-{},{}\n", number * 31 % 9_973, second(number));
    (0..100_000).map(row).collect()
}

fn execute(folder: &Folder, words: &[&str], temporary: &Path, rows: &str) -> Finished {
    let mut command = folder.command(&[words, &["--max-late", "100%"]].concat());
    command.env("TMPDIR", temporary);
    Finished::of(command, if words.contains(&"-") { rows.as_bytes() } else { b"" })
}

#[track_caller]
fn expect_recovery(what: &str, words: &[&str], temporary: &Path, kinds: &[&str]) {
    let (folder, twin, rows) = (Folder::in_memory(), Folder::in_memory(), unsorted());
    for each in [&folder, &twin] {
        each.write(FILE, &rows);
    }
    for _ in 0..2 {
        let refused = execute(&folder, words, temporary, &rows).expect_code(1);
        expect_one_clear_line(&refused);
        for part in [what, "TMPDIR", "nothing was changed"] {
            assert!(refused.stderr.contains(part), "{words:?}: {}", refused.stderr);
        }
        assert!(kinds.iter().any(|kind| refused.stderr.contains(kind)), "{words:?}: {}", refused.stderr);
        let published = folder.files(OUT);
        assert!(published.keys().all(|path| path.ends_with("owner.json")), "{words:?}: {published:?}");
    }
    let elsewhere = Folder::new();
    for each in [&folder, &twin] {
        execute(each, words, &elsewhere.path(""), &rows).expect_code(0);
        each.sessionize(&["finalize"]).expect_code(0);
    }
    let sessions = |folder: &Folder| folder.files(&format!("{OUT}/sessions"));
    assert!(sessions(&folder) == sessions(&twin) && !sessions(&twin).is_empty(), "{words:?}");
}

#[test]
fn a_folder_for_temporary_files_that_is_full() {
    let Some(small) = SmallDisk::mount(64) else {
        println!("!!!! SKIPPED: mounting a file system is not permitted here");
        return;
    };
    for (what, words) in COMMANDS {
        expect_recovery(what, words, &small.0.path(""), &["No space left on device"]);
    }
}

#[test]
fn a_folder_for_temporary_files_that_cannot_be_written() {
    let folder = Folder::in_memory();
    folder.write("file", "");
    for temporary in ["nowhere", "file"] {
        for (what, words) in COMMANDS {
            expect_recovery(
                what,
                words,
                &folder.path(temporary),
                &["No such file or directory", "Not a directory"],
            );
        }
    }
    let Some(small) = SmallDisk::mount(64) else {
        println!("!!!! SKIPPED: mounting a file system is not permitted here");
        return;
    };
    small.make_read_only();
    for (what, words) in COMMANDS {
        expect_recovery(what, words, &small.0.path(""), &["Read-only file system"]);
    }
}
