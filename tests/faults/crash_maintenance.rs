//! A crash at every durable step of the commands that repair, carry and migrate a checkpoint, as `crash_steps` has it for
//! runs: the same command again, and the rest of the job, come to what an undisturbed twin has.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "takes an output away")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

use crate::support::faults::Job;
use crate::support::twin::{self, CORRECTED, PARTITIONED, SPLIT, execute, finalize, maintenance, run};
use crate::support::{Folder, OUT, STATE};
use sessionize::internals::write_predecessor;

const BATCHES: usize = 3;

fn three_runs() -> Vec<Vec<String>> {
    vec![run(&[0]), run(&[1]), run(&[2])]
}

fn a_rollback() -> Job {
    let after = vec![run(&[1]), run(&[2]), finalize()];
    let must_reach = &["write state", "commit", "rename", "remove state"];
    Job { must_reach, ..Job::of(three_runs(), maintenance(&["rollback", "--to-run=1"]), after) }
}

#[test]
fn of_a_rollback() {
    a_rollback().disturb(BATCHES);
}

#[test]
fn of_a_rollback_under_rules() {
    a_rollback().under(SPLIT).disturb(BATCHES);
    a_rollback().under(CORRECTED).disturb(BATCHES);
    a_rollback().under(PARTITIONED).disturb(BATCHES);
}

#[test]
fn of_an_purge() {
    let purge = maintenance(&["purge", "--key=k1"]);
    let job = || Job {
        must_reach: &["write state", "commit", "rename", "remove state"],
        ..Job::of(vec![run(&[0]), run(&[1])], purge.clone(), vec![run(&[2]), finalize()])
    };
    job().disturb(BATCHES);
    job().under(CORRECTED).disturb(BATCHES);
}

/// Peace with a loader that has taken away what it has loaded.
#[test]
fn of_a_verify_that_accepts_what_is_missing() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, BATCHES);
    for command in [run(&[0]), run(&[1])] {
        execute(&folder, &command).expect_code(0);
    }
    std::fs::remove_file(folder.path(&crate::support::output_name("sessions", 1))).unwrap();
    let accept = maintenance(&["verify", "--accept-missing"]);
    let must_reach = &["write state", "commit", "rename"];
    let after = vec![maintenance(&["verify"]), run(&[2]), finalize()];
    Job { must_reach, ..Job::of(vec![], accept, after) }.disturb_in(&folder);
}

#[test]
fn of_a_prune() {
    let short = |command: Vec<String>| [command, vec!["--keep-generations=1".to_owned()]].concat();
    let before = vec![short(run(&[0])), short(run(&[1])), short(run(&[2]))];
    let prune = ["prune", "--older-than=1d", "--unfollowed", "--now=2024-06-01T00:00:00Z"];
    let prune: Vec<String> = prune.map(str::to_owned).to_vec();
    let after = || vec![maintenance(&["verify"]), finalize(), maintenance(&["verify"])];
    let job = || Job {
        must_reach: &["create file", "rename", "sync folder", "remove file"],
        ..Job::of(before.clone(), prune.clone(), after())
    };
    job().disturb(BATCHES);
    job().under(PARTITIONED).disturb(BATCHES);
}

#[test]
fn of_an_import() {
    let elsewhere = ["--state=new".to_owned(), "--out=new-out".to_owned()];
    let there = |command: Vec<String>| [command, elsewhere.to_vec()].concat();
    let export = maintenance(&["export-state", "saved.jsonl"]);
    let job = |rules| Job {
        compared: "new-out",
        is_long: !<[&str]>::is_empty(rules),
        before: [twin::under(rules, vec![run(&[0]), run(&[1])]), vec![export.clone()]].concat(),
        ..Job::of(
            vec![],
            there(maintenance(&["import-state", "saved.jsonl"])),
            twin::under(rules, vec![there(run(&[2])), there(finalize())]),
        )
    };
    job(&[]).disturb(BATCHES);
    job(SPLIT).disturb(BATCHES);
}

/// The copy is what the output folder was; a backup that is there is not written over.
#[test]
fn of_a_backup() {
    let place = ["--state=kept/state", "--out=kept/out"];
    let from_backup = |command: &str| maintenance(&[&[command][..], &place[..]].concat());
    Job {
        compared: "kept/out",
        done_code: 2,
        must_reach: &["sync file", "sync folder", "rename"],
        ..Job::of(
            vec![run(&[0]), run(&[1])],
            maintenance(&["backup", "kept"]),
            vec![from_backup("finalize"), from_backup("verify")],
        )
    }
    .disturb(BATCHES);
}

/// A checkpoint of an older format with its output, as its program left them after one run.
fn predecessor() -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 1);
    folder.write(&format!("{STATE}/lock"), "");
    write_predecessor(&folder.path(STATE), &folder.path(OUT)).unwrap();
    folder
}

/// By hand as much as on its own by the next run: a copy of the old folder is there before anything new is written.
#[test]
fn of_a_migration() {
    let verify = maintenance(&["verify"]);
    for disturbed in [maintenance(&["migrate"]), run(&[0]), finalize()] {
        let folder = predecessor();
        let must_reach = &["sync file", "rename", "commit"];
        let job = Job { must_reach, ..Job::of(vec![], disturbed, vec![finalize(), verify.clone()]) };
        job.disturb_in(&folder);
        execute(&folder, &job.disturbed).expect_code(0);
        let kept = folder.path(&format!("{STATE}.format-0"));
        assert!(kept.join("db").is_file());
        let old =
            [maintenance(&["export-state", "old.jsonl"]), vec![format!("--state={STATE}.format-0")]].concat();
        let refused = execute(&folder, &[old, vec!["--out=none".to_owned()]].concat()).expect_code(74);
        assert!(refused.stderr.contains("the checkpoint is at run 1"), "{}", refused.stderr);
    }
}
