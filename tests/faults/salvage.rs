//! What a salvage saves of a checkpoint in which single entries are damaged, what it says is lost, and that the import of it
//! goes on: nothing that could be read is lost, nothing that could not is made up.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "removes what is staged")]

use crate::support::twin::{self, CORRECTED, SPLIT, execute, finalize, maintenance, run};
use crate::support::{Finished, Folder, STATE, SessionRow};
use sessionize::internals::KeyHash;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What becomes of an entry, by its key and value.
type Damage = fn(&[u8], &[u8]) -> Option<Vec<u8>>;

const NEW: [&str; 2] = ["--state=new", "--out=new-out"];
const RULES: [&[&str]; 3] = [&[], SPLIT, CORRECTED];

/// Two runs, under rules or none.
fn start(rules: &[&str]) -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 3);
    for command in twin::under(rules, vec![run(&[0]), run(&[1])]) {
        execute(&folder, &command).expect_code(0);
    }
    folder
}

/// Changes entries of the store behind the program's back; `None` removes one.
fn change(folder: &Folder, mut change: impl FnMut(&[u8], &[u8]) -> Option<Vec<u8>>) {
    let config = sled::Config::new().path(folder.path(STATE)).segment_size(1 << 20).flush_every_ms(None);
    let db = config.open().unwrap();
    let mut changed = 0;
    for entry in db.iter().collect::<Vec<_>>() {
        let (key, value) = entry.unwrap();
        // Behind the key stands the number of the part of the value.
        let new = change(&key[..key.len() - 2], &value);
        changed += usize::from(new.as_deref() != Some(&value));
        match new {
            Some(new) => drop(db.insert(key, new).unwrap()),
            None => drop(db.remove(key).unwrap()),
        }
    }
    assert!(changed > 0, "nothing was damaged");
    db.flush().unwrap();
}

/// Flips a bit in the middle of the entries that `is_hit` names.
fn flip(folder: &Folder, is_hit: impl Fn(&[u8]) -> bool) {
    change(folder, |key, value| {
        let mut value = value.to_vec();
        if is_hit(key) {
            let middle = value.len() / 2;
            value[middle] ^= 4;
        }
        Some(value)
    });
}

fn entry_of_run(run: u64) -> Vec<u8> {
    [b"run/", &run.to_be_bytes()[..]].concat()
}

fn there(command: Vec<String>) -> Vec<String> {
    [command, NEW.map(str::to_owned).to_vec()].concat()
}

/// Saves what can be saved and goes on with it in a new pair; returns the export, the import, and all sessions from then on.
fn go_on(folder: &Folder, rules: &[&str]) -> (Finished, Finished, Vec<SessionRow>) {
    let export =
        execute(folder, &maintenance(&["export-state", "saved.jsonl", "--salvage", "--report=json"]));
    let export = export.expect_code(0);
    let import = execute(folder, &there(maintenance(&["import-state", "saved.jsonl", "--report=json"])));
    let import = import.expect_code(0);
    let look = || {
        execute(folder, &there(maintenance(&["verify"]))).expect_code(0);
        execute(folder, &there(twin::inspect())).expect_code(0);
    };
    look();
    for command in twin::under(rules, vec![run(&[2]), finalize()]) {
        execute(folder, &there(command)).expect_code(0);
        look();
    }
    let files = folder.files("new-out/sessions");
    (export, import, files.values().flat_map(|content| crate::support::read_sessions(content)).collect())
}

fn losses(export: &Finished) -> String {
    let losses = export.json()["losses"].clone();
    losses.as_array().unwrap().iter().map(|loss| loss.as_str().unwrap().to_owned() + "\n").collect()
}

fn open_events(folder: &Folder) -> BTreeMap<String, u64> {
    let mut events = BTreeMap::new();
    for session in twin::inspected(&execute(folder, &twin::inspect()))["sessions"].as_array().unwrap() {
        *events.entry(session["key"].as_str().unwrap().to_owned()).or_default() +=
            session["event_count"].as_u64().unwrap();
    }
    events
}

#[test]
fn of_a_damaged_chunk_its_keys_are_lost_and_no_others() {
    for rules in RULES {
        let (_, _, undisturbed) = go_on(&start(rules), rules);
        let folder = start(rules);
        let held = open_events(&folder);
        let partition = KeyHash::of(b"k1").partition().number();
        let of_k1 = |key: &[u8]| key.starts_with(b"state/") && key[14] == partition;
        flip(&folder, of_k1);
        execute(&folder, &maintenance(&["export-state", "whole.jsonl"])).expect_code(74);
        let (export, import, sessions) = go_on(&folder, rules);
        let reported = losses(&export);
        assert!(reported.contains(&format!("chunk 0 of partition {partition} ")), "{reported}");
        assert!(reported.contains("its digest does not match"), "{reported}");
        let removed = import.json()["events_removed"].as_u64().unwrap();
        // Duplicates in a tail are held until it is folded; a look at open sessions does not show them.
        assert!(removed == held["k1"] || removed > held["k1"] && rules == CORRECTED, "{rules:?} {held:?}");
        // Of k1 there is only what came after.
        let others = |sessions: &[SessionRow]| -> Vec<SessionRow> {
            sessions.iter().filter(|session| session.key != ["k1"]).cloned().collect()
        };
        assert_eq!(others(&sessions), others(&undisturbed), "{rules:?}");
        assert!(others(&sessions).len() > 3);
    }
}

#[test]
fn of_a_lost_head_or_file_entry_nothing_is_lost() {
    for rules in RULES {
        let (_, _, undisturbed) = go_on(&start(rules), rules);
        let by_hand: [Damage; 3] = [
            |key, value| Some(if key == b"head" { vec![0; value.len()] } else { value.to_vec() }),
            |key, value| (key != b"head").then(|| value.to_vec()),
            |key, value| (!key.starts_with(b"file/")).then(|| value.to_vec()),
        ];
        for damage in by_hand {
            let folder = start(rules);
            change(&folder, damage);
            execute(&folder, &maintenance(&["export-state", "whole.jsonl"])).expect_code(74);
            let (_, import, sessions) = go_on(&folder, rules);
            assert_eq!(import.json()["events_removed"], 0);
            assert_eq!(sessions, undisturbed);
            // The files of before are known.
            for batch in [0, 1] {
                let again = twin::under_rules(rules, there(run(&[batch])));
                let again = execute(&folder, &[again, vec!["--report=json".to_owned()]].concat());
                assert_eq!(again.expect_code(0).json()["status"], "nothing-to-do");
            }
        }
    }
}

/// An entry of the ledger is named as lost, and stood in for: its files stay known, and the accounts close.
#[test]
fn of_a_lost_ledger_entry_only_its_history_is_lost() {
    let (_, _, undisturbed) = go_on(&start(&[]), &[]);
    for lost in [&[1][..], &[2], &[1, 2]] {
        let folder = start(&[]);
        let is_lost = |key: &[u8]| lost.iter().any(|&run| key.starts_with(&entry_of_run(run)));
        flip(&folder, is_lost);
        execute(&folder, &maintenance(&["export-state", "whole.jsonl"])).expect_code(74);
        let (export, _, sessions) = go_on(&folder, &[]);
        let reported = losses(&export);
        assert!(
            lost.iter().all(|run| reported.contains(&format!("the ledger entry of run {run} "))),
            "{reported}"
        );
        assert_eq!(reported.lines().count(), lost.len());
        assert_eq!(sessions, undisturbed);
        let ledger = execute(&folder, &there(twin::inspect())).expect_code(0).json()["ledger"].clone();
        let kinds: Vec<_> = ledger.as_array().unwrap().iter().map(|run| run["kind"].clone()).collect();
        let kind = |run| if lost.contains(&run) { "lost" } else { "batch" };
        assert_eq!(kinds, [kind(1), kind(2), "import-state", "batch", "finalize"]);
        execute(&folder, &there(maintenance(&["rollback", "--to-run=3"]))).expect_code(0);
        execute(&folder, &there(maintenance(&["verify"]))).expect_code(0);
    }
}

#[test]
fn a_file_that_neither_list_nor_ledger_knows_is_said_to_be_unknown() {
    let folder = start(&[]);
    change(&folder, |key, value| {
        let is_of_run_1 = key.starts_with(b"file/") && value == 1_u64.to_be_bytes();
        (!is_of_run_1 && !key.starts_with(&entry_of_run(1))).then(|| value.to_vec())
    });
    let (export, _, _) = go_on(&folder, &[]);
    let reported = losses(&export);
    assert!(
        reported.contains("1 files found, 2 expected; one that is missing would be ingested again"),
        "{reported}"
    );
}

/// Where the newest state is gone with its head, the one before it is not passed off as the newest.
#[test]
fn of_a_lost_last_run_the_state_before_it_is_saved_and_its_files_come_again() {
    let folder = start(&[]);
    change(&folder, |key, value| {
        (key != b"head" && !key.starts_with(&entry_of_run(2))).then(|| value.to_vec())
    });
    let export =
        execute(&folder, &maintenance(&["export-state", "saved.jsonl", "--salvage", "--report=json"]));
    let reported = losses(&export.expect_code(0));
    assert!(
        reported.contains("the runs after run 1, up to run 2: the state is that after run 1"),
        "{reported}"
    );
    assert!(reported.contains("the checkpoint is at run 1, its output at run 2"), "{reported}");
    // Not beside the output of run 2.
    execute(&folder, &maintenance(&["import-state", "saved.jsonl", "--state=new"])).expect_code(2);
    execute(&folder, &there(maintenance(&["import-state", "saved.jsonl"]))).expect_code(0);
    for command in [run(&[1]), run(&[2]), finalize()] {
        execute(&folder, &there(command)).expect_code(0);
    }
    let undisturbed = Folder::in_memory();
    twin::write_batches(&undisturbed, 3);
    for command in [run(&[0]), run(&[1]), run(&[2]), finalize()] {
        execute(&undisturbed, &command).expect_code(0);
    }
    let after_run_1 = undisturbed.sessions().split_off(undisturbed.sessions_of_run(1).len());
    let files = folder.files("new-out/sessions");
    let sessions: Vec<_> =
        files.values().flat_map(|content| crate::support::read_sessions(content)).collect();
    assert_eq!(sessions, after_run_1);
}

/// Without its list nobody knows which chunks belong to a state: all that it named is lost, and nothing else is made of it.
#[test]
fn of_a_damaged_list_the_chunks_that_it_names_are_lost_and_said_to_be() {
    for rules in RULES {
        let folder = start(rules);
        let current = [&b"state-list/"[..], &2_u64.to_be_bytes()].concat();
        flip(&folder, |key| key.starts_with(&current));
        execute(&folder, &twin::under_rules(rules, run(&[2]))).expect_code(74);
        let export =
            execute(&folder, &maintenance(&["export-state", "saved.jsonl", "--salvage", "--report=json"]));
        let export = export.expect_code(0);
        assert_eq!(export.json()["events"], 0);
        let reported = losses(&export);
        assert!(
            reported.contains("part 0 of the list of the open state of the checkpoint is damaged"),
            "{reported}"
        );
        execute(&folder, &there(maintenance(&["import-state", "saved.jsonl"]))).expect_code(0);
        execute(&folder, &there(maintenance(&["verify"]))).expect_code(0);
    }
}

/// A key whose state is longer than a chunk, and a hole in the middle of it.
#[test]
fn no_state_is_made_of_the_pieces_that_a_lost_chunk_has_left() {
    let folder = Folder::in_memory();
    let long = "x".repeat(900);
    let mut rows = String::new();
    for row in 0..200 {
        writeln!(rows, "ann,2024-01-01 00:{:02}:{:02},{row}{long}", row / 60, row % 60).unwrap();
    }
    folder.write("long.csv", rows + "bob,2024-01-01 00:04:00,y\n");
    let rules = ["--agg=list(3)", "--max-list=1000", "--header=no", "--quiet"];
    execute(&folder, &maintenance(&[&["run", "long.csv"], &rules[..]].concat())).expect_code(0);
    assert_eq!(open_events(&folder), BTreeMap::from([("ann".to_owned(), 200), ("bob".to_owned(), 1)]));
    let partition = KeyHash::of(b"ann").partition().number();
    let first = [&b"state/"[..], &1_u64.to_be_bytes(), &[partition], &0_u32.to_be_bytes()].concat();
    for removed in [true, false] {
        let damaged = Folder::in_memory();
        twin::copy(&folder, &damaged);
        change(&damaged, |key, value| match key == first {
            true if removed => None,
            true => Some(vec![0; value.len()]),
            false => Some(value.to_vec()),
        });
        let export =
            execute(&damaged, &maintenance(&["export-state", "saved.jsonl", "--salvage", "--report=json"]));
        let export = export.expect_code(0);
        assert_eq!(export.json()["events"], 1, "{export:?}");
        assert!(losses(&export).contains("a piece of key ann is missing"), "{export:?}");
        let import =
            execute(&damaged, &there(maintenance(&["import-state", "saved.jsonl", "--report=json"])));
        assert_eq!(import.expect_code(0).json()["events_removed"], 200);
        execute(&damaged, &there(maintenance(&["verify"]))).expect_code(0);
    }
}

/// Between the commit and the publishing what is staged is all that there is of a run's outputs.
#[test]
#[cfg(debug_assertions)]
fn staged_outputs_of_a_committed_run_that_are_gone_are_counted() {
    let folder = start(&[]);
    let disturbed = run(&[2]);
    let steps = twin::steps(&folder, &disturbed);
    let committed = steps.iter().rposition(|step| step == "commit").unwrap();
    let publishing = committed + steps[committed..].iter().position(|step| step == "rename").unwrap();
    let undisturbed = Folder::in_memory();
    twin::copy(&folder, &undisturbed);
    let report = [&disturbed[..], &["--report=json".to_owned()]].concat();
    let report = execute(&undisturbed, &report).expect_code(0).json();
    let aborted = twin::execute_with_fault(&folder, &disturbed, &format!("abort:{}", publishing + 1));
    assert_eq!(aborted.code, Some(1), "{aborted:?}");
    std::fs::remove_dir_all(folder.path(crate::support::OUT).join(".staging")).unwrap();
    let lost = format!(
        "run 3 is committed, but its outputs are neither published nor staged any more: {} sessions with {} events, {} late and {} \
         rejected rows are gone, and only a backup from before it and its files bring them again",
        report["sessions_completed"],
        report["events_completed"],
        report["events_late"],
        report["rows_rejected"]
    );
    let reported = execute(&folder, &finalize()).expect_code(74).stderr;
    assert!(
        reported.contains(&lost) && reported.contains("; restore a backup of both folders"),
        "{reported}"
    );
    let found = execute(&folder, &maintenance(&["verify", "--report=json"])).expect_code(74).json();
    assert!(found["findings"][0].as_str().unwrap().contains(&lost), "{found}");
    let export =
        execute(&folder, &maintenance(&["export-state", "saved.jsonl", "--salvage", "--report=json"]));
    assert!(losses(&export.expect_code(0)).contains(&lost));
    execute(&folder, &there(maintenance(&["import-state", "saved.jsonl"]))).expect_code(0);
    execute(&folder, &there(maintenance(&["verify"]))).expect_code(0);
}
