//! Verify, rollback, purge, export, import and backup where sessions are split, tell of their events, leave as rows of their
//! events, or are corrected; and where what is open is shown.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::twin::{self, CORRECTED, SPLIT, execute, finalize, maintenance, run};
use crate::support::{Folder, OUT, SessionRow, output_name};
use serde_json::Value;
use std::fs;

const RULES: [&[&str]; 2] = [SPLIT, CORRECTED];

fn start(rules: &[&str], batches: &[usize]) -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 3);
    for &batch in batches {
        execute(&folder, &twin::under_rules(rules, run(&[batch]))).expect_code(0);
    }
    folder
}

fn verify(folder: &Folder, code: i32) -> Value {
    execute(folder, &maintenance(&["verify", "--report=json"])).expect_code(code).json()
}

fn go_on(folder: &Folder, rules: &[&str], batches: &[usize]) {
    for command in batches.iter().map(|&batch| run(&[batch])).chain([finalize()]) {
        execute(folder, &twin::under_rules(rules, command)).expect_code(0);
        verify(folder, 0);
    }
}

/// The rows of sessions as they are, with `op` where they have one.
fn rows(folder: &Folder, run: u64) -> Vec<Vec<Vec<u8>>> {
    crate::support::read_csv(&fs::read(folder.path(&output_name("sessions", run))).unwrap()).split_off(1)
}

#[test]
fn verify_counts_sessions_events_and_corrections() {
    for rules in RULES {
        let folder = start(rules, &[0, 1, 2]);
        assert!(folder.path(&format!("{OUT}/open/latest.csv")).exists());
        let report = verify(&folder, 0);
        let rows: usize = (1..=3).map(|run| rows(&folder, run).len()).sum();
        assert_eq!(report["output_sessions"], rows);
        go_on(&folder, rules, &[]);
        let report = verify(&folder, 0);
        let count = |name: &str| report[name].as_u64().unwrap();
        assert_eq!(count("events_open"), 0);
        assert!(count("events_completed") > 50, "{report}");
    }
}

#[test]
fn verify_finds_what_was_done_to_an_output() {
    for rules in RULES {
        let folder = start(rules, &[0, 1]);
        let mut outputs =
            vec![output_name("sessions", 1), output_name("sessions", 2), format!("{OUT}/open/latest.csv")];
        if rules.contains(&"--emit=both") {
            outputs.push(output_name("events", 1));
        }
        for output in outputs {
            let path = folder.path(&output);
            let whole = fs::read(&path).unwrap();
            let mut changed = whole.clone();
            let last = changed.len() - 2;
            changed[last] ^= 1;
            for damaged in [Some(&changed[..]), Some(&whole[..last]), None] {
                match damaged {
                    Some(bytes) => fs::write(&path, bytes).unwrap(),
                    None => fs::remove_file(&path).unwrap(),
                }
                let report = verify(&folder, if damaged.is_some() { 74 } else { 72 });
                let named = if damaged.is_some() { &report["findings"] } else { &report["missing_outputs"] };
                let named = named[0].as_str().unwrap_or_default();
                // What is gone is named relative to the output folder.
                assert!(!named.is_empty() && output.ends_with(named) || named.contains(&output), "{report}");
            }
            fs::write(&path, &whole).unwrap();
        }
        verify(&folder, 0);
    }
}

#[test]
fn after_a_rollback_the_same_files_come_to_the_same_sessions() {
    for rules in RULES {
        let folder = start(rules, &[0, 1, 2]);
        let before: Vec<_> = (2..=3).map(|run| rows(&folder, run)).collect();
        execute(&folder, &maintenance(&["rollback", "--to-run=1"])).expect_code(0);
        verify(&folder, 0);
        assert_eq!(
            execute(&folder, &maintenance(&["rollback", "--to-run=1"])).expect_code(0).stdout,
            "nothing to do\n"
        );
        go_on(&folder, rules, &[1, 2]);
        assert_eq!((5..=6).map(|run| rows(&folder, run)).collect::<Vec<_>>(), before, "{rules:?}");
        let undisturbed = start(rules, &[0, 1, 2]);
        go_on(&undisturbed, rules, &[]);
        assert_eq!(rows(&folder, 7), rows(&undisturbed, 4));
    }
}

#[test]
fn an_evicted_key_is_gone_from_the_state_and_from_the_accounts() {
    for rules in RULES {
        let folder = start(rules, &[0, 1]);
        let inspect = [maintenance(&["inspect", "--key=k1", "--report=json"])].concat();
        let held = execute(&folder, &inspect).expect_code(0).json()["sessions"].clone();
        let held: u64 =
            held.as_array().unwrap().iter().map(|open| open["event_count"].as_u64().unwrap()).sum();
        assert!(held > 0);
        let report =
            execute(&folder, &maintenance(&["purge", "--key=k1", "--report=json"])).expect_code(0).json();
        let removed = report["events_removed"].as_u64().unwrap();
        // Duplicates in a tail are held until it is folded; a look at open sessions does not show them.
        assert!(removed == held || removed > held && rules == CORRECTED, "{rules:?}: {removed}, {held}");
        assert_eq!(verify(&folder, 0)["events_removed"], removed);
        go_on(&folder, rules, &[]);
        let of_k1 = |session: &SessionRow| session.key == ["k1"];
        assert!(!folder.sessions_of_run(4).iter().any(of_k1));
        let undisturbed = start(rules, &[0, 1]);
        go_on(&undisturbed, rules, &[]);
        let mut others = undisturbed.sessions_of_run(3);
        others.retain(|session| !of_k1(session));
        assert_eq!(folder.sessions_of_run(4), others);
    }
}

#[test]
fn an_export_and_a_backup_go_on_as_the_first() {
    for rules in RULES {
        let folder = start(rules, &[0, 1]);
        execute(&folder, &maintenance(&["export-state", "saved.jsonl"])).expect_code(0);
        execute(&folder, &maintenance(&["backup", "kept"])).expect_code(0);
        let (imported, restored) = (Folder::in_memory(), Folder::in_memory());
        twin::write_batches(&imported, 3);
        imported.write("saved.jsonl", fs::read(folder.path("saved.jsonl")).unwrap());
        execute(&imported, &maintenance(&["import-state", "saved.jsonl"])).expect_code(0);
        verify(&imported, 0);
        twin::write_batches(&restored, 3);
        twin::copy_files(&folder.path("kept/state"), &restored.path(crate::support::STATE));
        twin::copy_files(&folder.path("kept/out"), &restored.path(OUT));
        for folder in [&folder, &imported, &restored] {
            go_on(folder, rules, &[2]);
        }
        assert_eq!(folder.files(OUT), restored.files(OUT), "{rules:?}");
        // The import is a run of its own.
        for run in [3, 4] {
            assert_eq!(rows(&folder, run), rows(&imported, run + 1), "{rules:?}");
        }
    }
}
