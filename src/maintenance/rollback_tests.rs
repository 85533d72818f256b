//! A rollback takes state, outputs and known files back together, or says why it does not.

use super::{PruneSettings, prune, purge, rollback, verify};
use crate::error::{Error, ErrorKind};
use crate::ledger::RunId;
use crate::report::Status;
use crate::run::job_tests::Job;
use crate::run::{Context, kept_runs};

fn generations(context: &Context) -> Vec<u64> {
    context.checkpoint.generations().unwrap().into_iter().collect()
}

/// The refusal of a rollback to this run, which changes nothing.
fn refusal(job: &Job, run: u64) -> Error {
    let mut context = job.open().unwrap();
    let before = (context.checkpoint.head().cloned(), generations(&context), job.outputs());
    let refusal = rollback(&mut context, run).unwrap_err();
    let after = (context.checkpoint.head().cloned(), generations(&context), job.outputs());
    assert_eq!(before, after);
    refusal
}

/// The runs that a rollback can go back to.
fn kept(context: &Context) -> Vec<u64> {
    let entries = context.checkpoint.runs().unwrap();
    kept_runs(&context.checkpoint, &entries).unwrap().into_iter().map(RunId::number).collect()
}

fn expect_sound(job: &Job) {
    assert_eq!(verify(&job.common, &job.cancellation).unwrap().findings, Vec::<String>::new());
}

#[test]
fn a_rollback_says_what_it_took_back_and_what_is_missing() {
    let job = Job::of_days(4);
    std::fs::remove_file(job.sessions(4)).unwrap();
    let mut context = job.open().unwrap();
    let digests: Vec<String> = context.checkpoint.runs().unwrap()[2..]
        .iter()
        .map(|entry| entry.files[0].digest.to_string())
        .collect();
    let before = context.checkpoint.runs().unwrap()[1].head.clone();
    let report = rollback(&mut context, 2).unwrap();
    assert_eq!((report.run, report.status, report.rolled_back_to), (Some(5), Status::Committed, Some(2)));
    assert_eq!(report.retracted_runs, [3, 4]);
    assert_eq!(report.forgotten_files, digests);
    assert_eq!(report.missing_outputs, ["sessions/run-00000004.csv"]);
    assert_eq!((report.sessions_open, report.events_open), (before.sessions_open, before.events_open));
    // The states of the undone runs are gone, those before them stay.
    assert_eq!(generations(&context), [1, 2, 5]);
    let entry = context.checkpoint.runs().unwrap().pop().unwrap();
    assert_eq!((entry.as_of, entry.head.run.number(), entry.head.generation), (job.common.as_of, 5, 5));
    drop(context);
    let places: Vec<String> = job.outputs().into_keys().collect();
    assert_eq!(
        places,
        ["retracted/sessions/run-00000003.csv", "sessions/run-00000001.csv", "sessions/run-00000002.csv"]
    );
    expect_sound(&job);
    // Once is enough, and the files of those days can come again.
    let again = rollback(&mut job.open().unwrap(), 2).unwrap();
    assert_eq!((again.run, again.status), (None, Status::NothingToDo));
    for number in 3..=4 {
        assert_eq!(job.day(number).unwrap().sessions_completed, 2);
    }
    expect_sound(&job);
}

#[test]
fn a_rollback_goes_as_far_back_as_states_are_kept() {
    let job = Job::of_days(2);
    for unknown in [3, 9] {
        let refusal = refusal(&job, unknown);
        assert_eq!(refusal.kind(), ErrorKind::Usage);
        let what = format!("there is no run {unknown} to roll back to; runs 1 to 2 are kept");
        assert!(refusal.to_string().starts_with(&what), "{refusal}");
    }
    purge(&mut job.open().unwrap(), b"bob").unwrap();
    for number in 4..=5 {
        job.day(number).unwrap();
    }
    // The purge in run 3 must not be undone.
    for run in 1..=2 {
        let refusal = refusal(&job, run);
        assert_eq!(refusal.kind(), ErrorKind::Failed);
        let what = format!("the open state after run {run} is no longer kept; runs 3 to 5 are kept");
        assert!(refusal.to_string().starts_with(&what), "{refusal}");
    }
    for (run, generations_left) in [(4, &[3, 4, 6][..]), (3, &[3, 7])] {
        let mut context = job.open().unwrap();
        let report = rollback(&mut context, run).unwrap();
        assert_eq!(report.rolled_back_to, Some(run));
        assert_eq!(generations(&context), generations_left);
    }
    let refusal = refusal(&job, 4);
    let what = "run 4 is not active: the rollback in run 7 undid it; runs 3 to 7 are kept";
    assert!(refusal.kind() == ErrorKind::Usage && refusal.to_string().starts_with(what), "{refusal}");
    expect_sound(&job);
}

#[test]
fn before_the_first_run_nothing_is_open_and_nothing_kept() {
    let job = Job::of_days(2);
    let mut context = job.open().unwrap();
    let report = rollback(&mut context, 0).unwrap();
    assert_eq!((report.run, report.rolled_back_to, report.retracted_runs), (Some(3), Some(0), vec![1, 2]));
    assert_eq!((report.sessions_open, report.events_open, report.watermark), (0, 0, None));
    assert_eq!(generations(&context), [3]);
    drop(context);
    expect_sound(&job);
    assert_eq!(job.day(1).unwrap().sessions_completed, 1);
}

#[test]
fn what_is_pruned_cannot_be_taken_back() {
    let mut job = Job::of_days(4);
    let context = job.open().unwrap();
    context.checkpoint.drop_generations_before(2).unwrap();
    drop(context);
    job.common.as_of = job.common.as_of.saturating_add_us(2);
    let settings = PruneSettings { older_than_us: 1, unfollowed: true, dry_run: false };
    assert_eq!(prune(&job.common, settings, &job.cancellation).unwrap().pruned_through, 2);
    for run in [0, 1] {
        let refusal = refusal(&job, run);
        let what = "the runs up to run 2 were pruned, so their outputs can no longer be retracted";
        assert!(refusal.kind() == ErrorKind::Failed && refusal.to_string().contains(what), "{refusal}");
    }
    rollback(&mut job.open().unwrap(), 2).unwrap();
    expect_sound(&job);
}

#[test]
fn a_run_is_kept_whose_state_an_active_run_has() {
    let job = Job::of_days(3);
    let mut context = job.open().unwrap();
    rollback(&mut context, 2).unwrap();
    // Run 4 has the state of run 2 again; that of run 3 is undone.
    assert_eq!((generations(&context), kept(&context)), (vec![1, 2, 4], vec![1, 2, 4]));
    context.checkpoint.drop_generations_before(4).unwrap();
    assert_eq!(kept(&context), [2, 4]);
    drop(context);
    // It is found under the rollback, though its own is gone.
    job.day(4).unwrap();
    let mut context = job.open().unwrap();
    assert_eq!(rollback(&mut context, 2).unwrap().rolled_back_to, Some(2));
    assert_eq!(kept(&context), [2, 6]);
    // What was before all is always there, and is no run.
    rollback(&mut context, 0).unwrap();
    assert_eq!((generations(&context), kept(&context)), (vec![7], vec![7]));
}

#[test]
fn a_rollback_that_cannot_publish_is_published_by_the_next_command() {
    let job = Job::of_days(2);
    let in_the_way = job.common.out.join("retracted/sessions/run-00000002.csv");
    std::fs::create_dir_all(in_the_way.join("folder")).unwrap();
    let mut context = job.open().unwrap();
    let failure = rollback(&mut context, 1).unwrap_err();
    assert_eq!(failure.kind(), ErrorKind::Failed, "{failure}");
    drop(context);
    assert!(
        job.staging(3).join("manifest.json").is_file(),
        "it is committed, and what it staged is the only copy"
    );
    std::fs::remove_dir_all(in_the_way).unwrap();
    drop(job.open().unwrap());
    assert!(job.manifest(3).is_file() && !job.staging(3).exists());
    let places: Vec<String> = job.outputs().into_keys().collect();
    assert_eq!(places, ["retracted/sessions/run-00000002.csv", "sessions/run-00000001.csv"]);
    expect_sound(&job);
}
