//! What a context does when it opens, and what it leaves when it ends.

use super::job_tests::Job;
use super::transaction::{LedgerChange, Transaction};
use super::{Context, Look};
use crate::definition::DEFAULT_GAP;
use crate::error::ErrorKind;
use crate::ledger::{Counts, RunEntry, RunKind};
use crate::settings::CommonSettings;
use std::fs;

#[test]
fn a_command_that_needs_a_checkpoint_creates_none() {
    let job = Job::new();
    let refusal = Context::open_existing(&job.common, &job.cancellation).map(drop).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Failed);
    assert!(refusal.to_string().contains("there is no checkpoint here"), "{refusal}");
    assert!(!job.common.state.exists() && !job.common.out.exists());
    let context = job.open().unwrap();
    assert_eq!(context.definition(), None);
    drop(context);
    job.day(1).unwrap();
    let context = Context::open_existing(&job.common, &job.cancellation).unwrap();
    assert_eq!(context.definition().map(|definition| definition.gap), Some(DEFAULT_GAP));
}

#[test]
fn a_checkpoint_of_this_version_is_opened_without_a_copy() {
    let job = Job::of_days(2);
    drop(job.open().unwrap());
    let names: Vec<_> = fs::read_dir(job.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("format")), "{names:?}");
}

#[test]
fn an_output_folder_is_of_one_command_at_a_time() {
    let (job, other) = (Job::of_days(1), Job::new());
    let context = job.open().unwrap();
    let common = CommonSettings { state: other.common.state.clone(), ..job.common.clone() };
    let refusal = Context::open(&common, &other.cancellation).map(drop).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Locked, "{refusal}");
    assert!(refusal.to_string().contains("the output folder is in use by another command"), "{refusal}");
    drop(context);
    let refusal = Context::open(&common, &other.cancellation).map(drop).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Checkpoint, "{refusal}");
}

#[test]
fn a_run_that_ends_before_its_commit_leaves_nothing_and_a_dry_run_removes_nothing() {
    let job = Job::of_days(1);
    let published = job.outputs();
    let mut context = job.open().unwrap();
    job.write(&[("bad.csv", "cat,2020-01-02 10:00:00\nbad\n")]);
    let refusal = job.run_in(&mut context, &["bad.csv"]).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::DataRefused);
    assert!(job.staging(2).is_dir(), "its outputs were staged");
    drop(context);
    assert!(!job.staging(2).exists());

    // A dry run has no lock, and removes nothing of others.
    fs::create_dir_all(job.staging(2)).unwrap();
    drop(Look::at(&job.common, &job.cancellation).unwrap().into_context());
    assert!(job.staging(2).is_dir());
    job.day(2).unwrap();
    assert_eq!(job.outputs().len(), published.len() + 1);
}

#[test]
fn accounts_that_do_not_balance_are_not_committed() {
    let job = Job::of_days(1);
    let mut context = job.open().unwrap();
    let before = context.checkpoint.head().cloned().unwrap();
    let counts = Counts { rows_read: 1, ..Counts::default() };
    let entry = RunEntry {
        kind: RunKind::Batch,
        as_of: job.common.as_of,
        files: Vec::new(),
        counts,
        head: before.clone(),
    };
    let refusal = Transaction::stage(&mut context, entry, LedgerChange::None).map(drop).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::Failed);
    assert!(refusal.to_string().contains("the accounts do not balance"), "{refusal}");
    assert_eq!(context.checkpoint.head(), Some(&before));
}

#[test]
fn a_command_that_is_to_end_ends_before_its_commit() {
    let job = Job::of_days(1);
    let published = job.outputs();
    job.cancellation.request();
    job.day(2).unwrap_err();
    assert_eq!(job.outputs(), published);
}
