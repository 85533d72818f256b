//! Every exit code, produced through the program, with the one line on standard error that says what, where, and what to
//! do next. A refused command leaves outputs and checkpoint as they were.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "breaks files")]

mod support;

use std::fs;
use support::twin::{self, execute, expect_one_clear_line, finalize, run};
use support::{Folder, OUT, STATE};

/// A folder with two batches, of which the first is taken in.
fn with_one_run() -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    folder
}

/// Runs what must be refused with `code`, in these words, and without a trace.
#[track_caller]
fn refused(folder: &Folder, arguments: &[&str], code: i32, words: &[&str]) {
    let before = folder.files(OUT);
    let finished = folder.sessionize(arguments).expect_code(code);
    expect_one_clear_line(&finished);
    for word in words {
        assert!(finished.stderr.contains(word), "no '{word}' in: {}", finished.stderr);
    }
    assert_eq!(finished.stdout, "");
    assert_eq!(folder.files(OUT), before, "nothing is published, nothing is left staged");
}

#[test]
fn code_0_is_done_and_also_nothing_to_do() {
    let folder = with_one_run();
    let before = twin::outcome(&folder);
    let again = execute(&folder, &[run(&[0]), vec!["--format=json".to_owned()]].concat()).expect_code(0);
    assert_eq!((again.json()["status"].as_str(), again.stderr.as_str()), (Some("nothing-to-do"), ""));
    assert_eq!(twin::outcome(&folder), before, "the same file twice changes nothing");
    execute(&folder, &finalize()).expect_code(0);
    let finalized = twin::outcome(&folder);
    execute(&folder, &finalize()).expect_code(0);
    assert_eq!(twin::outcome(&folder), finalized, "a second finalize changes nothing");
}

#[test]
fn code_1_is_a_failure_of_the_surroundings() {
    let folder = with_one_run();
    folder.write("a-file", "not a folder");
    refused(&folder, &["run", "--state=a-file", "batch-1.csv"], 1, &["a-file", "--state"]);
    refused(
        &folder,
        &["inspect", "--state=nowhere", "--out=nowhere"],
        1,
        &["nowhere", "no checkpoint", "--state"],
    );
}

#[test]
fn code_2_is_a_command_line_that_makes_no_sense() {
    let folder = with_one_run();
    refused(&folder, &["run", "--gap=long", "batch-1.csv"], 2, &["'long'", "--gap", "1h30m", "run --help"]);
    refused(&folder, &["walk"], 2, &["'walk'", "see 'sessionize --help'"]);
    refused(&folder, &["run"], 2, &["no batch file", "--batch FILE"]);
    let future = ["run", "--watermark=2999-01-01", "batch-1.csv"];
    refused(&folder, &future, 2, &["--watermark 2999-01-01", "future", "state a time"]);
}

#[test]
fn code_65_is_data_that_is_refused() {
    let folder = with_one_run();
    folder.write("words.csv", "k1,2024-01-02 00:00:00\nk1,soon\nk1,later\n");
    let header = "--header=no";
    refused(
        &folder,
        &["run", header, "words.csv"],
        65,
        &["2 of 3 rows", "words.csv:2", "time", "--max-rejects"],
    );
    folder.write("old.csv", "k1,2023-01-01 00:00:00\n");
    let set_by = "batch-0.csv:36 in run 1";
    refused(&folder, &["run", header, "old.csv"], 65, &["1 of 1 rows are late", set_by, "--max-late"]);
}

#[test]
fn code_66_is_a_file_that_is_missing_or_unreadable() {
    let folder = with_one_run();
    // The first file is there: all are opened before anything is read.
    refused(
        &folder,
        &["run", "batch-1.csv", "missing.csv"],
        66,
        &["missing.csv", "No such file", "check the name"],
    );
    refused(&folder, &["run", OUT], 66, &[OUT, "folder", "check the name"]);
    let fresh = Folder::in_memory();
    refused(&fresh, &["run", "missing.csv"], 66, &["missing.csv"]);
    assert!(fresh.files("").is_empty(), "not even a checkpoint was made");
}

#[test]
fn code_74_is_a_checkpoint_that_is_damaged_or_out_of_step() {
    let step = ["run", "batch-1.csv"];
    let folder = with_one_run();
    let copy = Folder::in_memory();
    twin::copy(&folder, &copy);
    fs::remove_dir_all(copy.path(STATE)).unwrap();
    refused(&copy, &step, 74, &[OUT, "this output folder belongs to another checkpoint", "put back"]);
    twin::copy(&folder, &copy);
    fs::remove_dir_all(copy.path(OUT).join("manifests")).unwrap();
    refused(&copy, &step, 74, &["checkpoint is at run 1", "output folder is at run 0", "--out"]);
    fs::write(folder.path(STATE).join("db"), "no log of sled").unwrap();
    refused(&folder, &step, 74, &[OUT, "this output folder belongs to another checkpoint", "put back"]);
}

#[test]
fn code_74_is_also_two_halves_of_different_histories() {
    let folder = with_one_run();
    let other = Folder::in_memory();
    twin::copy(&folder, &other);
    for (folder, batch) in [(&folder, 1), (&other, 2)] {
        twin::write_batches(folder, 3);
        execute(folder, &run(&[batch])).expect_code(0);
    }
    let out = other.path(OUT);
    let arguments = ["run", "--out", out.to_str().unwrap(), "batch-1.csv"];
    refused(&folder, &arguments, 74, &["both at run 2", "different histories", "belong together"]);
    // Two that have nothing to do with each other.
    let stranger = Folder::in_memory();
    twin::write_batches(&stranger, 2);
    execute(&stranger, &run(&[1])).expect_code(0);
    let out = stranger.path(OUT);
    let arguments = ["run", "--out", out.to_str().unwrap(), "batch-1.csv"];
    refused(&folder, &arguments, 74, &["belongs to another checkpoint", "an --out of its own"]);
}

#[test]
fn code_75_is_a_checkpoint_in_use() {
    let folder = with_one_run();
    let lock = fs::File::open(folder.path(STATE)).unwrap();
    lock.lock().unwrap();
    refused(
        &folder,
        &["run", "batch-1.csv"],
        75,
        &["in use by process", "since 2024-02-01T00:00:00Z", "--wait"],
    );
    refused(&folder, &["rollback", "--to-run=1"], 75, &["in use", "--wait"]);
    // Who only looks needs no lock.
    folder.sessionize(&["inspect"]).expect_code(0);
}

#[test]
fn code_78_is_another_definition() {
    let folder = with_one_run();
    let words = ["gap", "5m", "10m", "--redefine"];
    refused(&folder, &["run", "--gap=10m", "batch-1.csv"], 78, &words);
    refused(
        &folder,
        &["run", "--gap=10m", "--redefine", "batch-1.csv"],
        78,
        &["still open", "sessionize finalize"],
    );
    execute(&folder, &finalize()).expect_code(0);
    folder
        .sessionize(&["run", "--gap=10m", "--redefine", "--max-late=100%", "--max-rejects=9", "batch-1.csv"])
        .expect_code(0);
}
