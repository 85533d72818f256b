//! Outputs by date: every session and its events lie in the folder of the day on which the session starts, whatever the cut into
//! batches, the order of the rows and the number of threads; and no number of days exhausts the program.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::support::{Finished, Folder, OUT, read_csv};
use chrono::DateTime;
use chrono_tz::Tz;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const BY_DATE: &str = "--partition-by=date";

/// Rows of all files below a folder of outputs, each with the folder of its file below that one.
fn rows_below(folder: &Folder, name: &str) -> Vec<(String, Vec<String>)> {
    let below = Path::new(OUT).join(name);
    let mut found = Vec::new();
    for (path, content) in folder.files(&below.to_string_lossy()) {
        let date = path.parent().unwrap().strip_prefix(&below).unwrap().to_string_lossy().into_owned();
        for row in read_csv(&content).split_off(1) {
            let row = row.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
            found.push((date.clone(), row));
        }
    }
    found.sort();
    found
}

/// The folder in which a session of this start belongs.
fn folder_of(start: &str, zone: Tz) -> String {
    let start = DateTime::parse_from_rfc3339(start).unwrap();
    format!("session_date={}", start.with_timezone(&zone).date_naive())
}

#[test]
fn sessions_and_events_lie_by_the_day_of_their_session() {
    let folder = Folder::in_memory();
    // In Paris the first session starts on January 2; its second event is on January 2 in UTC too.
    folder.write("1.csv", "ann,2024-01-01 23:10:00,a\nann,2024-01-02 00:05:00,b\nbob,2024-01-01 10:00:00,c\nbob,2024-01-02 10:00:00,d\n");
    let zone = "--partition-timezone=Europe/Paris";
    let report = folder
        .sessionize(&[
            "run",
            "1.csv",
            "--gap=1h",
            "--emit=both",
            "--emit-open",
            BY_DATE,
            zone,
            "--report=json",
        ])
        .expect_code(0)
        .json();
    assert_eq!(report["outputs"]["sessions"], format!("{OUT}/sessions/session_date=*/run-00000001.csv"));
    assert_eq!(report["outputs"]["events"], format!("{OUT}/events/session_date=*/run-00000001.csv"));
    assert_eq!(report["outputs"]["open"], format!("{OUT}/open/latest.csv"));
    let keys = |name: &str, column: usize| -> Vec<(String, String)> {
        rows_below(&folder, name).into_iter().map(|(date, row)| (date, row[column].clone())).collect()
    };
    let in_folder = |day: &str, value: &str| (format!("session_date=2024-01-0{day}"), value.to_owned());
    assert_eq!(keys("sessions", 1), [in_folder("1", "bob"), in_folder("2", "ann")]);
    let mut events = keys("events", 2);
    events.sort();
    assert_eq!(events, [in_folder("1", "c"), in_folder("2", "a"), in_folder("2", "b")]);
    assert_eq!(keys("open", 1), [(String::new(), "bob".to_owned())]);
    folder.sessionize(&["verify"]).expect_code(0);
    // The last session starts on another day; a run without sessions has no file of them.
    folder.sessionize(&["finalize", BY_DATE]).expect_code(0);
    assert!(folder.path(&format!("{OUT}/sessions/session_date=2024-01-02/run-00000002.csv")).exists());
    folder.write("3.csv", "ann,2024-01-03 10:00:00,a\n");
    let empty = folder.sessionize(&["run", "3.csv", BY_DATE, "--report=json"]).expect_code(0).json();
    assert!(empty["outputs"]["sessions"].is_null(), "{empty}");
    folder.sessionize(&["verify"]).expect_code(0);
}

#[test]
fn a_rollback_moves_the_files_of_every_day() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "ann,2024-01-01 10:00:00\nann,2024-01-02 10:00:00\n");
    folder.write("2.csv", "ann,2024-01-03 10:00:00\nann,2024-01-04 10:00:00\n");
    folder.sessionize(&["run", "1.csv", "--gap=1h"]).expect_code(0);
    folder.sessionize(&["run", "2.csv", BY_DATE]).expect_code(0);
    let second = |below: &str, day: u32| {
        folder.path(&format!("{OUT}/{below}sessions/session_date=2024-01-0{day}/run-00000002.csv"))
    };
    assert!(second("", 2).exists() && second("", 3).exists() && !second("", 4).exists());
    folder.sessionize(&["rollback", "--to-run=1"]).expect_code(0);
    assert!(second("retracted/", 2).exists() && second("retracted/", 3).exists());
    assert!(!second("", 2).exists() && !second("", 3).exists());
    folder.sessionize(&["verify"]).expect_code(0);
    folder.sessionize(&["run", "2.csv", BY_DATE]).expect_code(0);
    assert_eq!(rows_below(&folder, "sessions").len(), 3);
    folder.sessionize(&["verify"]).expect_code(0);
}

/// What is not as it was published is told file by file.
#[test]
fn verify_looks_at_the_file_of_every_day() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "ann,2024-01-01 10:00:00\nann,2024-01-02 10:00:00\nann,2024-01-03 10:00:00\n");
    folder.sessionize(&["run", "1.csv", "--gap=1h", BY_DATE]).expect_code(0);
    let of_day = |day: u32| format!("{OUT}/sessions/session_date=2024-01-0{day}/run-00000001.csv");
    let content = std::fs::read(folder.path(&of_day(1))).unwrap();
    folder.write(&of_day(1), [&content[..], b"x"].concat());
    let edited = folder.sessionize(&["verify"]).expect_code(74).stdout;
    assert!(edited.contains(&format!("{}: it has", of_day(1))), "{edited}");
    folder.write(&of_day(1), content);
    folder.write(&of_day(7), b"");
    let strange = folder.sessionize(&["verify"]).expect_code(74).stdout;
    assert!(strange.contains(&format!("{}: no active run has published it", of_day(7))), "{strange}");
    std::fs::remove_dir_all(folder.path(&of_day(7)).parent().unwrap()).unwrap();
    folder.sessionize(&["verify"]).expect_code(0);
    std::fs::remove_dir_all(folder.path(&of_day(2)).parent().unwrap()).unwrap();
    let missing = folder.sessionize(&["verify", "--report=json"]).expect_code(72).json();
    assert_eq!(missing["status"], "missing");
    assert_eq!(missing["missing_outputs"][0], "sessions/session_date=2024-01-02/run-00000001.csv");
}

#[test]
fn a_retraction_lies_beside_what_it_retracts() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "user,ts\nann,2024-01-01 23:50:00\nbob,2024-01-02 06:00:00\n");
    folder.write("2.csv", "user,ts\nann,2024-01-02 00:10:00\nann,2024-01-01 23:40:00\n");
    let run = ["--key=user", "--time=ts", "--gap=30m", "--allowed-lateness=1d", BY_DATE];
    for file in ["1.csv", "2.csv"] {
        folder.sessionize(&[&["run", file], &run[..]].concat()).expect_code(0);
    }
    let mut rows: Vec<(String, String, String)> = rows_below(&folder, "sessions")
        .into_iter()
        .map(|(date, row)| (date, row[0].clone(), row[3].clone()))
        .collect();
    rows.sort();
    let first = "session_date=2024-01-01";
    let row = |op: &str, start: &str| (first.to_owned(), op.to_owned(), start.to_owned());
    assert_eq!(
        rows,
        [
            row("insert", "2024-01-01T23:40:00Z"),
            row("insert", "2024-01-01T23:50:00Z"),
            row("retract", "2024-01-01T23:50:00Z")
        ]
    );
    folder.sessionize(&["verify"]).expect_code(0);
}

#[test]
fn a_column_with_the_name_of_the_folders_is_refused() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "user,ts,SESSION_DATE\nann,2024-01-01 10:00:00,x\n");
    let run = ["run", "1.csv", "--key=user", "--time=ts", BY_DATE];
    for flags in [&["--agg=first(SESSION_DATE)=Session_Date"][..], &["--emit=events"], &["--emit=both"]] {
        let refused = folder.sessionize(&[&run[..], flags].concat()).expect_code(2);
        assert!(refused.stderr.contains("--partition-by date adds one of this name"), "{refused:?}");
    }
    folder.sessionize(&run).expect_code(0);
}

/// Three years in one run, in any order of the days, with few files that may be open at once.
#[test]
fn a_backfill_of_three_years_needs_few_open_files() {
    const DAYS: u64 = 1_100;
    let mut rows = String::from("user,ts,page\n");
    for number in 0..DAYS {
        // Another day each time: 367 and 1,100 have no common divisor.
        let seconds = 1_577_836_800 + number * 367 % DAYS * 86_400;
        for user in 0..3 {
            writeln!(rows, "u{user},{seconds},p").unwrap();
        }
    }
    for format in formats() {
        let folder = Folder::in_memory();
        folder.write("1.csv", &rows);
        let format = format!("--output-format={format}");
        let run = ["run", "1.csv", "--key=user", "--time=ts", "--gap=1h", "--emit=both", BY_DATE, &format];
        with_open_files(&folder, 40, &run).expect_code(0);
        with_open_files(&folder, 40, &["finalize", BY_DATE, &format]).expect_code(0);
        for name in ["sessions", "events"] {
            let files = folder.files(&format!("{OUT}/{name}"));
            let folders: BTreeSet<&Path> = files.keys().filter_map(|path| path.parent()).collect();
            assert_eq!(folders.len() as u64, DAYS, "{name} {format}");
        }
        with_open_files(&folder, 40, &["verify"]).expect_code(0);
        with_open_files(&folder, 40, &["rollback", "--to-run=0"]).expect_code(0);
        assert_eq!(folder.files(&format!("{OUT}/sessions")).len(), 0);
    }
}

fn formats() -> Vec<&'static str> {
    let all = sessionize::internals::OutputFormat::ALL.iter();
    all.filter(|format| format.absent().is_none()).map(|format| format.name()).collect()
}

/// Runs the program where at most so many files may be open at once.
fn with_open_files(folder: &Folder, files: usize, arguments: &[&str]) -> Finished {
    let program = folder.command(&[]).get_program().to_owned();
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -n {files} && exec \"$0\" \"$@\"")).arg(program).args(arguments);
    command.current_dir(folder.path(""));
    Finished::of(command, b"")
}

/// A batch of hours and users, in any order.
type Batch = Vec<(u8, u16)>;

/// Runs the batches one after the other, then a finalize.
fn play(batches: &[Batch], flags: &[&str], threads: &str) -> Folder {
    let folder = Folder::in_memory();
    let outputs: Vec<&str> = flags.iter().copied().filter(|flag| flag.starts_with("--partition")).collect();
    for (number, batch) in batches.iter().enumerate() {
        let mut text = String::from("user,ts\n");
        for (user, hours) in batch {
            writeln!(text, "u{user},{}", 1_704_000_000 + u64::from(*hours) * 1_800).unwrap();
        }
        let name = format!("{number}.csv");
        folder.write(&name, text);
        let run = ["run", &name, "--key=user", "--time=ts", "--gap=2h", "--max-late=100%", threads];
        folder.sessionize(&[&run[..], flags].concat()).expect_code(0);
    }
    folder.sessionize(&[&["finalize"], &outputs[..]].concat()).expect_code(0);
    folder.sessionize(&["verify"]).expect_code(0);
    folder
}

fn batches() -> impl Strategy<Value = Vec<Batch>> {
    proptest::collection::vec(proptest::collection::vec((0_u8..5, 0_u16..200), 1..60), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_in_the_folder_of_its_day(
        batches in batches(), zone in prop::sample::select(vec![Tz::UTC, Tz::Asia__Tokyo, Tz::America__St_Johns]),
        corrects in any::<bool>(),
    ) {
        let rules: &[&str] = if corrects { &["--allowed-lateness=3d"] } else { &["--watermark-delay=1d", "--emit=both"] };
        let of_zone = format!("--partition-timezone={}", zone.name());
        let plain = play(&batches, rules, "--threads=2");
        let divided = play(&batches, &[rules, &[BY_DATE, &of_zone]].concat(), "--threads=1");
        let again = play(&batches, &[rules, &[BY_DATE, &of_zone]].concat(), "--threads=4");
        prop_assert_eq!(outputs(&divided), outputs(&again));
        let start = if corrects { 3 } else { 2 };
        let mut expected: Vec<(String, Vec<String>)> = rows_below(&plain, "sessions")
            .into_iter()
            .map(|(_, row)| (folder_of(&row[start], zone), row))
            .collect();
        expected.sort();
        let found = rows_below(&divided, "sessions");
        let folders: BTreeMap<String, String> =
            found.iter().map(|(date, row)| (row[start - 2].clone(), date.clone())).collect();
        prop_assert_eq!(found, expected);
        for (date, row) in rows_below(&divided, "events") {
            prop_assert_eq!(&folders[&row[2]], &date);
        }
        prop_assert_eq!(rows_below(&divided, "events").len(), rows_below(&plain, "events").len());
    }
}

/// The outputs of sessions and events.
fn outputs(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = folder.files(&format!("{OUT}/sessions"));
    files.extend(folder.files(&format!("{OUT}/events")));
    files
}
