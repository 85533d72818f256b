//! Checkpoints of every released format open, say what they said, and go on; one of a newer format is refused. What is
//! expected was worked out by hand from the batches beside them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::twin::{self, execute, expect_one_clear_line, maintenance};
use crate::support::{Folder, OUT, STATE, output_name};
use serde_json::json;
use std::fs;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// A job of a released version, unpacked.
fn fixture(name: &str) -> Folder {
    let folder = Folder::in_memory();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/checkpoint").join(name);
    twin::copy_files(&fixture, &folder.path(""));
    let packed = folder.path(STATE).join("db.zst");
    let log = zstd::decode_all(&fs::read(&packed).unwrap()[..]).unwrap();
    fs::remove_file(packed).unwrap();
    fs::write(folder.path(STATE).join("db"), log).unwrap();
    folder
}

fn ended(folder: &Folder, arguments: &[&str]) -> crate::support::Finished {
    execute(folder, &maintenance(arguments)).expect_code(0)
}

/// `key start end duration_s events close_reason`, then the aggregates, of the sessions of a run.
fn sessions(folder: &Folder, run: u64) -> Vec<String> {
    let rows = folder.sessions_of_run(run);
    for row in &rows {
        let id = crate::oracle::session_id(row.key[0].as_bytes(), crate::oracle::us(&row.start));
        assert_eq!(row.id, id.to_string());
    }
    let shown = |row: &crate::support::SessionRow| {
        let clock = |time: &str| time[11..19].to_owned();
        let reported = row.further.join(" ");
        let (start, end) = (clock(&row.start), clock(&row.end));
        format!(
            "{} {start} {end} {} {} {} {reported}",
            row.key[0], row.duration_s, row.events, row.close_reason
        )
        .trim_end()
        .to_owned()
    };
    rows.iter().map(shown).collect()
}

/// Needs no migration: by hand there is nothing to do, and no copy is kept.
fn expect_newest(folder: &Folder) {
    assert_eq!(ended(folder, &["migrate"]).stdout, "nothing to do: the format is 1\n");
    assert!(!folder.path(&format!("{STATE}.format-1")).exists());
    assert_eq!(ended(folder, &["verify", "--report=json"]).json()["status"], "ok");
}

#[test]
fn version_1_without_rules() {
    let folder = fixture("v1/plain");
    // ann's session of 10:00 and 10:03 was complete, her event of 10:05 came too late. The rollback took run 3 back.
    assert_eq!(sessions(&folder, 1), ["ann 10:00:00 10:03:00 180 2 gap"]);
    let inspected = ended(&folder, &["inspect", "--sessions", "--runs", "--report=json"]).json();
    for (name, expected) in [
        ("format_version", json!(1)),
        ("runs", json!(4)),
        ("watermark", json!("2024-01-01T10:28:00Z")),
        ("watermark_set_by", json!("2.csv:4 in run 2")),
        ("sessions_open", json!(1)),
        ("keys_open", json!(2)),
        ("events_open", json!(3)),
        ("oldest_open_start", json!("2024-01-01T10:20:00Z")),
    ] {
        assert_eq!(inspected[name], expected, "{name}");
    }
    assert_eq!(inspected["definition"]["gap"], "5m");
    let open = |key: &str, start: &str, end: &str, events: u64| {
        let time = |clock: &str| format!("2024-01-01T{clock}:00Z");
        json!({ "key": key, "session_start": time(start), "session_end": time(end), "event_count": events })
    };
    let expected = json!([open("bob", "10:20", "10:24", 2), open("cat", "10:38", "10:38", 1)]);
    assert_eq!(inspected["sessions"], expected);
    let runs = inspected["ledger"].as_array().unwrap().iter();
    let of_run = |run: &serde_json::Value| {
        let count = |name: &str| run[name].as_u64().unwrap();
        (
            run["kind"].as_str().unwrap().to_owned(),
            count("rows_read"),
            count("events_accepted"),
            count("events_late"),
            count("rows_rejected"),
        )
    };
    let batch = |rows, accepted, late, rejected| ("batch".to_owned(), rows, accepted, late, rejected);
    // A rollback has the counts of what it takes back.
    let rollback = ("rollback".to_owned(), 1, 1, 0, 0);
    let expected = [batch(3, 3, 0, 0), batch(4, 2, 1, 1), batch(1, 1, 0, 0), rollback];
    assert_eq!(runs.map(of_run).collect::<Vec<_>>(), expected);
    expect_newest(&folder);

    // Known files are known; the one that was rolled back may come again.
    let flags = ["--max-rejects=50%", "--max-late=50%", "--watermark-delay=10m", "--report=json"];
    let run = |file| ended(&folder, &[&["run", file], &flags[..]].concat()).json()["status"].clone();
    assert_eq!((run("2.csv"), run("3.csv")), (json!("nothing-to-do"), json!("committed")));
    // 10:29 is five minutes after 10:24: still the same session.
    folder.write("4.csv", "user,ts\nbob,2024-01-01 10:29:00\neve,2024-01-01 10:50:00\n");
    assert_eq!(run("4.csv"), "committed");
    assert_eq!(sessions(&folder, 6), ["bob 10:20:00 10:29:00 540 3 gap"]);
    ended(&folder, &["finalize"]);
    let mut closed = sessions(&folder, 7);
    closed.sort();
    let one = |key: &str, time: &str| format!("{key} {time}:00 {time}:00 0 1 finalize");
    assert_eq!(closed, [one("cat", "10:38"), one("dan", "10:39"), one("eve", "10:50")]);
    ended(&folder, &["verify"]);
    ended(&folder, &["rollback", "--to-run=6"]);
    ended(&folder, &["verify"]);
}

#[test]
fn version_1_with_rules() {
    let folder = fixture("v1/rules");
    let inspected = ended(&folder, &["inspect", "--report=json"]).json();
    // The watermark is at 10:02: ann's first three events are folded (the double one is dropped), the rest waits.
    assert_eq!(inspected["watermark"], "2024-01-01T10:02:00Z");
    assert_eq!((&inspected["events_open"], &inspected["sessions_open"]), (&json!(6), &json!(1)));
    let rules = json!({
        "agg": ["first(page)", "sum(amount)"], "max-events": ["3"], "dedup": ["row"], "emit": ["both"]
    });
    assert_eq!(inspected["definition"]["rules"], rules);
    expect_newest(&folder);

    folder.write("3.csv", "user,ts,page,amount\nbob,2024-01-01 10:30:00,y,3\n");
    ended(&folder, &["run", "3.csv", "--watermark-delay=10m"]);
    let mut closed = sessions(&folder, 3);
    closed.sort();
    assert_eq!(
        closed,
        [
            "ann 10:00:00 10:02:00 120 3 max-events home 3.85",
            "ann 10:03:00 10:03:00 0 1 gap home 4",
            "bob 10:08:00 10:12:00 240 2 gap home 3",
        ]
    );
    let events = crate::support::read_csv(&fs::read(folder.path(&output_name("events", 3))).unwrap());
    assert_eq!(events.len(), 1 + 6);
    ended(&folder, &["finalize"]);
    assert_eq!(sessions(&folder, 4), ["bob 10:30:00 10:30:00 0 1 finalize y 3"]);
    ended(&folder, &["verify"]);
}

/// A head in a frame of format 2, as only a newer program could have written it.
#[test]
fn a_newer_format_is_refused_with_both_numbers_and_nothing_is_changed() {
    let folder = fixture("v1/plain");
    let config = sled::Config::new().path(folder.path(STATE)).segment_size(1 << 20).flush_every_ms(None);
    let db = config.open().unwrap();
    let head = db.get(b"head\0\0").unwrap().unwrap();
    let framed = [&2_u32.to_le_bytes()[..], &head[12..], b"what is new"].concat();
    db.insert(b"head\0\0", [&xxh3_64(&framed).to_le_bytes()[..], &framed].concat()).unwrap();
    db.flush().unwrap();
    drop(db);
    let published = folder.files(OUT);
    for command in [
        &["run", "3.csv"][..],
        &["finalize"],
        &["inspect"],
        &["verify"],
        &["migrate"],
        &["rollback", "--to-run=2"],
        &["backup", "kept"],
        &["export-state", "saved.jsonl"],
    ] {
        let refused = execute(&folder, &maintenance(command)).expect_code(74);
        let reported = &refused.stderr;
        assert!(
            reported.contains("version 2") && reported.contains("this program reads up to version 1"),
            "{reported}"
        );
        assert!(reported.contains("use a newer program"), "{reported}");
        expect_one_clear_line(&refused);
    }
    assert_eq!(folder.files(OUT), published);
}
