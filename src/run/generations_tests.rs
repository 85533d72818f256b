//! How many states of the past are kept, and what is said of them.

use super::generations::{kept_runs, kept_text, oldest_reachable};
use super::job_tests::Job;
use crate::core::event::Timestamp;
use crate::ledger::{RunId, RunKind};
use crate::settings::KeepGenerations;
use std::num::NonZeroU64;

const DAY_US: i64 = 86_400_000_000;

/// The generations after one more run, and the runs that a rollback can go back to.
fn kept(job: &Job) -> (Vec<u64>, Vec<u64>) {
    let context = job.open().unwrap();
    let checkpoint = &context.checkpoint;
    let runs = kept_runs(checkpoint, &checkpoint.runs().unwrap()).unwrap();
    (checkpoint.generations().unwrap().into_iter().collect(), runs.into_iter().map(RunId::number).collect())
}

/// Runs the day `number` when the clock is so many days on.
fn day_at(job: &mut Job, number: u64, days: i64) {
    let begin = Timestamp::from_us(1_609_459_200_000_000).unwrap();
    job.common.as_of = begin.saturating_add_us(days * DAY_US);
    job.day(number).unwrap();
}

#[test]
fn the_newest_states_stay() {
    for (count, expected) in [(1, &[4][..]), (2, &[3, 4]), (4, &[1, 2, 3, 4]), (5, &[1, 2, 3, 4])] {
        let mut job = Job::new();
        job.settings.keep_generations = KeepGenerations::Count(NonZeroU64::new(count).unwrap());
        for number in 1..=4 {
            job.day(number).unwrap();
        }
        assert_eq!(kept(&job), (expected.to_vec(), expected.to_vec()));
    }
}

#[test]
fn states_stay_that_are_younger_and_all_after_them() {
    // The clocks of five runs, in days; the last one drops what is not younger than two days.
    for (clocks, expected) in [
        ([0, 1, 2, 3, 4], &[4, 5][..]),
        ([0, 0, 0, 1, 2], &[4, 5]),
        ([0, 9, 9, 9, 9], &[2, 3, 4, 5]),
        ([0, 9, 1, 2, 10], &[2, 3, 4, 5]),
        ([0, 0, 0, 0, 9], &[5]),
    ] {
        let mut job = Job::new();
        for (number, days) in (1..).zip(clocks) {
            let keep =
                if number == 5 { KeepGenerations::Age(2 * DAY_US) } else { job.settings.keep_generations };
            job.settings.keep_generations = keep;
            day_at(&mut job, number, days);
        }
        assert_eq!(kept(&job).0, expected, "{clocks:?}");
    }
}

#[test]
fn no_run_before_a_purge_or_an_import_is_kept() {
    let job = Job::of_days(4);
    let context = job.open().unwrap();
    let entries = context.checkpoint.runs().unwrap();
    let runs = |kind: &RunKind, at: usize| {
        let mut entries = entries.clone();
        entries[at].kind = kind.clone();
        let kept = kept_runs(&context.checkpoint, &entries).unwrap();
        (oldest_reachable(&entries).number(), kept.into_iter().map(RunId::number).collect::<Vec<_>>())
    };
    assert_eq!(runs(&RunKind::Batch, 0), (1, vec![1, 2, 3, 4]));
    for kind in [RunKind::Purge, RunKind::Import] {
        assert_eq!(runs(&kind, 0), (1, vec![1, 2, 3, 4]));
        assert_eq!(runs(&kind, 2), (3, vec![3, 4]));
    }
    // Not even if a rollback had gone back beyond it.
    let mut entries = entries.clone();
    (entries[1].kind, entries[2].kind) = (RunKind::Purge, RunKind::Rollback { to: RunId::new(1) });
    assert_eq!(kept_runs(&context.checkpoint, &entries).unwrap(), [3, 4].map(RunId::new).into());
}

#[test]
fn the_kept_runs_are_told_from_the_first_to_the_last() {
    let text = |runs: &[u64]| kept_text(&runs.iter().copied().map(RunId::new).collect());
    assert_eq!(text(&[2, 5, 9]), "runs 2 to 9 are kept");
    assert_eq!(text(&[5]), "only run 5 is kept");
    assert_eq!(text(&[]), "no run is kept");
}
