//! Verify, rollback, purge, export, import, backup and migrate, through the program.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::twin::expect_one_clear_line;
use crate::support::{Folder, OUT, STATE, output_name, stream_of};
use std::fs;

const CLOCK: &str = "--now=2021-01-01";

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
    folder.sessionize(&["verify", "--report=json"]).expect_code(code).json()
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
    std::os::unix::fs::symlink("nowhere", &path).unwrap();
    assert!(finding(&folder).contains("cannot be read"), "{}", finding(&folder));
    fs::remove_file(&path).unwrap();
    fs::write(&path, &whole).unwrap();
    fs::write(folder.path(&output_name("sessions", 9)), &whole).unwrap();
    assert!(finding(&folder).contains("no active run"), "{}", finding(&folder));
    fs::remove_file(folder.path(&output_name("sessions", 9))).unwrap();
    assert_eq!(verify(&folder, 0)["status"], "ok");
}

#[test]
fn a_rollback_takes_state_outputs_and_known_files_back_together() {
    let folder = three_runs();
    let report = folder.sessionize(&["rollback", "--to-run=1", "--report=json"]).expect_code(0).json();
    assert_eq!((&report["run"], &report["events_open"]), (&4.into(), &2.into()));
    assert_eq!(report["retracted_runs"], serde_json::json!([2, 3]));
    assert_eq!(verify(&folder, 0)["runs_active"], 2);
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
        let finalize = ["finalize", "--as-of=2019-01-01", "--emit-open", "--report=json"];
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
        folder.sessionize(&["run", "more.csv", CLOCK, "--keep-generations=3"]).expect_code(0);
    }
    let reported = folder.sessionize(&["rollback", "--to-run=2"]).expect_code(1).stderr;
    assert!(reported.contains("no longer kept; runs 5 to 7 are kept, and --to-run 0 is"), "{reported}");
    let after = folder.files(OUT);
    for (path, content) in before {
        assert_eq!(after[&path], content, "{}", path.display());
    }
    folder.sessionize(&["rollback", "--to-run=6"]).expect_code(0);
    let reported = folder.sessionize(&["rollback", "--to-run=7"]).expect_code(2).stderr;
    assert!(reported.contains("run 8 undid it; runs 5 to 8 are kept"), "{reported}");
    assert_eq!(verify(&folder, 0)["status"], "ok");
}

#[test]
fn an_evicted_key_leaves_the_state_and_the_accounts_know() {
    let folder = three_runs();
    folder.sessionize(&["purge", "--key=nobody"]).expect_code(0);
    assert_eq!(kept_runs(&folder), [1, 2, 3]);
    let report = folder.sessionize(&["purge", "--key=bob", "--report=json"]).expect_code(0).json();
    assert_eq!((&report["events_removed"], &report["events_open"]), (&2.into(), &0.into()));
    assert_eq!(report["rollback_reaches"], 4);
    assert_eq!(kept_runs(&folder), [4]);
    assert!(
        stored(&folder, b"state").iter().all(|(_, value)| !value.windows(3).any(|bytes| bytes == b"bob"))
    );
    assert_eq!(verify(&folder, 0)["events_removed"], 2);
    folder.sessionize(&["finalize"]).expect_code(0);
    assert_eq!(folder.sessions().len(), 3);
    // An older generation would bring the key back.
    let reported = folder.sessionize(&["rollback", "--to-run=3"]).expect_code(1).stderr;
    assert!(reported.contains("runs 4 to 5 are kept"), "{reported}");
    // Nothing of it is there before the first run.
    folder.sessionize(&["rollback", "--to-run=0"]).expect_code(0);
    assert_eq!(verify(&folder, 0)["events_removed"], 0);
}

/// The runs that `inspect` says a rollback can go back to.
fn kept_runs(folder: &Folder) -> Vec<u64> {
    let inspected = folder.sessionize(&["inspect", "--runs", "--report=json"]).expect_code(0).json();
    let runs = inspected["ledger"].as_array().unwrap().iter();
    runs.filter(|run| run["state_kept"] == true).map(|run| run["run"].as_u64().unwrap()).collect()
}

fn store(folder: &Folder) -> sled::Db {
    sled::Config::new().path(folder.path(STATE)).segment_size(1 << 20).open().unwrap()
}

/// Entries of the store whose keys begin with `prefix`.
fn stored(folder: &Folder, prefix: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let entries = store(folder).scan_prefix(prefix).map(Result::unwrap);
    // Behind the key stands the number of the part of the value.
    entries.map(|(key, value)| (key[..key.len() - 2].to_vec(), value.to_vec())).collect()
}

fn chunks(folder: &Folder) -> Vec<Vec<u8>> {
    stored(folder, b"state/").into_iter().map(|(key, _)| key).collect()
}

#[test]
fn before_the_first_run_nothing_is_open_known_or_decided() {
    for finalized in [false, true] {
        let folder = three_runs();
        if finalized {
            folder.sessionize(&["finalize"]).expect_code(0);
        }
        let runs: Vec<u64> = (1..=3 + u64::from(finalized)).collect();
        let report = folder.sessionize(&["rollback", "--to-run=0", "--report=json"]).expect_code(0).json();
        assert_eq!(report["retracted_runs"], serde_json::json!(runs));
        assert_eq!((&report["rolled_back_to"], &report["events_open"]), (&0.into(), &0.into()));
        assert_eq!(report["forgotten_files"].as_array().unwrap().len(), 3);
        assert!(folder.sessions().is_empty());
        let inspected = folder.sessionize(&["inspect", "--runs", "--report=json"]).expect_code(0).json();
        assert!(inspected["definition"].is_null() && inspected["watermark"].is_null(), "{inspected}");
        assert_eq!(inspected["last_run"]["rolled_back_to"], 0);
        assert_eq!(verify(&folder, 0)["runs_active"], 1);
        // Again there is nothing to do, nor for a cut, which has no definition to go by.
        for again in [&["rollback", "--to-run=0", "--report=json"][..], &["finalize", "--report=json"]] {
            let report = folder.sessionize(again).expect_code(0).json();
            assert_eq!(report["status"], "nothing-to-do");
        }
        // The definition is free: what comes is what a new checkpoint would make of it.
        let fresh = Folder::new();
        for day in ["1.csv", "2.csv", "3.csv"] {
            fresh.write(day, fs::read(folder.path(day)).unwrap());
            for folder in [&folder, &fresh] {
                folder.sessionize(&["run", day, CLOCK, "--gap=14h", "--max-rejects=1"]).expect_code(0);
            }
        }
        assert_eq!(folder.sessions(), fresh.sessions());
        assert_eq!(verify(&folder, 0)["rows_read"], 8);
        // And once more, over the rollback.
        folder.sessionize(&["rollback", "--to-run=0"]).expect_code(0);
        assert_eq!(verify(&folder, 0)["events_open"], 0);
    }
}

#[test]
fn before_the_first_run_of_an_import_is_the_imported_state() {
    let folder = three_runs();
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    let elsewhere = Folder::new();
    elsewhere.write("state.jsonl", fs::read(folder.path("state.jsonl")).unwrap());
    elsewhere.sessionize(&["import-state", "state.jsonl"]).expect_code(0);
    elsewhere.write("4.csv", "bob,2020-01-03 12:02:00\n");
    elsewhere.sessionize(&["run", "4.csv", CLOCK]).expect_code(0);
    let report = elsewhere.sessionize(&["rollback", "--to-run=0", "--report=json"]).expect_code(0).json();
    assert_eq!((&report["rolled_back_to"], &report["events_open"]), (&4.into(), &2.into()));
    assert_eq!(verify(&elsewhere, 0)["events_open"], 2);
    assert_eq!(kept_runs(&elsewhere), [4, 6]);
}

#[test]
fn generations_are_kept_by_the_age_of_their_runs() {
    let folder = Folder::new();
    let day = |day: u32| {
        folder.write("day.csv", format!("ann,2020-01-{day:02} 12:00:00\n"));
        let clock = format!("--now=2021-01-{day:02}");
        folder.sessionize(&["run", "day.csv", &clock, "--keep-generations=7d"]).expect_code(0);
        kept_runs(&folder)
    };
    assert_eq!(day(1), [1]);
    assert_eq!(day(2), [1, 2]);
    assert_eq!(day(7), [1, 2, 3]);
    // Eight days, and seven: not younger than that.
    assert_eq!(day(9), [3, 4]);
    // The current one is always kept.
    assert_eq!(day(30), [5]);
    assert_eq!(verify(&folder, 0)["generations"], 1);
    let reported = folder.sessionize(&["run", "day.csv", "--keep=3"]).expect_code(2).stderr;
    assert!(
        reported.contains("--keep is now --keep-generations") && reported.lines().count() == 1,
        "{reported}"
    );
    folder.write("sessionize.toml", "keep = 3\n");
    let reported = folder.sessionize(&["config"]).expect_code(2).stderr;
    assert!(reported.contains("it is now keep-generations"), "{reported}");
}

/// Twenty thousand sessions that stay open, and runs that touch one of them.
#[test]
fn chunks_that_have_not_changed_are_stored_once() {
    let folder = Folder::new();
    let all: Vec<String> = (0..20_000).map(|key| format!("key-{key},2020-01-01 12:00:00\n")).collect();
    let all = all.concat();
    folder.write("batch.csv", all);
    let run = |keep: &str| {
        let keep = format!("--keep-generations={keep}");
        folder.sessionize(&["run", "batch.csv", CLOCK, "--gap=30d", &keep, "--quiet"]).expect_code(0);
    };
    run("10");
    let first = chunks(&folder);
    assert!(first.len() >= 256, "{}", first.len());
    for minute in 1..=5 {
        folder.write(
            "batch.csv",
            format!("key-{minute},2020-01-01 12:0{minute}:00\nnew-{minute},2020-01-01 12:0{minute}:00\n"),
        );
        run("10");
    }
    // Two partitions change in each run, each by its one chunk.
    let shared = chunks(&folder);
    assert!(shared.len() <= first.len() + 5 * 2, "{} of {}", shared.len(), first.len());
    assert!(first.iter().all(|chunk| shared.contains(chunk)), "the first generation is whole");
    assert_eq!(verify(&folder, 0)["generations"], 6);
    let copy = || {
        let copy = Folder::new();
        crate::support::twin::copy(&folder, &copy);
        copy
    };

    // Each state can be gone back to, and what only later ones name goes.
    let back = copy();
    for to in [4, 1] {
        back.sessionize(&["rollback", &format!("--to-run={to}")]).expect_code(0);
        assert_eq!(verify(&back, 0)["keys_open"], 20_000 + to - 1);
    }
    assert!(chunks(&back).len() <= first.len() + 5 * 2);

    // A chunk that all share is damaged, or missing, for each of them.
    for missing in [false, true] {
        let damaged = copy();
        let untouched = [first.iter().find(|chunk| !touched(chunk)).unwrap(), &[0, 0][..]].concat();
        let db = store(&damaged);
        if missing {
            db.remove(&untouched).unwrap();
        } else {
            let mut value = db.get(&untouched).unwrap().unwrap().to_vec();
            value[20] ^= 1;
            db.insert(&untouched, value).unwrap();
        }
        drop(db);
        let findings = verify(&damaged, 74)["findings"].to_string();
        for run in 1..=6 {
            assert!(findings.contains(&format!("the open state after run {run} has")), "{run}: {findings}");
        }
        damaged.sessionize(&["rollback", "--to-run=2"]).expect_code(1);
    }

    // Without the older generations there is nothing but what the current one names.
    folder.write("batch.csv", "key-9,2020-01-01 12:09:00\n");
    run("1");
    assert_eq!(chunks(&folder).len() as u64, verify(&folder, 0)["chunks"].as_u64().unwrap());
}

/// Whether the chunk is in a partition of a key that the runs touch.
fn touched(chunk: &[u8]) -> bool {
    let keys = (1..=9).flat_map(|minute| [format!("key-{minute}"), format!("new-{minute}")]);
    let mut partitions =
        keys.map(|key| sessionize::internals::KeyHash::of(key.as_bytes()).partition().number());
    partitions.any(|partition| partition == chunk[b"state/".len() + 8])
}

/// bob's last event of the three runs is at the watermark: what a purge has forgotten must not come again, wherever its
/// checkpoint goes.
#[test]
fn a_key_stays_evicted_in_an_export_and_in_a_backup() {
    let folder = three_runs();
    let inspected = folder.sessionize(&["inspect", "--report=json"]).expect_code(0).json();
    let watermark = inspected["watermark"].as_str().unwrap().to_owned();
    folder.sessionize(&["purge", "--key=bob"]).expect_code(0);
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    folder.sessionize(&["backup", "kept"]).expect_code(0);
    folder.sessionize(&["import-state", "state.jsonl", "--state=new/state", "--out=new/out"]).expect_code(0);
    folder.write("again.csv", format!("bob,{watermark}\nzoe,{watermark}\n"));
    for place in ["new", "kept"] {
        let folders = [format!("--state={place}/state"), format!("--out={place}/out")];
        let [state, out] = folders.each_ref().map(String::as_str);
        let flags = ["run", "again.csv", "--max-late=50%", "--report=json", CLOCK, state, out];
        let report = folder.sessionize(&flags).expect_code(0).json();
        let counts = (&report["events_late"], &report["events_accepted"], &report["late"]);
        assert_eq!(counts, (&1.into(), &1.into(), &serde_json::Value::Null), "{place}");
        folder.sessionize(&["verify", state, out]).expect_code(0);
    }
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
    let again = elsewhere.sessionize(&["run", "3.csv", CLOCK, "--report=json"]).expect_code(0).json();
    assert_eq!(again["status"], "nothing-to-do");
    for folder in [&folder, &elsewhere] {
        folder.sessionize(&["finalize"]).expect_code(0);
    }
    assert_eq!(elsewhere.sessions(), folder.sessions_of_run(4));
    // Not over what is there, and not beside outputs that have gone on.
    folder.sessionize(&["import-state", "state.jsonl"]).expect_code(2);
    folder.sessionize(&["import-state", "state.jsonl", "--state=new"]).expect_code(2);
}

/// A trial is a stream of its own, in a folder of its own; the production beside it goes on.
#[test]
fn an_import_leaves_the_output_folder_of_the_exported_checkpoint_alone() {
    let folder = three_runs();
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    let before = folder.files(OUT);
    let reported = folder.sessionize(&["import-state", "state.jsonl", "--state=trial"]).expect_code(2);
    expect_one_clear_line(&reported);
    for said in [OUT, "belongs to the exported checkpoint", "a new --out folder", "--take-over"] {
        assert!(reported.stderr.contains(said), "{}", reported.stderr);
    }
    assert_eq!(folder.files(OUT), before);
    let trial = ["--state=trial", "--out=trial-out"];
    folder.sessionize(&[&["import-state", "state.jsonl"], &trial[..]].concat()).expect_code(0);
    for (arguments, out, run) in [(&[][..], OUT, 4), (&trial, "trial-out", 5)] {
        folder.sessionize(&[&["finalize", CLOCK], arguments].concat()).expect_code(0);
        folder.sessionize(&[&["verify"], arguments].concat()).expect_code(0);
        assert_eq!(stream_of(&folder, out, run) == stream_of(&folder, OUT, 1), out == OUT, "{out}");
    }
}

/// The checkpoint that is taken over has forked: only one of the two may go on with the outputs.
#[test]
fn an_import_that_takes_over_goes_on_as_the_same_stream_and_the_old_checkpoint_is_refused() {
    let folder = three_runs();
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    let import = ["import-state", "state.jsonl", "--state=new", "--take-over"];
    let reported = folder.sessionize(&[&import[..], &["--out=new-out"]].concat()).expect_code(2).stderr;
    assert!(
        reported.contains("nothing to take over") && reported.contains("leave --take-over out"),
        "{reported}"
    );
    assert!(!folder.path("new-out").exists());
    folder.sessionize(&import).expect_code(0);
    // Again: it is done.
    folder.sessionize(&import).expect_code(0);
    let reported = folder.sessionize(&["finalize"]).expect_code(74).stderr;
    assert!(
        reported.contains("the output folder is at run 4, but the checkpoint only at run 3"),
        "{reported}"
    );
    folder.sessionize(&["finalize", "--state=new"]).expect_code(0);
    folder.sessionize(&["verify", "--state=new"]).expect_code(0);
    assert_eq!(stream_of(&folder, OUT, 5), stream_of(&folder, OUT, 1));
    // Neither comes another checkpoint's import between.
    let other = three_runs();
    other.sessionize(&["finalize", CLOCK]).expect_code(0);
    other.sessionize(&["export-state", "other.jsonl"]).expect_code(0);
    folder.write("other.jsonl", fs::read(other.path("other.jsonl")).unwrap());
    for flags in [&["--state=third"][..], &["--state=third", "--take-over"]] {
        let reported =
            folder.sessionize(&[&["import-state", "other.jsonl"], flags].concat()).expect_code(74).stderr;
        assert!(reported.contains("belongs to another checkpoint"), "{reported}");
    }
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
    let report = folder.sessionize(&["migrate", "--report=json"]).expect_code(0).json();
    assert_eq!(
        (&report["run"], &report["from"], &report["to"]),
        (&serde_json::Value::Null, &1.into(), &1.into())
    );
}

fn take_away(folder: &Folder, outputs: &[String]) -> Vec<Vec<u8>> {
    let take = |output: &String| {
        let content = fs::read(folder.path(output)).unwrap();
        fs::remove_file(folder.path(output)).unwrap();
        content
    };
    outputs.iter().map(take).collect()
}

/// A loader takes away what it has loaded: that is no damage, and damage beside it is seen.
#[test]
fn outputs_that_are_gone_are_told_apart_from_outputs_that_are_wrong() {
    let folder = three_runs();
    let gone = [output_name("sessions", 1), output_name("sessions", 3), output_name("rejects", 3)];
    let contents = take_away(&folder, &gone);
    let names = |outputs: &[&str]| serde_json::json!(outputs);
    let missing =
        names(&["sessions/run-00000001.csv", "sessions/run-00000003.csv", "rejects/run-00000003.csv"]);
    let report = verify(&folder, 72);
    assert_eq!((&report["status"], &report["missing_outputs"]), (&"missing".into(), &missing));
    assert_eq!((&report["findings"], &report["missing_accepted"]), (&names(&[]), &0.into()));
    let reported = folder.sessionize(&["verify"]).expect_code(72);
    assert!(
        reported.stderr.contains("3 published outputs are missing, the first: sessions/run-00000001.csv"),
        "{reported:?}"
    );
    assert!(reported.stdout.contains("- missing: sessions/run-00000003.csv\n"), "{reported:?}");
    let backup = folder.sessionize(&["backup", "kept", "--report=json"]).expect_code(0).json();
    assert_eq!(backup["outputs_missing"], 3);
    // What is wrong comes first: nothing is recorded beside it.
    let wrong = folder.path(&output_name("sessions", 2));
    let whole = fs::read(&wrong).unwrap();
    fs::write(&wrong, "wrong").unwrap();
    let report = folder.sessionize(&["verify", "--accept-missing", "--report=json"]).expect_code(74);
    assert!(report.stderr.contains("nothing was changed"), "{report:?}");
    assert_eq!(report.json()["status"], "damaged");
    assert_eq!(verify(&folder, 74)["runs"], 3);
    folder.sessionize(&["backup", "refused"]).expect_code(74);
    fs::write(&wrong, whole).unwrap();

    let report = folder.sessionize(&["verify", "--accept-missing", "--report=json"]).expect_code(0).json();
    assert_eq!((&report["status"], &report["accepted_in_run"]), (&"ok".into(), &4.into()));
    assert_eq!(report["missing_outputs"], missing);
    let report = verify(&folder, 0);
    assert_eq!((&report["missing_outputs"], &report["missing_accepted"]), (&names(&[]), &3.into()));
    assert_eq!(report["events_completed"], 5, "the accounts are those of the ledger");
    let ledger = folder.sessionize(&["inspect", "--runs", "--report=json"]).expect_code(0).json();
    assert_eq!(ledger["ledger"][3]["kind"], "accept-missing");
    assert_eq!(ledger["ledger"][3]["missing_outputs"], missing);
    // Once more there is nothing to do.
    let again = folder.sessionize(&["verify", "--accept-missing", "--report=json"]).expect_code(0).json();
    assert_eq!((&again["runs"], again.get("accepted_in_run")), (&4.into(), None));

    // It comes back, right or wrong; another one goes.
    fs::write(folder.path(&gone[0]), &contents[0]).unwrap();
    assert_eq!(verify(&folder, 0)["missing_accepted"], 2);
    fs::write(folder.path(&gone[0]), "wrong").unwrap();
    assert_eq!(verify(&folder, 74)["status"], "damaged");
    fs::remove_file(folder.path(&gone[0])).unwrap();
    take_away(&folder, &[output_name("sessions", 2)]);
    let report = verify(&folder, 72);
    assert_eq!(report["missing_outputs"], names(&["sessions/run-00000002.csv"]));
    assert_eq!(report["missing_accepted"], 3);
}

/// The newest one is what a checkpoint is held against.
#[test]
fn the_newest_manifest_that_is_gone_is_told_as_what_is_missing() {
    let folder = Folder::new();
    for day in 1..=3 {
        let name = format!("{day}.csv");
        folder.write(&name, format!("ann,2020-01-0{day} 10:00:00\nbob,2020-01-0{day} 11:00:00\n"));
        folder.sessionize(&["run", &name]).expect_code(0);
    }
    let manifest = folder.path(&format!("{OUT}/manifests/run-00000003.json"));
    let content = fs::read(&manifest).unwrap();
    fs::remove_file(&manifest).unwrap();
    folder.write("4.csv", "ann,2020-01-04 10:00:00\n");
    let before = folder.files(OUT);
    for words in [
        &["run", "4.csv"][..],
        &["finalize"],
        &["rollback", "--to-run", "1"],
        &["backup", "copy"],
        &["inspect"],
    ] {
        let said = folder.sessionize(words).expect_code(74).stderr;
        assert!(
            said.contains("outputs of it lie here, but its manifest manifests/run-00000003.json is missing"),
            "{words:?}: {said}"
        );
        assert!(said.contains("put back the manifest") && !said.contains("gone"), "{words:?}: {said}");
    }
    let verified = folder.sessionize(&["verify"]).expect_code(74);
    assert!(!(verified.stdout + &verified.stderr).contains("are gone"));
    assert_eq!(folder.files(OUT), before);
    fs::write(&manifest, content).unwrap();
    folder.sessionize(&["run", "4.csv"]).expect_code(0);
    folder.sessionize(&["verify"]).expect_code(0);
}

/// Retention takes manifests too; without its manifest an output is a file like any other.
#[test]
fn a_manifest_is_gone_only_together_with_the_outputs_of_its_run() {
    let folder = three_runs();
    let manifest = folder.path(&format!("{OUT}/manifests/run-00000001.json"));
    let content = fs::read(&manifest).unwrap();
    fs::remove_file(&manifest).unwrap();
    let finding = verify(&folder, 74)["findings"][0].as_str().unwrap().to_owned();
    assert!(
        finding.contains("run-00000001.json: it is missing, but other outputs of its run exist"),
        "{finding}"
    );
    take_away(&folder, &[output_name("sessions", 1)]);
    assert_eq!(verify(&folder, 72)["missing_outputs"], serde_json::json!(["manifests/run-00000001.json"]));
    folder.sessionize(&["verify", "--accept-missing"]).expect_code(0);
    assert_eq!(verify(&folder, 0)["missing_accepted"], 1);
    fs::write(&manifest, content).unwrap();
    assert_eq!(verify(&folder, 72)["missing_outputs"], serde_json::json!(["sessions/run-00000001.csv"]));
}

/// What is open is published under one name again and again: that it was taken away once says nothing of the next one.
#[test]
fn an_accepted_view_of_what_is_open_is_missed_again_when_a_run_has_shown_it_again() {
    let folder = three_runs();
    let latest = format!("{OUT}/open/latest.csv");
    for day in [4, 5] {
        folder.write("more.csv", format!("dan,2020-01-0{day} 12:00:00\n"));
        folder.sessionize(&["run", "more.csv", CLOCK, "--emit-open"]).expect_code(0);
        take_away(&folder, std::slice::from_ref(&latest));
        assert_eq!(verify(&folder, 72)["missing_outputs"], serde_json::json!(["open/latest.csv"]));
        folder.sessionize(&["verify", "--accept-missing"]).expect_code(0);
        assert_eq!(verify(&folder, 0)["missing_accepted"], 1);
    }
}

/// Peace with a loader outlives a rollback, an export and an import; a rollback still names what somebody has to take back.
#[test]
fn what_was_accepted_stays_accepted_and_a_rollback_names_what_is_gone() {
    let folder = three_runs();
    take_away(&folder, &[output_name("sessions", 1), output_name("sessions", 3)]);
    folder.sessionize(&["verify", "--accept-missing"]).expect_code(0);
    let report = folder.sessionize(&["rollback", "--to-run=2", "--report=json"]).expect_code(0).json();
    assert_eq!(report["retracted_runs"], serde_json::json!([3, 4]));
    assert_eq!(report["missing_outputs"], serde_json::json!(["sessions/run-00000003.csv"]));
    // The run that had recorded it is taken back; the output of run 1 is as gone as before.
    let report = verify(&folder, 0);
    assert_eq!((&report["runs_active"], &report["missing_accepted"]), (&3.into(), &1.into()));
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    folder.sessionize(&["import-state", "state.jsonl", "--state=new", "--take-over"]).expect_code(0);
    let report = folder.sessionize(&["verify", "--state=new", "--report=json"]).expect_code(0).json();
    assert_eq!(report["missing_accepted"], 1);
}

/// Which outputs a run has is in its manifest: none of a rollback, a purge, a run that emits events, late rows that are dropped.
#[test]
fn a_rollback_misses_no_output_that_never_was() {
    let folder = Folder::new();
    for day in 1..=7 {
        folder.write(&format!("{day}.csv"), format!("ann,2020-01-0{day} 12:00:00\n"));
    }
    folder.write("late.csv", "ann,2020-01-01 01:00:00\n");
    let run = |file: &str| {
        let words =
            ["run", file, CLOCK, "--emit=events", "--late=drop", "--max-late=100%", "--keep-generations=50"];
        folder.sessionize(&words).expect_code(0);
    };
    let missed = |to: &str| {
        let words = ["rollback", to, "--report=json"];
        folder.sessionize(&words).expect_code(0).json().get("missing_outputs").cloned()
    };
    ["1.csv", "2.csv", "3.csv"].into_iter().for_each(run);
    assert_eq!(missed("--to-run=2"), None);
    run("late.csv");
    folder.sessionize(&["finalize", "--as-of=2020-01-03", CLOCK, "--keep-generations=50"]).expect_code(0);
    assert_eq!(missed("--to-run=2"), None, "over a rollback, late rows and an empty finalize");
    run("4.csv");
    assert_eq!(missed("--to-run=7"), None, "to a rollback");
    run("5.csv");
    take_away(&folder, &[output_name("events", 10)]);
    assert_eq!(missed("--to-run=2"), Some(serde_json::json!(["events/run-00000010.csv"])));
    // An purge and an import have no outputs either; no rollback goes back over one, but to one.
    folder.sessionize(&["purge", "--key=ann"]).expect_code(0);
    run("6.csv");
    assert_eq!(missed("--to-run=12"), None);
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    folder.sessionize(&["import-state", "state.jsonl", "--state=new", "--take-over"]).expect_code(0);
    folder.sessionize(&["run", "7.csv", CLOCK, "--state=new"]).expect_code(0);
    let words = ["rollback", "--to-run=15", "--state=new", "--report=json"];
    assert_eq!(folder.sessionize(&words).expect_code(0).json().get("missing_outputs"), None);
}

/// `-` is a stream wherever a file is read or written, and nothing else anywhere.
#[test]
fn an_export_goes_through_a_pipe() {
    let folder = three_runs();
    folder.sessionize(&["export-state", "state.jsonl"]).expect_code(0);
    let whole = fs::read_to_string(folder.path("state.jsonl")).unwrap();
    for (flags, beside) in
        [(&["--quiet"][..], ""), (&[], "exported\n"), (&["--report=json"], "{\n  \"run\": 3,")]
    {
        let piped = folder.sessionize(&[&["export-state", "-"], flags].concat()).expect_code(0);
        assert_eq!(piped.stdout, whole);
        assert!(
            piped.stderr.starts_with(beside) && piped.stderr.is_empty() == beside.is_empty(),
            "{piped:?}"
        );
    }
    let cut = &whole.as_bytes()[..whole.len() - 9];
    let words = ["import-state", "-", "--state=new", "--out=new-out"];
    let reported = folder.sessionize_with_input(&words, cut).expect_code(65).stderr;
    assert!(
        reported.contains("standard input:") && reported.contains("this export is not complete or not valid"),
        "{reported}"
    );
    folder.sessionize_with_input(&words, whole.as_bytes()).expect_code(0);
    folder.sessionize(&["verify", "--state=new", "--out=new-out"]).expect_code(0);
    for words in
        [&["backup", "-"][..], &["verify", "--state=-"], &["verify", "--out", "-"], &["--config=-", "verify"]]
    {
        let reported = folder.sessionize(words).expect_code(2).stderr;
        assert!(reported.contains("it stands for a stream, but a name is needed here"), "{reported}");
    }
    assert!(!folder.path("-").exists());
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = folder.command(&["export-state", "-"]);
    let failed = command.stdout(full).output().unwrap();
    let reported = String::from_utf8(failed.stderr).unwrap();
    assert_eq!(failed.status.code(), Some(1), "{reported}");
    assert!(reported.contains("standard output: cannot write the export: "), "{reported}");
}

/// Old states go with the chunks that no other names; a list that cannot be read names none, but the head still needs them.
#[test]
fn a_damaged_list_takes_no_chunk_of_the_head_with_it() {
    let folder = Folder::new();
    for run in 1..=4 {
        if run == 4 {
            let db = store(&folder);
            let key = [b"state-list/".as_slice(), &2_u64.to_be_bytes()].concat();
            let (key, list) = db.scan_prefix(key).next().unwrap().unwrap();
            let mut damaged = list.to_vec();
            *damaged.last_mut().unwrap() ^= 1;
            db.insert(key, damaged).unwrap();
            db.flush().unwrap();
        }
        folder.write("batch.csv", format!("key-{run},2020-01-01 12:00:00\n"));
        folder
            .sessionize(&["run", "batch.csv", CLOCK, "--gap=30d", "--keep-generations=3", "--quiet"])
            .expect_code(0);
    }
    let open = folder.sessionize(&["inspect", "--sessions", "--report=json"]).expect_code(0).json();
    assert_eq!(open["sessions"].as_array().unwrap().len(), 4);
}
