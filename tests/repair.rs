//! Verify, rollback, evict, export, import, backup and migrate, through the program.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

mod support;

use std::fs;
use support::{Folder, OUT, STATE, output_name};

const CLOCK: &str = "--as-of-clock=2021-01-01";

/// Three days: `ann` has a session open over the first midnight, `bob` one at the end of the third day.
fn three_runs() -> Folder {
    let folder = Folder::new();
    folder.write("1.csv", "ann,2020-01-01 23:58:00\nbob,2020-01-01 10:00:00\nann,2020-01-01 23:59:00\n");
    folder.write("2.csv", "ann,2020-01-02 00:01:00\ncat,2020-01-02 12:00:00\n");
    folder.write("3.csv", "bob,2020-01-03 12:00:00\nbob,2020-01-03 12:01:00\nbad\n");
    for day in ["1.csv", "2.csv", "3.csv"] {
        folder.sessionize(&["run", day, CLOCK, "--max-rejects=1"]).expect_code(0);
    }
    folder
}

fn verify(folder: &Folder, code: i32) -> serde_json::Value {
    folder.sessionize(&["verify", "--format=json"]).expect_code(code).json()
}

#[test]
fn verify_adds_up_what_all_runs_have_read() {
    let report = verify(&three_runs(), 0);
    assert_eq!(report["status"], "ok");
    assert_eq!(report["runs"], 3);
    // By hand: 3 + 2 + 3 rows; bob 1, ann 3 and cat 1 events are complete, bob's two are open, one row is bad.
    assert_eq!(report["rows_read"], 8);
    assert_eq!(report["rows_rejected"], 1);
    assert_eq!(report["events_completed"], 5);
    assert_eq!(report["events_open"], 2);
    assert_eq!(report["output_sessions"], 3);
    assert_eq!(report["output_files"], 4);
}

#[test]
fn verify_finds_a_changed_a_missing_and_a_foreign_output() {
    let folder = three_runs();
    let path = folder.path(&output_name("sessions", 2));
    let whole = fs::read(&path).unwrap();
    let finding = |folder: &Folder| verify(folder, 74)["findings"][0].as_str().unwrap().to_owned();
    let mut changed = whole.clone();
    let last = changed.len() - 2;
    changed[last] ^= 1;
    fs::write(&path, changed).unwrap();
    assert!(finding(&folder).contains("digest"), "{}", finding(&folder));
    fs::write(&path, &whole[..last]).unwrap();
    assert!(finding(&folder).contains("bytes"), "{}", finding(&folder));
    fs::remove_file(&path).unwrap();
    assert!(finding(&folder).contains("cannot be read"), "{}", finding(&folder));
    fs::write(&path, &whole).unwrap();
    fs::write(folder.path(&output_name("sessions", 9)), &whole).unwrap();
    assert!(finding(&folder).contains("no run that stands"), "{}", finding(&folder));
    fs::remove_file(folder.path(&output_name("sessions", 9))).unwrap();
    assert_eq!(verify(&folder, 0)["status"], "ok");
}

#[test]
fn a_rollback_takes_state_outputs_and_known_files_back_together() {
    let folder = three_runs();
    let report = folder.sessionize(&["rollback", "--to-run=1", "--format=json"]).expect_code(0).json();
    assert_eq!((&report["run"], &report["events_open"]), (&4.into(), &2.into()));
    assert_eq!(report["retracted_runs"], serde_json::json!([2, 3]));
    assert_eq!(verify(&folder, 0)["runs_standing"], 2);
    let retracted = folder.files(&format!("{OUT}/retracted"));
    assert_eq!(retracted.len(), 3, "{:?}", retracted.keys());
    assert_eq!(folder.sessions().len(), 1);
    // The same files come again, under new numbers, and the outcome is that of a history without the rollback.
    for day in ["2.csv", "3.csv"] {
        folder.sessionize(&["run", day, CLOCK, "--max-rejects=1"]).expect_code(0);
    }
    assert_eq!(folder.sessions(), three_runs().sessions());
    assert_eq!(verify(&folder, 0)["rows_read"], 8);
}

#[test]
fn a_rollback_leaves_the_open_view_of_a_run_that_stands_and_takes_that_of_one_that_does_not() {
    let folder = Folder::new();
    let latest = folder.path(&format!("{OUT}/open/latest.csv"));
    for (number, flags) in [(1, &["--emit-open"][..]), (2, &[]), (3, &["--emit-open"]), (4, &[])] {
        let name = format!("{number}.csv");
        folder.write(&name, format!("ann,2020-01-01 00:0{number}:00\n"));
        folder.sessionize(&[&["run", &name, CLOCK], flags].concat()).expect_code(0);
    }
    let view = fs::read(&latest).unwrap();
    folder.sessionize(&["rollback", "--to-run=3"]).expect_code(0);
    assert_eq!(fs::read(&latest).unwrap(), view, "run 3 has written it, and stands");
    assert_eq!(verify(&folder, 0)["status"], "ok");
    folder.sessionize(&["rollback", "--to-run=2"]).expect_code(0);
    assert!(!latest.exists(), "run 3 is taken back");
    assert_eq!(verify(&folder, 0)["status"], "ok");
    // What the view shows now has no run written: whoever asks for it gets it, once.
    for status in ["committed", "nothing-to-do"] {
        let finalize = ["finalize", "--as-of=2019-01-01", "--emit-open", "--format=json"];
        let report = folder.sessionize(&finalize).expect_code(0).json();
        assert_eq!(report["status"], status);
        assert!(fs::read_to_string(&latest).unwrap().contains("2020-01-01T00:02:00Z,60,2,open"));
    }
    assert_eq!(verify(&folder, 0)["status"], "ok");
}

#[test]
fn a_rollback_that_cannot_be_done_changes_nothing() {
    let folder = three_runs();
    let before = folder.files(OUT);
    folder.sessionize(&["rollback", "--to-run=4"]).expect_code(2);
    folder.sessionize(&["rollback", "--to-run=3"]).expect_code(0);
    for day in 4..8 {
        folder.write("more.csv", format!("dan,2020-01-0{day} 12:00:00\n"));
        folder.sessionize(&["run", "more.csv", CLOCK]).expect_code(0);
    }
    let told = folder.sessionize(&["rollback", "--to-run=2"]).expect_code(1).stderr;
    assert!(told.contains("no longer kept"), "{told}");
    for (path, content) in before {
        assert_eq!(fs::read(folder.path(path.to_str().unwrap())).unwrap(), content, "{}", path.display());
    }
    folder.sessionize(&["rollback", "--to-run=6"]).expect_code(0);
    let told = folder.sessionize(&["rollback", "--to-run=7"]).expect_code(2).stderr;
    assert!(told.contains("run 8 has taken it back"), "{told}");
    assert_eq!(verify(&folder, 0)["status"], "ok");
}

#[test]
fn an_evicted_key_leaves_the_state_and_the_accounts_know() {
    let folder = three_runs();
    folder.sessionize(&["evict", "--key=nobody"]).expect_code(0);
    let report = folder.sessionize(&["evict", "--key=bob", "--format=json"]).expect_code(0).json();
    assert_eq!((&report["events_removed"], &report["events_open"]), (&2.into(), &0.into()));
    assert_eq!(verify(&folder, 0)["events_removed"], 2);
    folder.sessionize(&["finalize"]).expect_code(0);
    assert_eq!(folder.sessions().len(), 3);
    // An older generation would bring the key back.
    folder.sessionize(&["rollback", "--to-run=3"]).expect_code(1);
}

#[test]
fn an_export_becomes_a_checkpoint_that_goes_on_as_the_first() {
    let folder = three_runs();
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    let elsewhere = Folder::new();
    elsewhere.write("state.jsonl", fs::read(folder.path("state.jsonl")).unwrap());
    elsewhere.write("3.csv", fs::read(folder.path("3.csv")).unwrap());
    elsewhere.sessionize(&["import-state", "state.jsonl"]).expect_code(0);
    assert_eq!(verify(&elsewhere, 0)["events_open"], 2);
    let again = elsewhere.sessionize(&["run", "3.csv", CLOCK, "--format=json"]).expect_code(0).json();
    assert_eq!(again["status"], "nothing-to-do");
    for folder in [&folder, &elsewhere] {
        folder.sessionize(&["finalize"]).expect_code(0);
    }
    assert_eq!(elsewhere.sessions(), folder.sessions_of_run(4));
    // Not over what is there, and not beside outputs that have gone on.
    folder.sessionize(&["import-state", "state.jsonl"]).expect_code(2);
    folder.sessionize(&["import-state", "state.jsonl", "--state=new"]).expect_code(2);
}

#[test]
fn a_cut_or_changed_export_is_refused() {
    let folder = three_runs();
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    let whole = fs::read_to_string(folder.path("state.jsonl")).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let without = |left_out: usize| {
        let kept = lines.iter().enumerate().filter(|(number, _)| *number != left_out);
        kept.flat_map(|(_, line)| [*line, "\n"]).collect::<String>()
    };
    for left_out in 0..lines.len() {
        folder.write("cut.jsonl", without(left_out));
        folder.sessionize(&["import-state", "cut.jsonl", "--state=new", "--out=new-out"]).expect_code(65);
    }
    assert!(!folder.path("new-out").exists());
    folder.sessionize(&["import-state", "state.jsonl", "--state=new", "--out=new-out"]).expect_code(0);
}

#[test]
fn a_backup_stands_alone() {
    let folder = three_runs();
    folder.sessionize(&["backup", "kept"]).expect_code(0);
    folder.sessionize(&["backup", "kept"]).expect_code(2);
    folder.sessionize(&["finalize"]).expect_code(0);
    fs::remove_dir_all(folder.path(STATE)).unwrap();
    let from_backup = ["--state=kept/state", "--out=kept/out"];
    folder.sessionize(&[&["finalize", CLOCK][..], &from_backup[..]].concat()).expect_code(0);
    let sessions = |out: &str| fs::read(folder.path(&format!("{out}/sessions/run-00000004.csv"))).unwrap();
    assert_eq!(sessions("kept/out"), sessions(OUT));
    folder.sessionize(&[&["verify"][..], &from_backup[..]].concat()).expect_code(0);
}

#[test]
fn a_checkpoint_of_this_version_needs_no_migration() {
    let folder = three_runs();
    let report = folder.sessionize(&["migrate", "--format=json"]).expect_code(0).json();
    assert_eq!(
        (&report["run"], &report["from"], &report["to"]),
        (&serde_json::Value::Null, &1.into(), &1.into())
    );
}
