//! Prune removes what nobody needs, once, and goes on where it has ended.

use super::{PruneSettings, prune, verify};
use crate::error::{ErrorKind, Result};
use crate::report::{PruneReport, Status};
use crate::run::job_tests::Job;
use std::fs;

const SETTINGS: PruneSettings = PruneSettings { older_than_us: 1, unfollowed: true, dry_run: false };

/// A job of five days, two microseconds later. A rollback can go back to the third.
fn of_five_days() -> Job {
    let mut job = Job::of_days(5);
    job.open().unwrap().checkpoint.drop_generations_before(3).unwrap();
    job.common.as_of = job.common.as_of.saturating_add_us(2);
    job
}

fn pruned(job: &Job, settings: PruneSettings) -> Result<PruneReport> {
    prune(&job.common, settings, &job.cancellation)
}

/// How it ended, up to which run and why, and how many outputs and manifests that were.
fn summary(report: &PruneReport) -> (Status, u64, &str, u64, u64) {
    (report.status, report.pruned_through, report.limited_by, report.outputs, report.manifests)
}

fn places(job: &Job) -> Vec<String> {
    job.outputs().into_keys().collect()
}

#[test]
fn what_a_rollback_does_not_need_goes_once() {
    let job = of_five_days();
    let all = places(&job);
    let dry = pruned(&job, PruneSettings { dry_run: true, unfollowed: true, ..SETTINGS }).unwrap();
    assert_eq!(summary(&dry), (Status::DryRun, 3, "rollback", 3, 3));
    let refusal = pruned(&job, PruneSettings { unfollowed: false, ..SETTINGS }).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Usage);
    assert!(refusal.to_string().contains("prune would remove 3 outputs"), "{refusal}");
    assert_eq!(places(&job), all);
    let report = pruned(&job, SETTINGS).unwrap();
    assert_eq!(summary(&report), (Status::Committed, 3, "rollback", 3, 3));
    assert_eq!(report.bytes, dry.bytes);
    assert_eq!(places(&job), ["sessions/run-00000004.csv", "sessions/run-00000005.csv"]);
    assert!(!job.manifest(3).exists() && job.manifest(4).exists());
    for settings in [SETTINGS, PruneSettings { unfollowed: false, ..SETTINGS }] {
        assert_eq!(summary(&pruned(&job, settings).unwrap()), (Status::NothingToDo, 3, "rollback", 0, 0));
    }
    // Who asks for less brings nothing back, and is refused nothing.
    let less = pruned(&job, PruneSettings { older_than_us: 2, ..SETTINGS }).unwrap();
    assert_eq!(summary(&less), (Status::NothingToDo, 3, "age", 0, 0));
    assert_eq!(verify(&job.common, &job.cancellation).unwrap().findings, Vec::<String>::new());
}

#[test]
fn what_is_younger_stays() {
    let job = of_five_days();
    for older_than_us in [2, 10] {
        let report = pruned(&job, PruneSettings { older_than_us, ..SETTINGS }).unwrap();
        assert_eq!(summary(&report), (Status::NothingToDo, 0, "age", 0, 0));
    }
    assert_eq!(places(&job).len(), 5);
}

#[test]
fn a_prune_that_was_interrupted_goes_on_without_asking_again() {
    let job = of_five_days();
    job.keep(&job.common.out, "whole");
    pruned(&job, SETTINGS).unwrap();
    let session = fs::read(job.path("whole").join("sessions/run-00000002.csv")).unwrap();
    fs::write(job.sessions(2), session).unwrap();
    let report = pruned(&job, PruneSettings { unfollowed: false, ..SETTINGS }).unwrap();
    assert_eq!(summary(&report), (Status::Committed, 3, "rollback", 1, 0));
    assert_eq!(places(&job).len(), 2);
}

#[test]
fn manifests_go_without_asking_if_no_output_is_left() {
    let job = of_five_days();
    for run in 1..=3 {
        fs::remove_file(job.sessions(run)).unwrap();
    }
    let report = pruned(&job, PruneSettings { unfollowed: false, ..SETTINGS }).unwrap();
    assert_eq!(summary(&report), (Status::Committed, 3, "rollback", 0, 3));
    assert!(!job.manifest(1).exists() && job.manifest(4).exists());
}
