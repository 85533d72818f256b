//! However often a log is taken in while it grows, is copied, renamed and compressed: its sessions are those of the whole log, once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::oracle;
use crate::support::stream::{self, Event, GAP_US};
use crate::support::{Accounts, Folder};
use proptest::prelude::*;
use proptest::sample::Index;
use std::io::Write;

/// How a version of the log is stored.
#[derive(Debug, Clone, Copy)]
enum Storage {
    Plain,
    Gzip,
    /// Cut at a byte, in two members.
    GzipMembers(Index),
    Zstd,
}

/// A version of the log: how far it goes, and where it lies.
#[derive(Debug, Clone)]
struct Version {
    cut: Index,
    storage: Storage,
    name: usize,
    /// Whether the last line end is not written yet.
    is_open: bool,
}

/// A run: its files are versions of the log, the longer ones in any order.
#[derive(Debug, Clone)]
struct Step {
    versions: Vec<Version>,
    growing: bool,
    each: bool,
    /// Whether a version of an earlier step is among the files again.
    again: Option<Index>,
}

#[derive(Debug, Clone)]
struct Case {
    events: Vec<Event>,
    header: bool,
    crlf: bool,
    steps: Vec<Step>,
}

fn version() -> impl Strategy<Value = Version> {
    let storage = prop_oneof![
        5 => Just(Storage::Plain),
        1 => Just(Storage::Gzip),
        1 => any::<Index>().prop_map(Storage::GzipMembers),
        1 => Just(Storage::Zstd),
    ];
    (any::<Index>(), storage, 0_usize..3, prop::bool::weighted(0.2))
        .prop_map(|(cut, storage, name, is_open)| Version { cut, storage, name, is_open })
}

fn step() -> impl Strategy<Value = Step> {
    let again = prop::option::weighted(0.3, any::<Index>());
    (proptest::collection::vec(version(), 1..4), any::<bool>(), prop::bool::weighted(0.3), again)
        .prop_map(|(versions, growing, each, again)| Step { versions, growing, each, again })
}

fn case() -> impl Strategy<Value = Case> {
    (stream::events(60), any::<bool>(), any::<bool>(), proptest::collection::vec(step(), 1..6))
        .prop_map(|(events, header, crlf, steps)| Case { events, header, crlf, steps })
}

/// The log, and where its rows end.
fn log(case: &Case) -> (Vec<u8>, Vec<usize>) {
    let line_end: &[u8] = if case.crlf { b"\r\n" } else { b"\n" };
    let mut content = Vec::new();
    let mut ends = Vec::new();
    let mut add = |row: &[u8]| {
        content.extend_from_slice(row.strip_suffix(b"\n").unwrap_or(row));
        content.extend_from_slice(line_end);
        ends.push(content.len());
    };
    if case.header {
        add(b"key,time,number");
    }
    case.events.iter().for_each(|event| add(&event.row()));
    (content, ends)
}

fn stored(content: &[u8], storage: Storage) -> Vec<u8> {
    let gzip = |content: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    };
    match storage {
        Storage::Plain => content.to_vec(),
        Storage::Gzip => gzip(content),
        Storage::GzipMembers(cut) => {
            let (one, other) = content.split_at(cut.index(content.len() + 1));
            [gzip(one), gzip(other)].concat()
        }
        Storage::Zstd => zstd::encode_all(content, 1).unwrap(),
    }
}

/// How far a version goes that comes after one that went to `from`. Only a file that is being written is cut within a row.
fn end_of(version: &Version, growing: bool, content: &[u8], ends: &[usize], from: usize) -> usize {
    let cut = from + version.cut.index(content.len() - from + 1);
    if growing {
        return cut;
    }
    let end = ends.iter().copied().rfind(|&end| end <= cut).unwrap_or(0).max(from);
    let line_end = if content.ends_with(b"\r\n") { 2 } else { 1 };
    if version.is_open && end >= from + line_end { end - line_end } else { end }
}

fn take_in(case: &Case) {
    let (content, ends) = log(case);
    let folder = Folder::in_memory();
    let mut accounts = Accounts::default();
    let mut run = |arguments: &[&str]| {
        let report = folder.sessionize(arguments).expect_code(0).json();
        let runs = report["runs"].as_array().cloned().unwrap_or_else(|| vec![report.clone()]);
        for run in &runs {
            assert_eq!(accounts.imbalance(run), None);
        }
    };
    let common = ["--report", "json", "--quiet", "--key", "1", "--time", "2", "--header"];
    let common = [&common[..], &[if case.header { "yes" } else { "no" }]].concat();
    let mut reached = 0;
    let mut before: Vec<String> = Vec::new();
    for (number, step) in case.steps.iter().enumerate() {
        // What was cut within a row is no version of a log that is complete.
        let mut from = reached;
        let mut files = Vec::new();
        for (place, version) in step.versions.iter().enumerate() {
            from = end_of(version, step.growing, &content, &ends, from);
            let name = format!("log-{}-{number}-{place}", version.name);
            folder.write(&name, stored(&content[..from], version.storage));
            files.push(name);
        }
        reached = reached.max(if step.growing { whole_rows(&ends, from) } else { from });
        let again = step.again.and_then(|again| Some(before.get(again.index(before.len().max(1)))?.clone()));
        if !step.growing {
            before.extend(files.iter().cloned());
        }
        if !step.each {
            files.reverse();
        }
        files.splice(0..0, again);
        let flags: &[&str] = match (step.growing, step.each) {
            (true, true) => &["--growing", "--each"],
            (true, false) => &["--growing"],
            (false, true) => &["--each"],
            (false, false) => &[],
        };
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        run(&[&["run"], &common[..], flags, &files].concat());
    }
    folder.write("whole", &content);
    run(&[&["run"], &common[..], &["whole"]].concat());
    run(&["finalize", "--report", "json", "--quiet"]);
    let events: Vec<_> = case.events.iter().map(|event| (event.key.clone(), event.us)).collect();
    let expected: Vec<String> = {
        let mut ids: Vec<String> = oracle::sessions(&events, GAP_US)
            .iter()
            .map(|session| format!("{} {}", session.id, session.events))
            .collect();
        ids.sort();
        ids
    };
    let mut found: Vec<String> =
        folder.sessions().iter().map(|session| format!("{} {}", session.id, session.events)).collect();
    found.sort();
    assert_eq!(found, expected);
}

/// Where the last whole row before `cut` ends.
fn whole_rows(ends: &[usize], cut: usize) -> usize {
    ends.iter().copied().rfind(|&end| end <= cut).unwrap_or(0)
}

proptest! {
    #![proptest_config(stream::config(24))]

    #[test]
    fn versions_of_a_growing_log_are_one_log(case in case()) {
        take_in(&case);
    }
}

/// Long enough that a file is known by more than its first 64 KiB, and cut into several blocks.
#[test]
fn a_long_log_is_taken_in_once_in_every_form() {
    let rows = |from: u32, to: u32| -> String {
        let row = |n: u32| format!("key {},{},{n}\n", n % 7, 1_577_836_800 + n);
        (from..to).map(row).collect()
    };
    let (half, whole) = (rows(0, 100_000), rows(0, 200_000));
    let folder = Folder::in_memory();
    let run = |flags: &[&str]| {
        let arguments = [&["run", "--report", "json", "--quiet", "--header", "no"], flags].concat();
        folder.sessionize(&arguments).expect_code(0).json()
    };
    folder.write("log.csv", &half);
    assert_eq!(run(&["log.csv"])["rows_read"], 100_000);
    folder.write("half.gz", stored(half.as_bytes(), Storage::Gzip));
    folder.write("half.zst", stored(half.as_bytes(), Storage::Zstd));
    assert_eq!(run(&["half.gz", "half.zst"])["status"], "nothing-to-do");
    folder.write("whole.gz", stored(whole.as_bytes(), Storage::Gzip));
    folder.write("log.csv", &whole);
    let report = run(&["half.gz", "log.csv", "whole.gz"]);
    assert_eq!(report["rows_read"], 100_000);
    assert_eq!(report["known_lines"], 100_000);
    assert_eq!(report["files"][1]["status"], "grown");
    assert_eq!(report["files"][1]["known_bytes"], half.len());
    assert_eq!(run(&["whole.gz"])["status"], "nothing-to-do");
}

#[test]
fn the_beginning_of_a_file_that_is_trusted_without_reading_is_known_all_the_same() {
    let row = |n: u32| format!("ann,{},{n}\n", 1_577_836_800 + n);
    let rows = |count: u32| (0..count).map(row).collect::<String>();
    // The last two are much shorter: the checkpoint has no hash of so short a beginning.
    let cases = [(20, 15), (20_000, 9_000), (20, 1), (20_000, 100)];
    for (whole, cut) in cases.map(|(whole, cut)| (rows(whole), rows(cut))) {
        let folder = Folder::in_memory();
        let run = |files: &[&str]| {
            let arguments = [
                &[
                    "run",
                    "--quiet",
                    "--report",
                    "json",
                    "--header",
                    "no",
                    "--trust-mtime",
                    "--max-late",
                    "100%",
                ],
                files,
            ]
            .concat();
            folder.sessionize(&arguments).expect_code(0).json()
        };
        folder.write("whole.csv", &whole);
        let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let opened = std::fs::File::options().append(true).open(folder.path("whole.csv")).unwrap();
        opened.set_modified(old).unwrap();
        assert_eq!(run(&["whole.csv"])["status"], "committed");
        folder.write("cut.csv", &cut);
        assert_eq!(run(&["cut.csv", "whole.csv"])["status"], "nothing-to-do");
        // Of the same length, and another content.
        folder.write("other.csv", cut.replace("ann,", "cat,"));
        assert_eq!(run(&["whole.csv", "other.csv"])["rows_read"], cut.lines().count());
        folder.write("new.csv", "bob,1577937000,1\n");
        assert_eq!(run(&["whole.csv", "cut.csv", "new.csv"])["rows_read"], 1);
        assert_eq!(run(&["cut.csv"])["status"], "nothing-to-do");
    }
}

#[test]
fn an_unchanged_file_is_known_by_its_stamp_and_a_changed_one_by_its_content() {
    let folder = Folder::in_memory();
    let middle = |digit: char| format!("ann,2020-01-01 00:00:00,{}\n", digit.to_string().repeat(300_000));
    let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    let write = |digit: char| {
        // In place: the inode stays. Length and time of change say nothing.
        let mut content = middle(digit);
        content.replace_range(100_000..100_001, "x");
        folder.write("day.csv", content);
        std::fs::File::options()
            .append(true)
            .open(folder.path("day.csv"))
            .unwrap()
            .set_modified(old)
            .unwrap();
    };
    let run = |flags: &[&str]| {
        let arguments =
            [&["run", "--quiet", "--report", "json", "--header", "no", "day.csv"], flags].concat();
        folder.sessionize(&arguments).expect_code(0)
    };
    write('1');
    assert_eq!(run(&[]).json()["status"], "committed");
    assert_eq!(run(&[]).json()["status"], "nothing-to-do");
    write('2');
    assert_eq!(run(&["--trust-mtime"]).json()["status"], "nothing-to-do");
    let changed = run(&[]);
    assert_eq!(changed.json()["files"][0]["replaces"], 1);
    assert!(changed.stderr.contains("day.csv: run 1 ingested other content under this path"));
}
