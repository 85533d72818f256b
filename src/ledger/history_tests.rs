use super::*;
use crate::core::event::Timestamp;
use crate::core::watermark::Watermark;
use crate::definition::DefinitionRequest;
use crate::ledger::{FileEntry, without_gaps};
use crate::purged::PurgedKeys;

fn run(number: u64) -> RunId {
    RunId::new(number)
}

fn digest(run: u64) -> FileDigest {
    FileDigest { hash: run.into(), bytes: 1, beginning: run }
}

/// A ledger in which every batch reads ten rows, completes `completed` events and holds the rest.
struct Ledger(Vec<RunEntry>);

impl Ledger {
    fn entry(&self, kind: RunKind, counts: Counts, watermark_us: i64) -> RunEntry {
        let number = self.0.len() as u64 + 1;
        let watermark = Watermark::at(Timestamp::from_us(watermark_us).unwrap());
        let head = Head {
            run: run(number),
            generation: number,
            chunks: 0,
            state_digest: 0,
            keys_open: 1,
            sessions_open: 1,
            events_open: counts.events_open_after,
            oldest_open_start: None,
            watermark,
            watermark_origin: None,
            latest: None,
            accepts_from: Watermark::BEGINNING,
            purged: PurgedKeys::default(),
            known_files: crate::ledger::KnownFiles::default(),
            definition: DefinitionRequest::default().create(),
        };
        let files = match kind {
            RunKind::Batch => {
                vec![FileEntry {
                    path: String::new(),
                    digest: digest(number),
                    known_bytes: 0,
                    rows: 10,
                    source: None,
                    place: None,
                }]
            }
            _ => Vec::new(),
        };
        RunEntry { kind, as_of: Timestamp::MIN, files, counts, head }
    }

    fn held(&self) -> u64 {
        self.0.last().map_or(0, |entry| entry.counts.events_open_after)
    }

    fn batch(&mut self, completed: u64) {
        let counts = Counts {
            rows_read: 10,
            events_accepted: 10,
            events_completed: completed,
            events_open_before: self.held(),
            events_open_after: self.held() + 10 - completed,
            ..Counts::default()
        };
        let watermark_us = i64::try_from(self.0.len()).unwrap();
        let entry = self.entry(RunKind::Batch, counts, watermark_us);
        self.0.push(entry);
    }

    fn rollback(&mut self, to: u64) -> RollbackPlan {
        let plan = plan_rollback(&self.0, run(to)).unwrap();
        let watermark = plan.to.watermark.time().unwrap().us();
        let entry = self.entry(RunKind::Rollback { to: run(to) }, plan.counts.clone(), watermark);
        self.0.push(entry);
        plan
    }
}

fn four_batches() -> Ledger {
    let mut ledger = Ledger(Vec::new());
    for completed in [3, 12, 0, 5] {
        ledger.batch(completed);
    }
    ledger
}

fn numbers(runs: impl IntoIterator<Item = RunId>) -> Vec<u64> {
    runs.into_iter().map(RunId::number).collect()
}

#[test]
fn a_rollback_takes_back_what_came_after_and_the_accounts_still_close() {
    let mut ledger = four_batches();
    let plan = ledger.rollback(2);
    assert_eq!(numbers(plan.retracted), [3, 4]);
    assert_eq!(plan.forgotten, [digest(3), digest(4)]);
    assert_eq!((plan.counts.rows_read, plan.counts.events_completed), (20, 5));
    assert_eq!((plan.counts.events_open_before, plan.counts.events_open_after), (20, 5));
    assert_eq!(numbers(active_runs(&ledger.0)), [1, 2, 5]);
    assert_eq!(audit(&ledger.0), []);
}

#[test]
fn a_second_rollback_counts_nothing_twice_and_finds_the_state_under_the_first() {
    let mut ledger = four_batches();
    ledger.rollback(2);
    ledger.batch(1);
    let plan = ledger.rollback(2);
    assert_eq!(numbers(plan.retracted), [5, 6]);
    assert_eq!(plan.forgotten, [digest(6)]);
    assert_eq!((plan.counts.rows_read, plan.counts.events_completed), (10, 1));
    assert_eq!(numbers(plan.found_under.iter().map(|head| head.run)), [2, 5]);
    let plan = ledger.rollback(1);
    assert_eq!((numbers(plan.retracted), plan.counts.rows_read), (vec![2, 7], 10));
    assert_eq!(audit(&ledger.0), []);
}

#[test]
fn before_the_first_run_nothing_stands_and_nothing_is_decided() {
    let mut ledger = four_batches();
    ledger.rollback(2);
    let plan = plan_rollback(&ledger.0, run(0)).unwrap();
    assert_eq!(numbers(plan.retracted.clone()), [1, 2, 5]);
    assert_eq!(plan.forgotten, [digest(1), digest(2)]);
    assert_eq!((plan.counts.rows_read, plan.counts.events_open_after), (20, 0));
    let kind = RunKind::Rollback { to: run(0) };
    let mut entry = ledger.entry(kind, plan.counts, 1);
    entry.head = Head { run: entry.head.run, generation: entry.head.generation, ..plan.to };
    ledger.0.push(entry.clone());
    assert_eq!(numbers(active_runs(&ledger.0)), [6]);
    assert_eq!(audit(&ledger.0), []);
    assert_eq!(plan_rollback(&ledger.0, run(0)), Err(NoRollback::Last));
    assert_eq!(plan_rollback(&ledger.0, run(1)), Err(NoRollback::TakenBack(run(6))));
    // A state that is not empty is not that of before the first run.
    ledger.0.pop();
    entry.head.watermark = ledger.0[0].head.watermark;
    ledger.0.push(entry);
    assert!(!audit(&ledger.0).is_empty());
}

#[test]
fn what_cannot_be_rolled_back_to_says_why() {
    let mut ledger = four_batches();
    let refusal = |ledger: &Ledger, to| plan_rollback(&ledger.0, run(to)).unwrap_err();
    assert_eq!(refusal(&Ledger(Vec::new()), 0), NoRollback::Unknown, "nothing was run");
    assert_eq!(refusal(&ledger, 5), NoRollback::Unknown);
    assert_eq!(refusal(&ledger, 4), NoRollback::Last);
    ledger.rollback(2);
    assert_eq!(refusal(&ledger, 2), NoRollback::Last, "it was gone back to already");
    assert_eq!(refusal(&ledger, 3), NoRollback::TakenBack(run(5)));
    ledger.batch(1);
    assert_eq!(refusal(&ledger, 3), NoRollback::TakenBack(run(5)), "whatever came after");
    ledger.rollback(1);
    ledger.batch(1);
    for gone in [2, 5, 6] {
        assert_eq!(refusal(&ledger, gone), NoRollback::TakenBack(run(7)), "{gone}");
    }
}

#[test]
fn an_output_is_accepted_as_missing_by_the_newest_run_that_says_so() {
    let mut ledger = four_batches();
    for outputs in [&["a", "b"][..], &["b", "c"]] {
        let outputs = outputs.iter().map(|&output| output.to_owned()).collect();
        let entry = ledger.entry(RunKind::AcceptMissing { outputs }, Counts::default(), 3);
        ledger.0.push(entry);
    }
    // Files do not come back with a rollback.
    ledger.rollback(2);
    let accepted: Vec<_> = accepted_missing(&ledger.0).into_iter().collect();
    assert_eq!(accepted, [("a", run(5)), ("b", run(6)), ("c", run(6))]);
}

/// The latest event after each run.
fn set_latest(entries: &mut [RunEntry], times_us: [i64; 5]) {
    for (entry, us) in entries.iter_mut().zip(times_us) {
        entry.head.latest = Timestamp::from_us(us);
    }
}

#[test]
fn an_audit_finds_every_break_in_the_chain() {
    let finds = |change: fn(&mut Vec<RunEntry>), expected: &[u64]| {
        let mut ledger = four_batches();
        ledger.rollback(2);
        change(&mut ledger.0);
        let found = audit(&ledger.0);
        assert_eq!(numbers(found.iter().map(|(run, _)| *run)), expected, "{found:?}");
    };
    finds(|_| (), &[]);
    finds(|entries| drop(entries.remove(1)), &[3, 3, 5]);
    finds(|entries| entries[1].counts.rows_read += 1, &[2]);
    finds(|entries| entries[1].head.events_open += 1, &[2, 5]);
    finds(|entries| entries[2].head.generation = 2, &[3]);
    finds(|entries| entries[2].head.watermark = Watermark::BEGINNING, &[3]);
    finds(|entries| set_latest(entries, [1, 2, 2, 3, 2]), &[]);
    finds(|entries| set_latest(entries, [1, 3, 2, 3, 3]), &[3]);
    finds(|entries| entries[4].kind = RunKind::Batch, &[5, 5]);
    finds(|entries| entries[4].head.sessions_open += 1, &[5]);
}

#[test]
fn an_audit_finds_nothing_where_lost_entries_are_stood_in_for() {
    let whole = four_batches().0;
    let last = whole[3].head.clone();
    let known: Vec<_> = (1..=4).map(|number| (digest(number), run(number))).collect();
    for lost in [&[1][..], &[2], &[4], &[1, 2], &[2, 3], &[1, 4], &[3, 4], &[1, 2, 3, 4]] {
        let kept = whole.iter().filter(|entry| !lost.contains(&entry.head.run.number())).cloned().collect();
        let closed = without_gaps(kept, &last, &known);
        assert_eq!(audit(&closed), [], "{lost:?}");
        assert_eq!(closed.len(), 4);
        for (found, entry) in closed.iter().zip(&whole) {
            let is_lost = lost.contains(&entry.head.run.number());
            assert_eq!((found.kind == RunKind::Lost, found == entry), (is_lost, !is_lost), "{lost:?}");
            assert_eq!(found.files[0].digest, entry.files[0].digest);
        }
        assert_eq!(closed[3].head, last);
    }
    assert_eq!(without_gaps(whole.clone(), &last, &known), whole);
}

#[test]
fn the_last_of_the_lost_entries_in_a_row_closes_the_gap_and_the_first_begins_where_nothing_is_known() {
    let whole = four_batches().0;
    let mut last = whole[3].head.clone();
    let time = Timestamp::from_us(3);
    last.watermark_origin = Some(crate::ledger::WatermarkOrigin { run: run(4), place: None });
    (last.latest, last.accepts_from) = (time, last.watermark);
    last.purged = last.purged.with(b"ann", last.watermark);
    let closed = |lost: [u64; 2]| {
        let kept = whole.iter().filter(|entry| !lost.contains(&entry.head.run.number())).cloned().collect();
        without_gaps(kept, &last, &[])
    };
    let held = |entries: &[RunEntry]| -> Vec<u64> {
        entries.iter().map(|entry| entry.counts.events_open_after).collect()
    };
    // After the four runs 7, 5, 15 and 20 events are held.
    assert_eq!(held(&closed([2, 3])), [7, 7, 15, 20]);
    assert_eq!(held(&closed([3, 4])), [7, 5, 5, 20]);
    let first = closed([1, 2]).remove(0).head;
    assert_eq!(first.event_time(), crate::core::watermark::EventTime::default());
    assert_eq!((first.watermark_origin, first.purged), (None, PurgedKeys::default()));
}
