//! A commit that fails: nobody knows whether it has reached the disk. The exit code says so, and a rerun finds out, so that
//! a scheduler may rerun by itself: nothing is lost, and nothing is taken in twice.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::support::faults::is_of_commit;
use crate::support::twin::{
    self, Outcome, execute, execute_with_fault, expect_one_clear_line, finalize, maintenance, outcome, run,
};
use crate::support::{Finished, Folder};
use std::collections::BTreeSet;

const BATCHES: usize = 3;

/// The codes after which a scheduler reruns by itself (docs/operations.md).
const RERUN: [i32; 2] = [71, 75];

/// A command, and what went before it.
struct Job {
    before: Vec<Vec<String>>,
    command: Vec<String>,
}

fn jobs() -> Vec<Job> {
    let two_runs = || vec![run(&[0]), run(&[1])];
    vec![
        Job { before: vec![], command: run(&[0]) },
        Job { before: two_runs(), command: run(&[2]) },
        Job { before: two_runs(), command: finalize() },
        Job { before: two_runs(), command: maintenance(&["rollback", "--to-run=1"]) },
        Job { before: two_runs(), command: maintenance(&["purge", "--key=k1"]) },
    ]
}

impl Job {
    fn start(&self) -> Folder {
        twin::after(BATCHES, &self.before)
    }

    fn undisturbed(&self, start: &Folder) -> Outcome {
        let folder = copy_of(start);
        execute(&folder, &self.command).expect_code(0);
        outcome(&folder)
    }
}

fn copy_of(start: &Folder) -> Folder {
    let folder = Folder::in_memory();
    twin::copy(start, &folder);
    folder
}

/// The durable steps of the commits of a command, from 1.
fn steps_of_commit(start: &Folder, command: &[String]) -> Vec<usize> {
    let steps = twin::steps(start, command);
    let found: Vec<usize> = (1..=steps.len()).filter(|&number| is_of_commit(&steps, number)).collect();
    assert_eq!(found.len(), 3, "the write and two syncs: {steps:?}");
    found
}

#[test]
fn a_rerun_finds_out_what_a_failed_commit_has_left() {
    let mut fates = BTreeSet::new();
    for job in jobs() {
        let start = job.start();
        let undisturbed = job.undisturbed(&start);
        let run = job.before.len() + 1;
        for step in steps_of_commit(&start, &job.command) {
            let folder = copy_of(&start);
            let failed = execute_with_fault(&folder, &job.command, &format!("fail:{step}")).expect_code(71);
            expect_one_clear_line(&failed);
            let said =
                format!("; it is unknown whether run {run} is committed; rerun the command: it finds out");
            assert!(failed.stderr.contains(&said), "{failed:?}");
            assert!(!failed.stderr.contains("nothing was changed"), "{failed:?}");
            let again = [&job.command[..], &["--report=json".to_owned()]].concat();
            let again = execute(&folder, &again).expect_code(0).json();
            fates.insert(again["status"].as_str().unwrap().to_owned());
            assert_eq!(outcome(&folder), undisturbed, "{:?}, step {step}", job.command);
        }
    }
    // Some had reached the disk, and some had not.
    assert_eq!(fates, BTreeSet::from(["committed", "nothing-to-do"].map(str::to_owned)));
}

/// What a scheduler does that reruns only after the codes of [`RERUN`]: the codes that it has seen.
fn schedule(mut attempt: impl FnMut(usize) -> Finished) -> Vec<i32> {
    let mut codes = Vec::new();
    while codes.last().is_none_or(|code| RERUN.contains(code)) && codes.len() < 10 {
        codes.push(attempt(codes.len()).code.unwrap());
    }
    codes
}

#[test]
fn a_scheduler_that_reruns_comes_to_the_outputs_of_an_undisturbed_one() {
    for job in jobs() {
        let start = job.start();
        let undisturbed = job.undisturbed(&start);
        let last = steps_of_commit(&start, &job.command).pop().unwrap();
        let folder = copy_of(&start);
        let codes = schedule(|attempt| match attempt {
            0 => execute_with_fault(&folder, &job.command, &format!("fail:{last}")),
            _ => execute(&folder, &job.command),
        });
        assert_eq!(codes, [71, 0]);
        assert_eq!(outcome(&folder), undisturbed, "{:?}", job.command);
    }
}

#[test]
fn a_scheduler_leaves_refused_data_to_a_person() {
    let folder = Folder::in_memory();
    folder.write("broken.csv", "k1,2024-01-01 00:00:00\nk1,never\n");
    let codes = schedule(|_| folder.sessionize(&["run", "--batch", "broken.csv", "--max-rejects", "0"]));
    assert_eq!(codes, [65]);
}
