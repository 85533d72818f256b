//! A crash at every durable step of runs and finalizes: pass 1 counts the steps of a command, pass 2 ends it at each of them
//! in turn, once by a death of the process and once by an error of the step. Whatever the rest of the job then does must
//! come to exactly the outputs and the ledger of an undisturbed twin.
//!
//! The steps are counted by a hook that only debug builds have. `SESSIONIZE_TEST_FAIL_EVERY=1` lets every step fail, not
//! only every fourth; every step is a death in any case.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

use crate::support::Folder;
use crate::support::faults::Job;
use crate::support::twin::{
    self, CORRECTED, PARTITIONED, SPLIT, execute, execute_with_fault, finalize, run, run_each,
};

const BATCHES: usize = 3;

fn a_run_among_others() -> Job {
    let disturbed = [run(&[2]), vec!["--keep-generations=1".to_owned()]].concat();
    let must_reach = &["write state", "commit", "rename", "remove state"];
    Job { must_reach, ..Job::of(vec![run(&[0]), run(&[1])], disturbed, vec![finalize()]) }
}

fn a_finalize() -> Job {
    Job::of(vec![run(&[0]), run(&[1])], finalize(), vec![run(&[2])])
}

#[test]
fn of_the_first_run() {
    let must_reach = &[
        "create folder",
        "create file",
        "write",
        "sync file",
        "sync folder",
        "write state",
        "flush",
        "commit",
        "rename",
        "remove folder",
    ];
    Job { must_reach, ..Job::of(vec![], run(&[0]), vec![finalize()]) }.disturb(BATCHES);
}

#[test]
fn of_a_run_among_others() {
    a_run_among_others().disturb(BATCHES);
}

#[test]
fn of_a_run_that_splits_and_emits_events_too() {
    a_run_among_others().under(SPLIT).disturb(BATCHES);
}

#[test]
fn of_a_run_that_corrects() {
    a_run_among_others().under(CORRECTED).disturb(BATCHES);
}

#[test]
fn of_a_run_whose_outputs_are_divided_by_days() {
    Job::of(vec![run(&[0])], run(&[1]), vec![finalize()]).under(PARTITIONED).disturb(BATCHES);
}

#[test]
fn of_a_backfill_of_each_batch() {
    Job::of(vec![], run_each(&[0, 1, 2]), vec![finalize()]).disturb(BATCHES);
}

#[test]
fn of_a_finalize() {
    a_finalize().disturb(BATCHES);
}

#[test]
fn of_a_finalize_under_rules() {
    a_finalize().under(SPLIT).disturb(BATCHES);
    a_finalize().under(CORRECTED).disturb(BATCHES);
}

/// A run dies right after its commit; then the command that finishes it dies as well.
#[test]
fn of_the_recovery_of_a_committed_run() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, BATCHES);
    execute(&folder, &run(&[0])).expect_code(0);
    let commit = twin::steps(&folder, &run(&[1])).iter().rposition(|step| step == "commit").unwrap() + 3;
    execute_with_fault(&folder, &run(&[1]), &format!("abort:{commit}"));
    assert!(folder.path("sessionize-out/.staging").exists(), "it has died after its commit, before its end");
    let undisturbed = twin::undisturbed(BATCHES, &[run(&[0]), run(&[1]), finalize()]);
    // The same run again syncs and publishes what it has committed, and has nothing more to do.
    let must_reach = &["flush", "rename", "remove folder"];
    let job = Job { must_reach, ..Job::of(vec![], run(&[1]), vec![finalize()]) };
    job.disturb_from(&folder, &undisturbed);
}
