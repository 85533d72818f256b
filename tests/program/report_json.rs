//! The shape of `--report json`: scripts read it, so every field has its place, type and meaning.
//!
//! Expected values are worked out by hand from the rules in `docs/semantics.md`.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the documentation")]

use crate::support::{Folder, output_name};
use serde_json::{Value, json};
use std::path::Path;

/// Fields of a run's document; the letter is the type: Number, String, Array, Object; small: may be null.
const RUN_FIELDS: [(&str, char); 27] = [
    ("run", 'n'),
    ("status", 'S'),
    ("files", 'A'),
    ("lines", 'N'),
    ("continuation_lines", 'N'),
    ("comment_lines", 'N'),
    ("skipped_lines", 'N'),
    ("rows_read", 'N'),
    ("rows_filtered", 'N'),
    ("events_accepted", 'N'),
    ("events_late", 'N'),
    ("rows_rejected", 'N'),
    ("rejects", 'O'),
    ("sessions_completed", 'N'),
    ("events_completed", 'N'),
    ("sessions_filtered", 'N'),
    ("events_filtered", 'N'),
    ("sessions_open", 'N'),
    ("events_open", 'N'),
    ("watermark", 's'),
    ("first_event", 's'),
    ("last_event", 's'),
    ("late", 'o'),
    ("outputs", 'O'),
    ("bytes_read", 'N'),
    ("seconds", 'N'),
    ("seconds_by_phase", 'O'),
];
const INSPECT_FIELDS: [(&str, char); 11] = [
    ("format_version", 'N'),
    ("definition", 'o'),
    ("watermark", 's'),
    ("watermark_set_by", 's'),
    ("runs", 'N'),
    ("last_run", 'o'),
    ("sessions_open", 'N'),
    ("keys_open", 'N'),
    ("events_open", 'N'),
    ("oldest_open_start", 's'),
    ("bytes_on_disk", 'N'),
];
const FILE_FIELDS: [(&str, char); 4] = [("path", 'S'), ("digest", 'S'), ("rows", 'N'), ("status", 'S')];
const OUTPUT_FIELDS: [(&str, char); 3] = [("sessions", 's'), ("late", 's'), ("rejects", 's')];

const DAY_1: &str = "user,time\nann,2020-01-01 00:00:00\nann,2020-01-01 00:05:00\nbob,2020-01-01 00:20:00\n";
/// One session of eve goes on, one row is late, two are rejected.
const DAY_2: &str =
    "user,time\neve,2020-01-01 00:30:00\nann,2020-01-01 00:15:00\n,2020-01-01 00:31:00\nx,never\n";

#[track_caller]
fn expect_fields(document: &Value, fields: &[(&str, char)]) {
    for (name, kind) in fields {
        let value = document.get(name).unwrap_or_else(|| panic!("no field {name} in {document:#}"));
        let fits = match kind.to_ascii_uppercase() {
            'N' => value.is_number(),
            'S' => value.is_string(),
            'A' => value.is_array(),
            _ => value.is_object(),
        };
        assert!(fits || (kind.is_ascii_lowercase() && value.is_null()), "{name} is {value}");
    }
}

/// What lets the second day through, and its document.
const LIMITS: [&str; 6] = ["--max-rejects", "2", "--max-late", "50%", "--report", "json"];

/// A folder after two runs, and the documents that they have printed.
fn two_runs() -> (Folder, Value, Value) {
    let folder = Folder::new();
    folder.write("1.csv", DAY_1);
    folder.write("2.csv", DAY_2);
    let first = folder.sessionize(&["run", "1.csv", "--key", "user", "--time", "time", "--report", "json"]);
    let second = folder.sessionize(&[&["run", "1.csv", "2.csv"], &LIMITS[..]].concat());
    (folder, first.expect_code(0).json(), second.expect_code(0).json())
}

#[test]
fn a_run_has_every_field_with_its_type() {
    let (_folder, first, second) = two_runs();
    for document in [&first, &second] {
        expect_fields(document, &RUN_FIELDS);
        expect_fields(&document["outputs"], &OUTPUT_FIELDS);
        for file in document["files"].as_array().unwrap() {
            expect_fields(file, &FILE_FIELDS);
        }
        for phase in ["open", "read", "reduce", "stage", "commit", "publish"] {
            assert!(document["seconds_by_phase"][phase].is_number(), "{phase}");
        }
    }
}

#[test]
fn a_run_says_what_it_has_done() {
    let (folder, first, second) = two_runs();
    assert_eq!(first["status"], "committed");
    assert_eq!((&first["run"], &first["rows_read"]), (&json!(1), &json!(3)));
    assert_eq!((&first["sessions_completed"], &first["events_completed"]), (&json!(1), &json!(2)));
    assert_eq!((&first["sessions_open"], &first["events_open"]), (&json!(1), &json!(1)));
    assert_eq!(
        first["outputs"],
        json!({"sessions": output_name("sessions", 1), "late": null, "rejects": null})
    );

    let files: Vec<_> = second["files"].as_array().unwrap().iter().map(|file| &file["status"]).collect();
    assert_eq!(files, ["known", "processed"]);
    assert_eq!(second["files"][1]["rows"], 4);
    assert_eq!(second["rows_read"], 4);
    assert_eq!((&second["events_accepted"], &second["events_late"]), (&json!(1), &json!(1)));
    assert_eq!(second["rows_rejected"], 2);
    assert_eq!(second["rejects"], json!({"empty-key": 1, "time": 1}));
    assert_eq!(second["watermark"], "2020-01-01T00:30:00Z");
    assert_eq!((&second["first_event"], &second["last_event"]), (&second["watermark"], &second["watermark"]));
    assert_eq!(second["late"], json!({"latest_by_s": 300.0, "watermark_delay_to_keep_all": "5m"}));
    assert_eq!(second["bytes_read"], DAY_2.len());
    for (kind, path) in second["outputs"].as_object().unwrap() {
        assert_eq!(path, &output_name(kind, 2));
        assert!(folder.path(path.as_str().unwrap()).is_file(), "{path}");
    }
}

#[test]
fn a_run_with_nothing_to_do_has_the_same_shape() {
    let (folder, _, second) = two_runs();
    let again = folder.sessionize(&["run", "2.csv", "--report", "json"]).expect_code(0).json();
    expect_fields(&again, &RUN_FIELDS);
    assert_eq!((&again["status"], &again["run"]), (&json!("nothing-to-do"), &Value::Null));
    assert_eq!(again["files"][0]["status"], "known");
    assert_eq!(again["files"][0]["digest"], second["files"][1]["digest"]);
    assert_eq!(again["outputs"], json!({"sessions": null, "late": null, "rejects": null}));
    assert_eq!((&again["sessions_open"], &again["watermark"]), (&json!(1), &second["watermark"]));
}

#[test]
fn a_backfill_is_one_document_with_a_run_for_each_file() {
    let folder = Folder::new();
    folder.write("1.csv", DAY_1);
    folder.write("2.csv", DAY_2);
    let run = [&["run", "--each", "--batch", "1.csv", "2.csv"], &LIMITS[..]].concat();
    let document = folder.sessionize(&run).expect_code(0).json();
    let runs = document["runs"].as_array().unwrap();
    assert_eq!(runs.iter().map(|run| &run["run"]).collect::<Vec<_>>(), [1, 2]);
    for run in runs {
        expect_fields(run, &RUN_FIELDS);
    }
}

#[test]
fn a_dry_run_and_a_finalize_have_the_shape_of_a_run() {
    let folder = Folder::new();
    folder.write("1.csv", DAY_1);
    let dry = folder.sessionize(&["run", "1.csv", "--dry-run", "--report", "json"]).expect_code(0).json();
    expect_fields(&dry, &RUN_FIELDS);
    assert_eq!((&dry["status"], &dry["run"]), (&json!("dry-run"), &Value::Null));
    folder.sessionize(&["run", "1.csv"]).expect_code(0);
    let finalized = folder.sessionize(&["finalize", "--report", "json"]).expect_code(0).json();
    expect_fields(&finalized, &RUN_FIELDS);
    assert_eq!((&finalized["sessions_completed"], &finalized["sessions_open"]), (&json!(1), &json!(0)));
}

#[test]
fn an_inspect_has_every_field_and_tails_count_as_open() {
    let folder = Folder::new();
    folder.write(
        "1.csv",
        "user,time\nann,2020-01-01 00:00:00\nbob,2020-01-01 00:03:00\nann,2020-01-01 00:04:00\n",
    );
    // The watermark stops at 00:02: ann's second event and bob's only one wait behind it.
    folder.sessionize(&["run", "1.csv", "--watermark-delay", "2m"]).expect_code(0);
    let document =
        folder.sessionize(&["inspect", "--sessions", "--runs", "--report", "json"]).expect_code(0).json();
    expect_fields(&document, &INSPECT_FIELDS);
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["watermark"], "2020-01-01T00:02:00Z");
    assert_eq!(document["watermark_set_by"], "1.csv:4 in run 1");
    assert_eq!((&document["runs"], &document["last_run"]["run"]), (&json!(1), &json!(1)));
    assert_eq!((&document["sessions_open"], &document["keys_open"]), (&json!(1), &json!(2)));
    assert_eq!((&document["events_open"], &document["ledger"][0]["rows_read"]), (&json!(3), &json!(3)));
    assert_eq!(document["oldest_open_start"], "2020-01-01T00:00:00Z");
    let open = |key, start, end, events: u64| json!({"key": key, "session_start": start, "session_end": end, "event_count": events});
    assert_eq!(
        document["sessions"],
        json!([
            open("ann", "2020-01-01T00:00:00Z", "2020-01-01T00:04:00Z", 2),
            open("bob", "2020-01-01T00:03:00Z", "2020-01-01T00:03:00Z", 1),
        ])
    );
    let one = folder.sessionize(&["inspect", "--key", "bob", "--report", "json"]).expect_code(0).json();
    assert_eq!(one["sessions"], json!([document["sessions"][1]]));
}

#[test]
fn an_error_is_no_document() {
    let failed = Folder::new().sessionize(&["run", "missing.csv", "--report", "json"]).expect_code(66);
    assert_eq!((failed.stdout.as_str(), failed.stderr.lines().count()), ("", 1));
}

/// Nothing that a script may come to rely on is undocumented.
#[test]
fn every_field_stands_in_the_documentation() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/format.md");
    let text = std::fs::read_to_string(page).unwrap();
    let (folder, _, second) = two_runs();
    let all = ["inspect", "--sessions", "--runs", "--report", "json"];
    let inspected = folder.sessionize(&all).expect_code(0).json();
    for document in [&second, &inspected] {
        for_each_field(document, &mut |name| assert!(text.contains(&format!("`{name}`")), "{name}"));
    }
}

fn for_each_field(document: &Value, visit: &mut impl FnMut(&str)) {
    match document {
        Value::Object(fields) => {
            for (name, value) in fields {
                // Reasons are values of a column, not fields.
                if name != "rejects" || !value.is_object() {
                    visit(name);
                    for_each_field(value, visit);
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| for_each_field(value, visit)),
        _ => {}
    }
}
