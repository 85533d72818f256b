//! Every input in `tests/fuzz/corpus` goes through the check of its fuzz target: the finds of fuzzing stay found.
//!
//! The targets run with `cargo fuzz run --fuzz-dir tests/fuzz rows`, each by the name of its folder.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../fuzz/checks/conditions.rs"]
mod conditions;
#[path = "../fuzz/checks/configuration.rs"]
mod configuration;
#[path = "../fuzz/checks/exports.rs"]
mod exports;
#[path = "../fuzz/checks/formats.rs"]
mod formats;
#[path = "../fuzz/checks/manifests.rs"]
mod manifests;
#[path = "../fuzz/checks/rows.rs"]
mod rows;
#[path = "../fuzz/checks/ruled.rs"]
mod ruled;
#[path = "../fuzz/checks/stored.rs"]
mod stored;
#[path = "../fuzz/checks/times.rs"]
mod times;

use super::support::Folder;
use sessionize::internals::{Format, StoredRow, example};
use std::path::PathBuf;

fn corpus(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target)
}

/// Every input of a target.
fn inputs(target: &str) -> Vec<Vec<u8>> {
    let inputs = std::fs::read_dir(corpus(target)).unwrap();
    let inputs: Vec<_> = inputs.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect();
    assert!(!inputs.is_empty(), "{target} has no inputs");
    inputs
}

/// Checks every input of a target; returns how many are accepted as they are.
fn accepted(target: &str, check: fn(&[u8]) -> bool) -> usize {
    inputs(target).iter().filter(|input| in_all_forms(input, check)).count()
}

/// Checks an input whole, cut and damaged: these forms need no files of their own. Returns what becomes of the whole one.
fn in_all_forms<T>(input: &[u8], check: fn(&[u8]) -> T) -> T {
    // Those of a long input are long too, and few will do.
    let step = if input.len() > 256 { 101 } else { 3 };
    for length in (0..input.len()).step_by(step) {
        check(&input[..length]);
    }
    for position in (1..input.len()).step_by(step) {
        let mut damaged = input.to_vec();
        damaged[position] ^= 1 << (position % 8);
        check(&damaged);
    }
    check(input)
}

/// Checks what this program writes: a file of it in the corpus falls behind the format without anybody seeing it.
/// `SESSIONIZE_WRITE_CORPUS=1` puts it there, where fuzzing begins.
fn expect_accepted(target: &str, name: &str, written: &[u8], check: fn(&[u8]) -> bool) {
    if std::env::var_os("SESSIONIZE_WRITE_CORPUS").is_some() {
        std::fs::write(corpus(target).join(name), written).unwrap();
    }
    assert!(in_all_forms(written, check), "{target}: {name} is refused");
}

/// A checkpoint after a run under rules, a rollback, and the same run again.
fn after_a_rollback() -> Folder {
    let folder = Folder::new();
    folder.write("a.csv", "ann,2020-01-01 10:00:00,/a,1.5\nbob,2020-01-01 11:00:00,\"/b,c\",2\n");
    let rules = ["--agg=median(4)", "--agg=list(3)", "--dedup=row", "--emit=both"];
    let run = [&["run", "--batch", "a.csv"][..], &rules].concat();
    for command in [&run[..], &["rollback", "--to-run", "0"], &run] {
        folder.sessionize(command).expect_code(0);
    }
    folder
}

#[test]
fn rows_are_read_as_the_csv_crate_reads_them() {
    assert!(accepted("rows", rows::check) > 0);
    assert!(accepted("rows", |data| data.len() > 256 && rows::check_long(data)) > 0);
}

#[test]
fn each_format_accounts_for_every_row_or_refuses_the_file() {
    let read: Vec<Format> = inputs("formats")
        .iter()
        .flat_map(|input| in_all_forms(input, |input| formats::check(input, Format::ALL)))
        .collect();
    for format in Format::ALL {
        assert!(read.contains(format), "no input has events as {}", format.name());
    }
}

#[test]
fn conditions_are_refused_or_hold_alike_before_and_after_a_save() {
    assert!(accepted("conditions", conditions::check) >= 2);
}

#[test]
fn times_are_read_as_chrono_reads_them() {
    assert!(accepted("times", times::check) > 0);
}

#[test]
fn stored_rows_are_refused_or_come_back() {
    let kinds = [("head", StoredRow::Head), ("run", StoredRow::Run), ("state", StoredRow::OpenSessions)];
    for (number, (name, kind)) in (0..).zip(kinds) {
        let row = [&[number][..], &example(kind).unwrap()].concat();
        expect_accepted("stored", name, &row, stored::check);
    }
    accepted("stored", stored::check);
}

#[test]
fn manifests_are_refused_or_come_back() {
    let folder = after_a_rollback();
    for (run, name) in [(1, "run"), (2, "rolled-back")] {
        let path = format!("sessionize-out/manifests/run-{run:08}.json");
        expect_accepted("manifests", name, &std::fs::read(folder.path(&path)).unwrap(), manifests::check);
    }
    accepted("manifests", manifests::check);
}

#[test]
fn ruled_rows_are_refused_or_come_back() {
    let row = example(StoredRow::RuledSessions).unwrap();
    expect_accepted("ruled", "every-aggregate", &row, ruled::check);
    accepted("ruled", ruled::check);
}

#[test]
fn lines_of_an_export_hold_together_or_are_refused() {
    let folder = after_a_rollback();
    folder.sessionize(&["export-state", "ruled"]).expect_code(0);
    expect_accepted("exports", "ruled", &std::fs::read(folder.path("ruled")).unwrap(), exports::check);
    accepted("exports", exports::check);
}

#[test]
fn mistakes_in_a_configuration_file_are_said_with_their_line() {
    assert!(accepted("configuration", configuration::check) > 0);
}
