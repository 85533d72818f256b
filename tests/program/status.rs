//! `status`: what monitoring is told. The figures are those that follow from the few rows of each test.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads the file of metrics")]
#![allow(clippy::print_stderr, reason = "says what was skipped")]

use crate::support::{Finished, Folder};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

/// A folder in which the rows of a day were ingested on the next morning.
fn after_days(days: &[u32]) -> Folder {
    let folder = Folder::in_memory();
    for day in days {
        let name = format!("in/2020-01-{day:02}.csv");
        folder.write(
            &name,
            format!("ann,2020-01-{day:02} 10:00:00\nbob,2020-01-{day:02} 11:00:00\nbob,soon\n"),
        );
        let now = format!("--now=2020-01-{:02}T02:00:00Z", day + 1);
        folder.sessionize(&["run", "--batch", &name, "--max-rejects=5", &now]).expect_code(0);
    }
    folder
}

fn status(folder: &Folder, flags: &[&str]) -> Finished {
    folder.sessionize(&[&["status", "--now=2020-01-04T08:00:00Z"], flags].concat())
}

fn report(folder: &Folder, flags: &[&str], code: i32) -> Value {
    status(folder, &[&["--report=json"], flags].concat()).expect_code(code).json()
}

#[test]
fn what_is_well_is_one_line_with_its_figures() {
    let folder = after_days(&[1, 2]);
    let finished = status(&folder, &["--max-age=53h"]).expect_code(0);
    assert_eq!((finished.stdout.lines().count(), finished.stderr.as_str()), (1, ""));
    let begin = "ok: run 2 at 2020-01-03T02:00:00Z, 1day 6h ago; watermark 2020-01-02T11:00:00Z, 1day 21h behind; open sessions: 1; ";
    assert!(finished.stdout.starts_with(begin), "{}", finished.stdout);
    let report = report(&folder, &[], 0);
    let expected = json!({
        "problems": [], "run": 2, "last_run_at": "2020-01-03T02:00:00Z", "last_run_at_s": 1_578_016_800.0, "age_s": 108_000.0,
        "watermark": "2020-01-02T11:00:00Z", "watermark_s": 1_577_962_800.0, "watermark_lag_s": 162_000.0,
        "sessions_open": 1, "events_open": 1, "unpublished_run": null, "missing_batches": [], "followers": [],
        "totals": {
            "rows_read": 6, "events_late": 0, "rejects": {"time": 2}, "sessions_completed": 3, "events_completed": 3,
        },
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&report[name], value, "{name}");
    }
    assert_eq!(report["folders"].as_array().unwrap().len(), 2);
}

#[test]
fn an_old_run_and_missing_batches_are_named_with_code_3() {
    let folder = after_days(&[1, 3]);
    let problems = |flags: &[&str]| report(&folder, flags, 3)["problems"].clone();
    assert_eq!(problems(&["--max-age=5h"]), json!(["the last run is 6h old, more than the 5h of --max-age"]));
    report(&folder, &["--max-age=6h"], 0);
    assert_eq!(problems(&["--expect=daily"]), json!(["the batch of 2020-01-02 is missing"]));
    let late = ["--expect=daily", "--now=2020-01-12T02:00:00Z", "--grace=3h"];
    let late = folder.sessionize(&[&["status"], &late[..]].concat()).expect_code(3);
    let named =
        "8 batches are missing: 2020-01-02, 2020-01-04, 2020-01-05, 2020-01-06, 2020-01-07 and 3 more";
    assert!(late.stdout.starts_with(&format!("attention: {named}; run 2 at ")), "{}", late.stdout);
    assert!(
        late.stderr.starts_with(&format!("sessionize: this needs attention: {named}; ")),
        "{}",
        late.stderr
    );
    assert_eq!(
        problems(&["--expect=hourly", "--max-age=1s"])[1],
        json!("no path of a batch names a day or hour, so --expect finds nothing")
    );
    // A rollback undoes the files, too.
    folder.sessionize(&["rollback", "--to-run=1"]).expect_code(0);
    assert_eq!(
        report(&folder, &["--expect=daily"], 3)["missing_batches"],
        json!(["2020-01-02", "2020-01-03"])
    );
}

#[test]
fn what_a_rollback_has_undone_is_in_no_sum() {
    let folder = after_days(&[1, 2]);
    folder.sessionize(&["rollback", "--to-run=1", "--now=2020-01-03T03:00:00Z"]).expect_code(0);
    let expected = json!({
        "rows_read": 3, "events_late": 0, "rejects": {"time": 1}, "sessions_completed": 1, "events_completed": 1,
    });
    assert_eq!(report(&folder, &[], 0)["totals"], expected);
}

#[test]
fn without_a_checkpoint_it_fails_as_inspect_does() {
    let folder = Folder::in_memory();
    let metrics = folder.path("s.prom");
    let finished = status(&folder, &["--metrics", metrics.to_str().unwrap()]).expect_code(1);
    assert!(finished.stderr.contains("there is no checkpoint here"), "{}", finished.stderr);
    assert!(!metrics.exists());
}

#[test]
fn followers_that_are_behind_are_named() {
    let folder = after_days(&[1]);
    folder.sessionize(&["deliver", "--to=./lake", "--name=lake"]).expect_code(0);
    report(&folder, &["--max-behind=0"], 0);
    folder.write("in/b.csv", "ann,2020-01-02 10:00:00\nbob,2020-01-02 11:00:00\n");
    folder.sessionize(&["run", "--batch", "in/b.csv", "--now=2020-01-03T02:00:00Z"]).expect_code(0);
    let report_of_one = report(&folder, &["--max-behind=0"], 3);
    assert_eq!(
        report_of_one["problems"],
        json!(["published runs that the follower lake lacks: 1, more than the 0 of --max-behind"])
    );
    report(&folder, &["--max-behind=1"], 0);
}

#[test]
fn metrics_are_a_file_that_the_collector_may_read() {
    let folder = after_days(&[1, 2]);
    let file = folder.path("sessionize.prom");
    for _ in 0..2 {
        status(&folder, &["--max-age=1h", "--metrics", file.to_str().unwrap()]).expect_code(3);
    }
    let text = fs::read_to_string(&file).unwrap();
    for line in [
        "sessionize_problems 1",
        "sessionize_last_run_timestamp_seconds 1578016800",
        "sessionize_watermark_timestamp_seconds 1577962800",
        "sessionize_open_sessions 1",
        "sessionize_rows_read_total 6",
        "sessionize_rows_rejected_total{reason=\"time\"} 2",
        "sessionize_sessions_completed_total 3",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    let left: Vec<_> =
        fs::read_dir(folder.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".partial")), "{left:?}");
    let unwritable = status(&folder, &["--metrics=/nowhere/s.prom"]).expect_code(1);
    assert!(unwritable.stderr.contains("/nowhere/s.prom: cannot write the metrics"), "{}", unwritable.stderr);
    check_with_promtool(&file);
}

/// What Prometheus itself says about names and forms.
fn check_with_promtool(file: &std::path::Path) {
    let input = Stdio::from(fs::File::open(file).unwrap());
    match Command::new("promtool").args(["check", "metrics"]).stdin(input).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success() && said.is_empty(), "{said}");
        }
        Err(_) => eprintln!(
            "!!!! promtool IS NOT HERE: the metrics were not checked by it (apt-get install prometheus) !!!!"
        ),
    }
}
