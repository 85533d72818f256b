//! A crash at every durable step: pass 1 counts the steps of a command, pass 2 ends it at each of them in turn, once by
//! a death of the process and once by an error of the step. Whatever the rest of the job then does must come to exactly
//! the outputs and the ledger of an undisturbed twin.
//!
//! The steps are counted by a hook that only debug builds have. `SESSIONIZE_TEST_FAIL_EVERY=1` lets every step fail, not
//! only every fourth; every step is a death in any case.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

mod support;

use std::collections::BTreeSet;
use support::twin::{
    self, Outcome, execute, execute_with_fault, expect_one_clear_line, finalize, run, run_each,
};
use support::{Finished, Folder, OUT};

const BATCHES: usize = 3;

/// A command to disturb, with what goes before and after it.
struct Job {
    before: Vec<Vec<String>>,
    disturbed: Vec<String>,
    after: Vec<Vec<String>>,
    /// Kinds of steps that it must have, so that none is missed for want of a case.
    must_reach: &'static [&'static str],
}

#[test]
fn the_first_run() {
    Job {
        before: vec![],
        disturbed: run(&[0]),
        after: vec![finalize()],
        must_reach: &[
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
        ],
    }
    .disturb();
}

#[test]
fn a_run_among_others() {
    Job {
        before: vec![run(&[0]), run(&[1])],
        disturbed: [run(&[2]), vec!["--keep=1".to_owned()]].concat(),
        after: vec![finalize()],
        must_reach: &["write state", "commit", "rename", "remove state"],
    }
    .disturb();
}

#[test]
fn a_backfill_of_each_batch() {
    Job {
        before: vec![],
        disturbed: run_each(&[0, 1, 2]),
        after: vec![finalize()],
        must_reach: &["commit", "rename"],
    }
    .disturb();
}

#[test]
fn a_finalize() {
    Job {
        before: vec![run(&[0]), run(&[1])],
        disturbed: finalize(),
        after: vec![run(&[2])],
        must_reach: &["commit", "rename"],
    }
    .disturb();
}

/// A run dies right after its commit; then the command that finishes it dies as well.
#[test]
fn the_recovery_of_a_committed_run() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, BATCHES);
    execute(&folder, &run(&[0])).expect_code(0);
    let commit = twin::steps(&folder, &run(&[1])).iter().rposition(|step| step == "rename").unwrap() - 4;
    execute_with_fault(&folder, &run(&[1]), &format!("abort:{commit}"));
    assert!(folder.path("sessionize-out/.staging").exists(), "it has died after its commit, before its end");
    let undisturbed = twin::undisturbed(BATCHES, &[run(&[0]), run(&[1]), finalize()]);
    let job = Job {
        before: vec![],
        disturbed: vec!["inspect".to_owned()],
        after: vec![run(&[1]), finalize()],
        must_reach: &["rename", "remove folder"],
    };
    job.disturb_from(&folder, &undisturbed);
}

impl Job {
    fn disturb(&self) {
        let commands: Vec<_> =
            self.before.iter().chain([&self.disturbed]).chain(&self.after).cloned().collect();
        let undisturbed = twin::undisturbed(BATCHES, &commands);
        let folder = Folder::in_memory();
        twin::write_batches(&folder, BATCHES);
        for arguments in &self.before {
            execute(&folder, arguments).expect_code(0);
        }
        self.disturb_from(&folder, &undisturbed);
    }

    fn disturb_from(&self, start: &Folder, undisturbed: &Outcome) {
        let steps = twin::steps(start, &self.disturbed);
        let kinds: BTreeSet<&str> = steps.iter().map(String::as_str).collect();
        for kind in self.must_reach {
            assert!(kinds.contains(kind), "no step {kind} in {steps:?}");
        }
        let fail_every = twin::number_from_environment("SESSIONIZE_TEST_FAIL_EVERY", 4);
        let fails = |number: usize| number.is_multiple_of(fail_every).then(|| format!("fail:{number}"));
        let mut faults = 0;
        for number in 1..=steps.len() {
            for fault in [Some(format!("abort:{number}")), fails(number)].into_iter().flatten() {
                faults += 1;
                let folder = copy_of(start);
                let finished = execute_with_fault(&folder, &self.disturbed, &fault);
                let place = format!("{fault} ({}): {finished:?}", steps[number - 1]);
                check_end(&finished, &fault, &place);
                self.go_on(&folder, &place);
                // The manifests have the digests of all heads: with them, open state and known files are compared too.
                assert_eq!(folder.files(OUT), undisturbed.files, "{place}");
            }
        }
        println!("{faults} faults at {} durable steps: {}", steps.len(), steps.join(", "));
    }

    fn go_on(&self, folder: &Folder, place: &str) {
        for arguments in [&self.disturbed].into_iter().chain(&self.after) {
            let finished = execute(folder, arguments);
            assert_eq!(finished.code, Some(0), "{place}, then {arguments:?}: {finished:?}");
        }
    }
}

fn check_end(finished: &Finished, fault: &str, place: &str) {
    if fault.starts_with("abort") {
        assert_eq!(finished.code, None, "{place}");
    } else if finished.code == Some(0) {
        // Only what is old is dropped after the run is published: the next run does it.
        assert!(finished.stderr.is_empty() || finished.stderr.contains("drops what is old"), "{place}");
    } else {
        assert_eq!(finished.code, Some(1), "{place}");
        expect_one_clear_line(finished);
        assert!(finished.stderr.contains("injected fault"), "{place}");
    }
}

fn copy_of(start: &Folder) -> Folder {
    let folder = Folder::in_memory();
    twin::copy(start, &folder);
    folder
}
