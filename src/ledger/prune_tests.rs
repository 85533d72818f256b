//! Which runs may be pruned (`docs/durability.md`, "Years of use").

use super::prune::{Needed, PruneLimit, plan_prune};
use super::{Counts, Head, RunEntry, RunId, RunKind};
use crate::core::event::Timestamp;

/// Nothing is needed but the newest run.
const FREE: Needed = Needed { since: Timestamp::MAX, rollback_to: RunId::new(6), taken: None };

fn time(us: i64) -> Timestamp {
    Timestamp::from_us(us).unwrap()
}

/// Runs from 1 on at these times.
fn runs(times: &[i64]) -> Vec<RunEntry> {
    let run = |(number, &us): (u64, &i64)| RunEntry {
        kind: RunKind::Batch,
        as_of: time(us),
        files: Vec::new(),
        counts: Counts::default(),
        head: Head { run: RunId::new(number), ..Head::before_all() },
    };
    (1..).zip(times).map(run).collect()
}

#[test]
fn the_first_runs_go_up_to_the_first_that_is_needed_and_that_one_says_why() {
    let six = [10, 20, 30, 40, 50, 60];
    let plan = |times: &[i64], needed| {
        let (last, limit) = plan_prune(&runs(times), needed);
        (last.number(), limit.name())
    };
    assert_eq!(plan(&six, FREE), (5, "newest-run"));
    assert_eq!(plan(&six, Needed { since: time(30), ..FREE }), (2, "age"));
    assert_eq!(plan(&six, Needed { since: time(31), ..FREE }), (3, "age"));
    // The state after run 4 is kept: what run 5 has written may be retracted.
    assert_eq!(plan(&six, Needed { rollback_to: RunId::new(4), ..FREE }), (4, "rollback"));
    assert_eq!(plan(&six, Needed { rollback_to: RunId::BEFORE_ALL, ..FREE }), (0, "rollback"));
    // A follower that has run 3 goes on from its manifest.
    assert_eq!(plan(&six, Needed { taken: Some(RunId::new(3)), ..FREE }), (2, "followers"));
    assert_eq!(plan(&six, Needed { taken: Some(RunId::new(6)), ..FREE }), (5, "newest-run"));
    // An older run behind a younger one stays with it, as a rollback or a clock that was set back may leave them.
    assert_eq!(plan(&[10, 50, 30, 40], Needed { since: time(45), ..FREE }), (1, "age"));
    assert_eq!(plan(&[10], FREE), (0, "newest-run"));
    assert_eq!(plan_prune(&[], FREE), (RunId::BEFORE_ALL, PruneLimit::Newest));
}
