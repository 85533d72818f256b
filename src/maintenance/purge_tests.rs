//! A purged key leaves the open state, now and in every state that a rollback could restore.

use super::rewrite::commit_unchanged;
use super::{purge, verify};
use crate::ledger::{Counts, RunKind};
use crate::report::Status;
use crate::run::Context;
use crate::run::job_tests::Job;
use crate::settings::Limit;

/// The generations up to that of the head: what is staged is none.
fn generations(context: &Context) -> Vec<u64> {
    let head = context.checkpoint.head().unwrap().generation;
    context.checkpoint.generations().unwrap().into_iter().filter(|&generation| generation <= head).collect()
}

#[test]
fn its_events_are_counted_and_those_before_the_watermark_are_late_from_then_on() {
    let mut job = Job::of_days(1);
    job.run(&[("more.csv", "cat,2020-01-02 11:59:00\nbob,2020-01-02 11:59:00\nbob,2020-01-02 12:00:00\n")])
        .unwrap();
    let mut context = job.open().unwrap();
    let report = purge(&mut context, b"bob").unwrap();
    assert_eq!((report.run, report.status, report.rollback_reaches), (Some(3), Status::Committed, Some(3)));
    assert_eq!((report.sessions_open, report.events_open, report.events_removed), (1, 1, 2));
    assert_eq!(report.watermark.as_deref(), Some("2020-01-02T12:00:00Z"));
    assert_eq!(generations(&context), [3]);
    let entry = context.checkpoint.runs().unwrap().pop().unwrap();
    let counts =
        Counts { events_open_before: 3, events_open_after: 1, events_removed: 2, ..Counts::default() };
    assert_eq!((entry.kind, entry.as_of, entry.counts), (RunKind::Purge, job.common.as_of, counts));
    assert_eq!((entry.head.keys_open, entry.head.sessions_open, entry.head.events_open), (1, 1, 1));
    drop(context);
    assert_eq!(verify(&job.common, &job.cancellation).unwrap().findings, Vec::<String>::new());
    // An event at the watermark is not late, except that of the key.
    job.settings.max_late = Limit::Rows(1);
    let report = job
        .run(&[("late.csv", "bob,2020-01-02 12:00:00\nbob,2020-01-02 12:00:01\ncat,2020-01-02 12:00:00\n")])
        .unwrap();
    assert_eq!((report.events_late, report.events_accepted), (1, 2));
}

#[test]
fn where_nothing_is_to_purge_only_what_a_purge_has_left_goes() {
    let job = Job::new();
    let refusal = purge(&mut job.open().unwrap(), b"bob").unwrap_err().to_string();
    assert!(refusal.contains("no run was committed"), "{refusal}");
    for number in 1..=3 {
        job.day(number).unwrap();
    }
    let mut context = job.open().unwrap();
    let report = purge(&mut context, b"nobody").unwrap();
    assert_eq!((report.run, report.status, report.rollback_reaches), (None, Status::NothingToDo, None));
    assert_eq!((report.sessions_open, report.events_open, report.events_removed), (1, 1, 0));
    assert_eq!(generations(&context), [1, 2, 3]);
    // A purge that died between its commit and the removal of what was before.
    let before = context.checkpoint.head().cloned().unwrap();
    commit_unchanged(&mut context, &before, RunKind::Purge).unwrap();
    drop(context);
    job.day(5).unwrap();
    let mut context = job.open().unwrap();
    assert_eq!(generations(&context), [1, 2, 3, 4, 5]);
    assert_eq!(purge(&mut context, b"nobody").unwrap().status, Status::NothingToDo);
    assert_eq!(generations(&context), [4, 5]);
}
