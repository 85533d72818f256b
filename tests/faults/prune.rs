//! Years of use: what nobody needs any more is removed, nothing else is, and everything that is checked still holds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::{Finished, Folder, OUT, STATE, output_name, stream_of};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// The clock of the first run. Each later one is a month after the one before.
const MONTHS: [&str; 6] =
    ["2020-01-02", "2020-02-02", "2020-03-02", "2020-04-02", "2020-05-02", "2020-06-02"];

/// Runs of six months, each with a session, a late row and a row that is rejected; only the last state is kept.
fn six_months(flags: &[&str]) -> Folder {
    let folder = Folder::in_memory();
    for (number, now) in (1..).zip(MONTHS) {
        let name = format!("{number}.csv");
        folder.write(
            &name,
            format!("ann,2020-0{number}-01 10:00:00\nbob,2020-0{number}-01 23:00:00\nbad\nbob,2019-01-01\n"),
        );
        let now = format!("--now={now}");
        let limits = ["--max-rejects=50%", "--max-late=50%", "--keep-generations=1"];
        folder.sessionize(&[&["run", &name, &now], &limits[..], flags].concat()).expect_code(0);
    }
    folder
}

fn prune(folder: &Folder, flags: &[&str]) -> Finished {
    let prune = ["prune", "--older-than=90d", "--now=2020-06-30", "--report=json"];
    folder.sessionize(&[&prune[..], flags].concat())
}

fn verify(folder: &Folder, code: i32) -> Value {
    folder.sessionize(&["verify", "--report=json"]).expect_code(code).json()
}

fn names(folder: &Folder, name: &str) -> Vec<String> {
    let below = format!("{OUT}/{name}");
    let path = |path: &Path| path.strip_prefix(&below).unwrap().display().to_string();
    folder.files(&below).keys().map(|name| path(name)).collect()
}

/// Registers a follower that has everything up to `run`.
fn register(folder: &Folder, name: &str, run: u64) {
    let stream = stream_of(folder, OUT, 6);
    let text = |checksum: &str| {
        format!(
            "{{\n  \"format_version\": 1,\n  \"name\": \"{name}\",\n  \"target\": \"a table\",\n  \"target_id\": \"x\",\n  \"stream_id\": \"{stream}\",\n  \
             \"run\": {run},\n  \"head_digest\": \"{:032x}\",\n  \"checksum\": \"{checksum}\"\n}}\n",
            7
        )
    };
    let checksum = format!("{:016x}", xxh3_64(text("").as_bytes()));
    folder.write(&format!("{OUT}/followers/{name}.json"), text(&checksum));
}

#[test]
fn what_is_older_goes_and_everything_still_holds() {
    let folder = six_months(&[]);
    let before = verify(&folder, 0);
    let state = folder.files(STATE);
    let would = prune(&folder, &["--unfollowed", "--dry-run"]).expect_code(0).json();
    // By hand: the runs of January to April 1 are older than 90 days on June 30; each of three has two or three outputs: the first run
    // has no late row, and each has sessions and rejects.
    let expected = json!({
        "status": "dry-run", "pruned_through": 3, "limited_by": "age", "outputs": 8, "manifests": 3, "bytes": would["bytes"]
    });
    assert_eq!(would, expected);
    assert_eq!(folder.files(STATE), state, "a dry run changes nothing");
    assert_eq!(verify(&folder, 0)["output_files"], before["output_files"]);
    let done = prune(&folder, &["--unfollowed"]).expect_code(0).json();
    assert_eq!(
        (&done["status"], &done["outputs"], &done["bytes"]),
        (&json!("committed"), &json!(8), &would["bytes"])
    );
    assert_eq!(names(&folder, "sessions"), ["run-00000004.csv", "run-00000005.csv", "run-00000006.csv"]);
    assert_eq!(names(&folder, "late").len() + names(&folder, "rejects").len(), 6);
    assert_eq!(
        names(&folder, "manifests"),
        ["pruned.json", "run-00000004.json", "run-00000005.json", "run-00000006.json"]
    );
    let after = verify(&folder, 0);
    assert_eq!((&after["status"], &after["pruned_through"]), (&json!("ok"), &json!(3)));
    for account in ["runs", "runs_active", "rows_read", "events_completed", "events_late", "rows_rejected"] {
        assert_eq!(after[account], before[account], "{account} is that of the ledger");
    }
    assert_eq!(prune(&folder, &["--unfollowed"]).expect_code(0).json()["status"], "nothing-to-do");
    // Years later: the next run, a copy, and the next prune, of which one file stands for all.
    folder.write("7.csv", "ann,2020-07-01 10:00:00\n");
    folder.sessionize(&["run", "7.csv", "--now=2020-07-02", "--keep-generations=1"]).expect_code(0);
    let copied = folder.sessionize(&["backup", "kept", "--report=json"]).expect_code(0).json();
    assert_eq!(copied["outputs_missing"], 0);
    folder.sessionize(&["verify", "--state=kept/state", "--out=kept/out"]).expect_code(0);
    let next = prune(&folder, &["--unfollowed", "--now=2030-01-01"]);
    assert_eq!(next.code, Some(2), "a flag is given once: {next:?}");
    let next =
        folder.sessionize(&["prune", "--older-than=1d", "--now=2030-01-01", "--unfollowed", "--report=json"]);
    let next = next.expect_code(0).json();
    assert_eq!((&next["pruned_through"], &next["limited_by"]), (&json!(6), &json!("newest-run")));
    assert_eq!(names(&folder, "manifests"), ["pruned.json", "run-00000007.json"]);
    assert_eq!(verify(&folder, 0)["pruned_through"], 6);
}

#[test]
fn nothing_goes_that_nobody_is_known_to_have() {
    let folder = six_months(&[]);
    let before = folder.files(OUT);
    let refused = prune(&folder, &[]).expect_code(2);
    assert!(refused.stderr.contains("would remove 8 outputs that nobody is known to have"), "{refused:?}");
    assert_eq!(folder.files(OUT), before);
    // A loader has taken them away: of these runs only manifests are left, which is nothing to lose.
    for kind in ["sessions", "late", "rejects"] {
        for run in 1..=3 {
            let _ = fs::remove_file(folder.path(&output_name(kind, run)));
        }
    }
    let report = prune(&folder, &[]).expect_code(0).json();
    assert_eq!((&report["outputs"], &report["manifests"]), (&json!(0), &json!(3)));
    assert_eq!(verify(&folder, 0)["status"], "ok");
}

#[test]
fn what_a_follower_still_needs_stays() {
    let folder = six_months(&[]);
    register(&folder, "fast", 6);
    register(&folder, "slow", 3);
    let report = prune(&folder, &[]).expect_code(0).json();
    // It goes on from the manifest of run 3.
    assert_eq!((&report["pruned_through"], &report["limited_by"]), (&json!(2), &json!("followers")));
    register(&folder, "slow", 6);
    assert_eq!(prune(&folder, &[]).expect_code(0).json()["pruned_through"], 3);
    register(&folder, "new", 0);
    let report = prune(&folder, &[]).expect_code(0).json();
    assert_eq!((&report["status"], &report["pruned_through"]), (&json!("nothing-to-do"), &json!(3)));
    folder.write(&format!("{OUT}/followers/new.json"), "{}");
    let refused = prune(&folder, &[]).expect_code(74);
    assert!(refused.stderr.contains("the position of a follower cannot be trusted"), "{refused:?}");
}

#[test]
fn what_a_rollback_may_retract_stays_and_what_is_pruned_is_not_rolled_back() {
    let folder = six_months(&[]);
    for (number, month) in [(7, "07"), (8, "08")] {
        let name = format!("{number}.csv");
        folder.write(&name, format!("ann,2020-{month}-01 10:00:00\n"));
        folder.sessionize(&["run", &name, "--now=2020-08-02"]).expect_code(0);
    }
    let years_later = ["prune", "--older-than=1d", "--now=2030-01-01", "--unfollowed", "--report=json"];
    let report = folder.sessionize(&years_later).expect_code(0).json();
    assert_eq!((&report["pruned_through"], &report["limited_by"]), (&json!(6), &json!("rollback")));
    let before = folder.files(OUT);
    let refused = folder.sessionize(&["rollback", "--to-run=0"]).expect_code(1);
    assert!(refused.stderr.contains("the runs up to run 6 were pruned"), "{refused:?}");
    assert_eq!(folder.files(OUT), before);
    folder.sessionize(&["rollback", "--to-run=6"]).expect_code(0);
    assert_eq!(verify(&folder, 0)["status"], "ok");
    assert_eq!(names(&folder, "retracted/sessions"), ["run-00000007.csv", "run-00000008.csv"]);
}

#[test]
fn retracted_outputs_and_those_of_days_go_too() {
    let folder = six_months(&["--partition-by=date", "--emit=both"]);
    folder.sessionize(&["rollback", "--to-run=0", "--now=2020-06-03"]).expect_code(0);
    folder.write("7.csv", "ann,2020-07-01 10:00:00\n");
    folder.sessionize(&["run", "7.csv", "--now=2020-07-02", "--keep-generations=1"]).expect_code(0);
    assert!(names(&folder, "retracted/sessions").len() > 3 && names(&folder, "retracted/events").len() > 3);
    let years_later = ["prune", "--older-than=1d", "--now=2030-01-01", "--unfollowed"];
    folder.sessionize(&years_later).expect_code(0);
    assert!(names(&folder, "retracted").is_empty(), "{:?}", names(&folder, "retracted"));
    // Days without an output are gone too; the last run has the only one.
    let days = |path: &str| fs::read_dir(folder.path(&format!("{OUT}/{path}"))).unwrap().count();
    assert_eq!((days("retracted/sessions"), days("retracted/events"), days("events")), (0, 0, 0));
    assert_eq!(names(&folder, "manifests"), ["pruned.json", "run-00000008.json"]);
    assert_eq!(verify(&folder, 0)["pruned_through"], 7);
}

#[test]
fn a_day_goes_with_its_last_output_and_what_somebody_else_has_put_there_stays() {
    let folder = six_months(&["--partition-by=date"]);
    let days = |folder: &Folder| {
        let days = fs::read_dir(folder.path(&format!("{OUT}/sessions"))).unwrap();
        let mut days: Vec<_> = days.map(|day| day.unwrap().file_name().into_string().unwrap()).collect();
        days.sort();
        days
    };
    let date = |month: u32| format!("session_date=2020-{month:02}-01");
    folder.write(&format!("{OUT}/sessions/{}/notes", date(1)), "x");
    assert_eq!(prune(&folder, &["--unfollowed"]).expect_code(0).json()["pruned_through"], 3);
    // By hand: the last session of a month is complete when the next month comes. So run 3 has the last one of February, and run 4
    // has one of March.
    assert_eq!(days(&folder), [date(1), date(3), date(4), date(5), date(6)]);
    fs::remove_file(folder.path(&format!("{OUT}/sessions/{}/notes", date(1)))).unwrap();
    let report = prune(&folder, &[]).expect_code(0).json();
    assert_eq!((&report["status"], &report["outputs"]), (&json!("committed"), &json!(0)));
    assert_eq!(days(&folder), [date(3), date(4), date(5), date(6)]);
    assert_eq!(prune(&folder, &[]).expect_code(0).json()["status"], "nothing-to-do");
    assert_eq!(verify(&folder, 0)["status"], "ok");
}

#[test]
fn what_stands_for_pruned_runs_is_held_against_the_ledger() {
    let folder = six_months(&[]);
    prune(&folder, &["--unfollowed"]).expect_code(0);
    let path = folder.path(&format!("{OUT}/manifests/pruned.json"));
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..100]).unwrap();
    assert!(verify(&folder, 74)["findings"][0].as_str().unwrap().contains("pruned.json"));
    prune(&folder, &["--unfollowed"]).expect_code(74);
    // That of another checkpoint, which has pruned as many runs.
    let other = six_months(&["--gap=7m"]);
    prune(&other, &["--unfollowed"]).expect_code(0);
    fs::copy(other.path(&format!("{OUT}/manifests/pruned.json")), &path).unwrap();
    let findings = verify(&folder, 74)["findings"].to_string();
    assert!(findings.contains("the pruned runs up to run 3 belongs to another history"), "{findings}");
    // Without it the manifests are missing, as they are when somebody else has removed them.
    fs::remove_file(&path).unwrap();
    assert_eq!(verify(&folder, 72)["missing_outputs"].as_array().unwrap().len(), 3);
    fs::write(&path, whole).unwrap();
    assert_eq!(verify(&folder, 0)["status"], "ok");
}
