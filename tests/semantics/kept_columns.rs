//! The columns that travel with an event have a longest length, and a row beyond it is set aside whole.
#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::support::Folder;

/// Two bytes before each value say its length.
const LONGEST: usize = 65_535;
const ROW: &str = "ann,2020-01-01 00:00:00,";

/// The reasons of the rejects of one row whose third column has `length` bytes.
fn rejects(length: usize, flags: &[&str]) -> serde_json::Value {
    let folder = Folder::in_memory();
    folder.write("1.csv", format!("{ROW}{}\n", "x".repeat(length)));
    let words = ["run", "1.csv", "--report", "json", "--max-rejects", "1"];
    let report = folder.sessionize(&[&words[..], flags].concat()).expect_code(0).json();
    let set_aside =
        report["outputs"]["rejects"].as_str().map(|path| std::fs::metadata(folder.path(path)).unwrap().len());
    assert!(set_aside.is_none_or(|bytes| bytes > length as u64), "the row is there, whole: {set_aside:?}");
    report["rejects"].clone()
}

#[track_caller]
fn longest_is(length: usize, flags: &[&str]) {
    assert_eq!(rejects(length, flags), serde_json::json!({}), "{length} bytes");
    let too_long = serde_json::json!({ "kept-columns-too-long": 1 });
    assert_eq!(rejects(length + 1, flags), too_long, "{} bytes", length + 1);
}

#[test]
fn a_single_column() {
    longest_is(LONGEST - 2, &["--agg", "last(3)"]);
}

#[test]
fn two_columns_share_the_length() {
    longest_is(LONGEST - 4 - "ann".len(), &["--agg", "last(3)", "--agg", "first(1)"]);
}

#[test]
fn a_column_that_two_rules_look_at_counts_once() {
    longest_is(LONGEST - 2, &["--agg", "last(3)", "--split-on", "3", "--end-on", "3=x"]);
}

#[test]
fn an_emitted_row_counts_whole() {
    // Two bytes for the row as a whole, and two for each of its three values.
    longest_is(LONGEST - 2 - 3 * 2 - "ann".len() - "2020-01-01 00:00:00".len(), &["--emit", "events"]);
}

#[test]
fn a_column_that_no_rule_looks_at_may_be_longer() {
    assert_eq!(rejects(3 * LONGEST, &["--max-events", "5"]), serde_json::json!({}));
}
