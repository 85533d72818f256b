//! A run or rollback dies while it publishes, and then the checkpoint is as it was before its commit: an older copy was put back, or
//! the store has lost it. What had moved is put back; the same command again, and the rest of the job, come to what an undisturbed twin
//! has.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "puts back an older state folder")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

use crate::support::twin::{
    self, CORRECTED, Outcome, PARTITIONED, SPLIT, execute, execute_with_fault, finalize, maintenance,
    outcome, run,
};
use crate::support::{Folder, STATE};
use std::fs;

const BATCHES: usize = 3;

/// Kills `disturbed` at each of its steps behind the commit, and puts back the state folder.
fn lose_commits(rules: &[&str], before: Vec<Vec<String>>, disturbed: Vec<String>, after: Vec<Vec<String>>) {
    let [before, after] = [before, after].map(|commands| twin::under(rules, commands));
    let disturbed = twin::under_rules(rules, disturbed);
    let all = [before.clone(), vec![disturbed.clone()], after.clone()].concat();
    let undisturbed = twin::undisturbed(BATCHES, &all);
    let folder = twin::after(BATCHES, &before);
    let steps = twin::steps(&folder, &disturbed);
    let commit = steps.iter().position(|step| step == "commit").unwrap();
    let mut put_back = 0;
    for step in commit + 2..=steps.len() {
        let place = format!("{} of {}, a death at step {step}", disturbed[0], steps.len());
        let damaged = Folder::in_memory();
        twin::copy(&folder, &damaged);
        execute_with_fault(&damaged, &disturbed, &format!("abort:{step}"));
        let paths = |folder: &Folder| folder.published().into_keys().collect::<Vec<_>>();
        let has_moved = paths(&damaged) != paths(&folder);
        if !damaged.path("sessionize-out/.staging").exists() || is_published(&damaged, &folder) {
            continue;
        }
        fs::remove_dir_all(damaged.path(STATE)).unwrap();
        twin::copy_files(&folder.path(STATE), &damaged.path(STATE));
        let again = execute(&damaged, &disturbed).expect_code(0);
        let says_so = again.stderr.contains("does not have it any more");
        assert!(says_so || !has_moved, "{place}: {}", again.stderr);
        put_back += usize::from(says_so);
        for command in &after {
            execute(&damaged, command).expect_code(0);
        }
        let Outcome { files, inspected } = outcome(&damaged);
        assert_eq!(files.keys().collect::<Vec<_>>(), undisturbed.files.keys().collect::<Vec<_>>(), "{place}");
        assert!(files == undisturbed.files && inspected == undisturbed.inspected, "{place}");
        execute(&damaged, &maintenance(&["verify"])).expect_code(0);
    }
    assert!(put_back > 0, "{}: nothing was put back", disturbed[0]);
    println!("{}: put back after {put_back} of {} steps", disturbed[0], steps.len());
}

/// Whether the manifest of the disturbed command is in its place: then an older checkpoint is refused.
fn is_published(damaged: &Folder, folder: &Folder) -> bool {
    let manifests = |folder: &Folder| folder.files("sessionize-out/manifests").len();
    manifests(damaged) > manifests(folder)
}

#[test]
fn of_runs() {
    for rules in [&[][..], SPLIT, CORRECTED, PARTITIONED] {
        lose_commits(rules, vec![run(&[0])], run(&[1]), vec![run(&[2]), finalize()]);
    }
}

#[test]
fn of_rollbacks() {
    let back = || maintenance(&["rollback", "--to-run=1"]);
    for rules in [&[][..], SPLIT, PARTITIONED] {
        let after = vec![run(&[1]), run(&[2]), finalize()];
        lose_commits(rules, vec![run(&[0]), run(&[1]), run(&[2])], back(), after);
    }
    // What an earlier rollback has retracted stays so.
    let before = vec![run(&[0]), run(&[1]), run(&[2]), back(), run(&[1])];
    lose_commits(&[], before, maintenance(&["rollback", "--to-run=0"]), vec![run(&[0]), finalize()]);
}
