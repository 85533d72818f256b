//! `inspect --explain`: what a session consists of, why it began and why it ended. The reasons follow from the rules of
//! `docs/semantics.md` and the few rows of each test.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads and removes outputs")]

use crate::support::{Folder, OUT, output_name, read_sessions};
use serde_json::{Value, json};
use std::fs;

const DAY: &str = "ann,2020-01-01 10:00:00,a\nann,2020-01-01 10:10:00,b\nann,2020-01-01 11:00:00,c\nbob,2020-01-01 11:30:00,d\n";

fn after_a_day(flags: &[&str]) -> Folder {
    let folder = Folder::in_memory();
    run(&folder, "day.csv", DAY, flags);
    folder
}

fn run(folder: &Folder, name: &str, rows: &str, flags: &[&str]) {
    folder.write(name, rows);
    let run = ["run", "--batch", name, "--gap=30m", "--emit-open"];
    folder.sessionize(&[&run[..], flags].concat()).expect_code(0);
}

fn explained(folder: &Folder, id: &str) -> Value {
    folder.sessionize(&["inspect", "--report=json", "--explain", id]).expect_code(0).json()
}

/// The id of the open session that begins at this time of the day.
fn open_id(folder: &Folder, time: &str) -> String {
    let view = fs::read(folder.path(&format!("{OUT}/open/latest.csv"))).unwrap();
    read_sessions(&view).into_iter().find(|session| session.start.contains(time)).unwrap().id
}

#[test]
fn a_completed_session_has_its_events_and_both_reasons() {
    let folder = after_a_day(&["--emit=both"]);
    let id = folder.sessions()[0].id.clone();
    let found = explained(&folder, &id.to_uppercase());
    let expected = json!({
        "session_id": id, "status": "completed", "run": 1, "key": "ann", "session_start": "2020-01-01T10:00:00Z",
        "session_end": "2020-01-01T10:10:00Z", "event_count": 2, "close_reason": "gap",
        "began": "with the first event of its key: the outputs have no session of the key before it",
        "ended": "by a pause: no event of its key came within the gap after 2020-01-01T10:10:00Z, which is 30m; run 1 completed it, when the watermark was 2020-01-01T11:30:00Z",
        "previous_session_id": null,
        "event_columns": ["column_1", "column_2", "column_3"],
        "events": [["ann", "2020-01-01 10:00:00", "a"], ["ann", "2020-01-01 10:10:00", "b"]],
        "events_from": format!("{OUT}/events/run-00000001.csv"),
    });
    assert_eq!(found, expected);
    let text = folder.sessionize(&["inspect", "--explain", &id]).expect_code(0).stdout;
    for line in [
        "  status        completed, by run 1",
        "  began         with the first event of its key: the outputs have no session of the key before it",
        "  column_1,column_2,column_3",
        "  ann,2020-01-01 10:10:00,b",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
}

#[test]
fn an_open_session_says_what_continues_it() {
    for form in ["--output-format=csv", "--output-format=jsonl", "--output-compression=gzip"] {
        let folder = after_a_day(&["--emit=both"]);
        let found = explained(&folder, &open_id(&folder, "T11:00:00Z"));
        assert_eq!((&found["status"], &found["run"]), (&json!("open"), &Value::Null));
        assert_eq!(
            found["began"],
            "after a pause: the session of the key before it ended at 2020-01-01T10:10:00Z, 50m earlier, more than the gap of 30m"
        );
        assert_eq!(
            found["ended"],
            "it is open: an event of its key until 2020-01-01T11:30:00Z continues it, and it ends when the watermark has passed that; the watermark is 2020-01-01T11:30:00Z"
        );
        assert_eq!(found["events"], json!([["ann", "2020-01-01 11:00:00", "c"]]));
        assert_eq!(found["previous_session_id"], folder.sessions()[0].id);
        folder.sessionize(&["finalize", form]).expect_code(0);
        let id = found["session_id"].as_str().unwrap();
        let closed = explained(&folder, id);
        assert_eq!(closed["ended"], "by a finalize: run 2 closed every open session");
        assert_eq!(closed["events"], found["events"], "{form}");
        assert_eq!(closed["began"], found["began"]);
    }
}

#[test]
fn a_rule_is_named_with_its_value_on_both_sides() {
    let folder = after_a_day(&["--max-events=1"]);
    let first = folder.sessions()[0].id.clone();
    let by = "--max-events 1 (Largest session: one more event begins a new session)";
    let found = explained(&folder, &first);
    assert_eq!(
        found["ended"],
        format!("by {by}; run 1 completed it, when the watermark was 2020-01-01T11:30:00Z")
    );
    let second = folder.sessions().into_iter().find(|session| session.start.contains("T10:10")).unwrap();
    let began = format!("by a rule: the session of the key before it ended at 2020-01-01T10:00:00Z, by {by}");
    assert_eq!(explained(&folder, &second.id)["began"], began);
    assert_eq!(
        found["events_from"],
        "events are not kept: the definition has --emit sessions; a checkpoint with --emit both writes them beside their sessions"
    );
    assert_eq!((&found["events"], &found["event_columns"]), (&Value::Null, &Value::Null));
}

#[test]
fn what_was_retracted_or_rolled_back_says_by_which_run() {
    let folder = Folder::in_memory();
    let rows = "ann,2020-01-01 10:00:00\nann,2020-01-01 11:00:00\nbob,2020-01-01 12:00:00\n";
    run(&folder, "1.csv", rows, &["--allowed-lateness=3d"]);
    let [first, second] = [0, 1].map(|number| folder.sessions_of_run(1)[number].id.clone());
    run(&folder, "2.csv", "ann,2020-01-01 10:30:00\n", &["--allowed-lateness=3d"]);
    let found = explained(&folder, &second);
    assert_eq!((&found["status"], &found["run"]), (&json!("retracted"), &json!(2)));
    assert_eq!(
        found["ended"],
        "run 2 has retracted it: a late event has changed the sessions of its key (--allowed-lateness)"
    );
    // The joined session begins where the first one did, so it has its id.
    let joined = explained(&folder, &first);
    assert_eq!(
        (&joined["status"], &joined["run"], &joined["event_count"]),
        (&json!("completed"), &json!(2), &json!(3))
    );

    let folder = after_a_day(&[]);
    folder.sessionize(&["finalize"]).expect_code(0);
    let of_bob = folder.sessions_of_run(2).into_iter().find(|session| session.key == ["bob"]).unwrap().id;
    folder.sessionize(&["rollback", "--to-run=0"]).expect_code(0);
    let found = explained(&folder, &of_bob);
    assert_eq!(found["status"], "rolled-back");
    assert_eq!(found["ended"], "run 2 had completed it, and run 3 has rolled that run back");
}

#[test]
fn outputs_that_are_gone_are_named_and_an_unknown_id_says_where_it_may_be() {
    const UNKNOWN: &str = "00000000-0000-5000-8000-000000000000";
    let said =
        |folder: &Folder, id: &str| folder.sessionize(&["inspect", "--explain", id]).expect_code(2).stderr;
    let folder = after_a_day(&["--emit=both", "--keep-generations=1"]);
    let unknown = said(&folder, UNKNOWN);
    let begin = format!("sessionize: no session has the id {UNKNOWN}; ");
    assert!(unknown.starts_with(&format!("{begin}take the id from the column session_id")), "{unknown}");
    assert!(said(&folder, "ann").contains("not the id of a session; ids read like "));
    let id = folder.sessions()[0].id.clone();
    fs::remove_file(folder.path(&output_name("events", 1))).unwrap();
    let found = explained(&folder, &id);
    assert_eq!(
        found["events_from"],
        "run 1 has written them, but its output of events is no longer here as it was published"
    );
    fs::remove_file(folder.path(&output_name("sessions", 1))).unwrap();
    let gone = said(&folder, &id);
    assert!(gone.contains("some outputs are no longer here"), "{gone}");
    folder.sessionize(&["finalize", "--keep-generations=1"]).expect_code(0);
    folder.sessionize(&["prune", "--older-than=1d", "--now=2030-01-01", "--unfollowed"]).expect_code(0);
    let pruned = said(&folder, &id);
    assert!(pruned.contains("the outputs of the runs up to 1 were pruned"), "{pruned}");

    let folder = after_a_day(&["--emit=events"]);
    let events_only = said(&folder, UNKNOWN);
    assert!(events_only.contains("look for the id in the outputs of events"), "{events_only}");
}
