//! `--dry-run` changes no byte: not of the checkpoint, not of the outputs, not beside them, whatever it finds there.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "looks at folders")]

use crate::support::Folder;
use crate::support::twin::{self, execute, run};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Everything below a folder: contents, and when files and folders were last changed.
type Tree = BTreeMap<PathBuf, (SystemTime, Vec<u8>)>;

fn tree(path: &Path) -> Tree {
    let mut tree = Tree::new();
    let changed = fs::metadata(path).unwrap().modified().unwrap();
    if path.is_dir() {
        tree.insert(path.to_owned(), (changed, Vec::new()));
        for entry in fs::read_dir(path).unwrap() {
            tree.extend(self::tree(&entry.unwrap().path()));
        }
    } else {
        tree.insert(path.to_owned(), (changed, fs::read(path).unwrap()));
    }
    tree
}

#[track_caller]
fn changes_nothing(folder: &Folder, batches: &[usize], code: i32) {
    let before = tree(&folder.path(""));
    let arguments = [run(batches), vec!["--dry-run".to_owned(), "--report=json".to_owned()]].concat();
    let finished = execute(folder, &arguments).expect_code(code);
    assert!(tree(&folder.path("")) == before, "something has changed");
    if code == 0 {
        assert_eq!(finished.json()["status"], "dry-run");
        assert_ne!(finished.json()["rows_read"], 0, "it has read the batch");
    }
}

#[test]
fn where_there_is_nothing_yet() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 1);
    changes_nothing(&folder, &[0], 0);
}

#[test]
fn among_other_runs_it_says_what_the_run_would_do() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    changes_nothing(&folder, &[1], 0);
    let report = |arguments: &[&str]| {
        let flags = arguments.iter().map(|&flag| flag.to_owned()).collect();
        let mut report = execute(&folder, &[run(&[1]), flags].concat()).expect_code(0).json();
        let report = report.as_object_mut().unwrap();
        // What only a real run can have.
        for key in ["run", "status", "outputs", "seconds", "seconds_by_phase"] {
            report.remove(key);
        }
        report.clone()
    };
    let dry = report(&["--dry-run", "--report=json"]);
    assert_eq!(dry, report(&["--report=json"]));
}

#[test]
fn when_it_is_refused() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    folder.write("batch-7.csv", "k1,never\n");
    changes_nothing(&folder, &[7], 65);
    changes_nothing(&folder, &[8], 66);
}

/// What another command would finish first, a dry run leaves as it is.
#[test]
#[cfg(debug_assertions)]
fn behind_a_run_that_died_before_or_after_its_commit() {
    for (step, after) in [("commit", 0), ("rename", 0), ("rename", 1)] {
        let folder = Folder::in_memory();
        twin::write_batches(&folder, 3);
        execute(&folder, &run(&[0])).expect_code(0);
        let fault = format!("abort:{}", twin::first_step(&folder, &run(&[1]), step) + after);
        twin::execute_with_fault(&folder, &run(&[1]), &fault);
        assert!(folder.path("sessionize-out/.staging").exists());
        changes_nothing(&folder, &[2], 0);
    }
}
