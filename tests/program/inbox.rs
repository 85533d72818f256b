//! The inbox: `--new` takes what no run has ingested, in the order of names, and leaves what may still be written.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "sets the times of files")]

use crate::support::{Finished, Folder, OUT};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, SystemTime};

/// Puts a file into the inbox that was written `seconds` ago.
fn arrives(folder: &Folder, name: &str, rows: &str, seconds: i64) {
    folder.write(name, rows);
    let (now, apart) = (SystemTime::now(), Duration::from_secs(seconds.unsigned_abs()));
    let modified = if seconds < 0 { now + apart } else { now - apart };
    fs::File::options().append(true).open(folder.path(name)).unwrap().set_modified(modified).unwrap();
}

fn take_in(folder: &Folder, flags: &[&str]) -> Finished {
    folder.sessionize(&[&["run", "--new", "in/**/*.csv", "--report=json"], flags].concat())
}

fn names(report: &Value) -> Vec<&str> {
    report["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect()
}

const ANN: &str = "ann,2020-01-01 10:00:00\n";
const BOB: &str = "bob,2020-01-01 10:00:30\n";
const CAT: &str = "cat,2020-01-01 10:01:00\n";

#[test]
fn only_what_is_new_is_taken_in_and_nothing_new_is_no_error() {
    let folder = Folder::in_memory();
    let empty = take_in(&folder, &[]).expect_code(0);
    assert_eq!((empty.json()["status"].as_str(), empty.stderr.as_str()), (Some("nothing-to-do"), ""));
    arrives(&folder, "in/10.csv", BOB, 60);
    arrives(&folder, "in/deep/2.csv", CAT, 60);
    arrives(&folder, "in/9.csv", ANN, 60);
    let first = take_in(&folder, &[]).expect_code(0).json();
    assert_eq!(names(&first), ["in/9.csv", "in/10.csv", "in/deep/2.csv"]);
    let again = take_in(&folder, &[]).expect_code(0);
    assert_eq!((again.json()["status"].as_str(), again.stderr.as_str()), (Some("nothing-to-do"), ""));
    assert_eq!(names(&again.json()), Vec::<&str>::new());
    // A copy of a known file is not new, whatever it is called.
    arrives(&folder, "in/copy.csv", ANN, 60);
    arrives(&folder, "in/11.csv", "dan,2020-01-01 10:02:00\n", 60);
    let second = take_in(&folder, &[]).expect_code(0).json();
    assert_eq!((names(&second), second["rows_read"].as_u64()), (vec!["in/11.csv"], Some(1)));
}

/// The rows of all sessions, sorted, without their headers.
fn rows(folder: &Folder) -> Vec<String> {
    let published = folder.published();
    let sessions = published.iter().filter(|(path, _)| path.starts_with(format!("{OUT}/sessions")));
    let text: String = sessions.map(|(_, bytes)| String::from_utf8_lossy(bytes)).collect();
    let mut rows: Vec<String> =
        text.lines().filter(|row| !row.starts_with("session_id")).map(str::to_owned).collect();
    rows.sort();
    rows
}

#[test]
fn each_new_file_is_a_run_of_its_own() {
    let folder = Folder::in_memory();
    arrives(&folder, "in/1.csv", ANN, 60);
    take_in(&folder, &[]).expect_code(0);
    arrives(&folder, "in/2.csv", BOB, 60);
    arrives(&folder, "in/3.csv", CAT, 60);
    let each = take_in(&folder, &["--each"]).expect_code(0).json();
    let runs: Vec<_> =
        each["runs"].as_array().unwrap().iter().map(|run| (run["run"].as_u64(), names(run))).collect();
    assert_eq!(runs, [(Some(2), vec!["in/2.csv"]), (Some(3), vec!["in/3.csv"])]);
    let nothing = take_in(&folder, &["--each"]).expect_code(0).json();
    assert_eq!(nothing, json!({"runs": []}));
    // Sessions do not depend on how the files came.
    folder.sessionize(&["finalize"]).expect_code(0);
    let together = Folder::in_memory();
    for (name, rows) in [("in/1.csv", ANN), ("in/2.csv", BOB), ("in/3.csv", CAT)] {
        arrives(&together, name, rows, 60);
    }
    take_in(&together, &[]).expect_code(0);
    together.sessionize(&["finalize"]).expect_code(0);
    assert_eq!(rows(&folder).len(), 3);
    assert_eq!(rows(&folder), rows(&together));
}

#[test]
fn what_changed_a_moment_ago_is_left_and_named() {
    let folder = Folder::in_memory();
    arrives(&folder, "in/1.csv", ANN, 60);
    arrives(&folder, "in/2.csv", BOB, 5);
    let first = take_in(&folder, &[]).expect_code(0).json();
    assert_eq!((names(&first), &first["files_left"]), (vec!["in/1.csv"], &json!(["in/2.csv"])));
    let text = folder.sessionize(&["run", "--new", "in/*.csv"]).expect_code(0).stdout;
    assert_eq!(text, "left for the next run, because it may still be written: in/2.csv\nnothing to do\n");
    let each = take_in(&folder, &["--each", "--settle=1h"]).expect_code(0).json();
    assert_eq!(each, json!({"runs": [], "files_left": ["in/1.csv", "in/2.csv"]}));
    let second = take_in(&folder, &["--settle=5s"]).expect_code(0).json();
    assert_eq!((names(&second), second.get("files_left")), (vec!["in/2.csv"], None));
    // A clock that was wrong must not keep a file out for ever; one that is a little ahead leaves it as any young file.
    arrives(&folder, "in/2.csv", BOB, 60);
    arrives(&folder, "in/3.csv", CAT, -5);
    arrives(&folder, "in/4.csv", "dan,2020-01-01 10:02:00\n", -3600);
    let third = take_in(&folder, &[]).expect_code(0).json();
    assert_eq!((names(&third), &third["files_left"]), (vec!["in/4.csv"], &json!(["in/3.csv"])));
}

#[test]
fn the_order_may_be_that_of_events_and_a_batch_has_no_inbox() {
    let folder = Folder::in_memory();
    arrives(&folder, "in/1.csv", CAT, 60);
    arrives(&folder, "in/2.csv", ANN, 60);
    let each = take_in(&folder, &["--each", "--inbox-order=time"]).expect_code(0).json();
    let runs: Vec<_> = each["runs"].as_array().unwrap().iter().flat_map(names).collect();
    assert_eq!(runs, ["in/2.csv", "in/1.csv"]);
    for batch in [&["--batch", "in/1.csv"][..], &["in/1.csv"]] {
        let refused = folder.sessionize(&[&["run", "--new=in/*.csv"], batch].concat()).expect_code(2);
        assert!(refused.stderr.contains("--new"), "{}", refused.stderr);
    }
    let missing = folder.sessionize(&["run", "--new", "in/none.csv"]).expect_code(66);
    assert!(missing.stderr.contains("in/none.csv: cannot read the batch file"), "{}", missing.stderr);
}
