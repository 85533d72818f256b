//! A state that is kept as a base and its changes is, after every run, the one of a twin that writes the whole state in every run.

use super::checkpoint::Checkpoint;
use super::list::{Layers, NamedChunk, StateList};
use super::memory::MemoryStore;
use super::reader::StateReader;
use super::rows::{self, Stored};
use super::sample_tests::head_of;
use crate::core::event::{Event, Timestamp, push_value};
use crate::core::gap::Gap;
use crate::core::partition::{KeyHash, PartitionId};
use crate::core::reducer::{BatchEnd, OpenCounts, PartitionReducer, SessionFold};
use crate::core::rules::RuleTexts;
use crate::core::session::SessionBatch;
use crate::core::watermark::{Advance, EventTime, Watermark};
use crate::definition::{Definition, DefinitionRequest};
use crate::error::Error;
use crate::ledger::{Counts, Head, RunEntry, RunId, RunKind};
use crate::migrations::checkpoint::OpenRow;
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

const KEYS: u8 = 220;
const GAP_US: i64 = 1_000;
/// States that a rollback can return to.
const KEPT: u8 = 4;

const PLAIN: &[(&str, &str)] = &[];
const RULED: &[(&str, &str)] =
    &[("agg", "sum(1)"), ("agg", "list(1)"), ("max-events", "3"), ("dedup", "1"), ("emit", "both")];
const ORDERED: &[(&str, &str)] = &[("agg", "last(1)"), ("order-by", "1"), ("end-on", "1=3")];
const CORRECTED: &[(&str, &str)] = &[("agg", "sum(1)"), ("allowed-lateness", "400us")];

fn time(us: i64) -> Timestamp {
    Timestamp::from_us(us).unwrap()
}

const PARTITION: PartitionId = PartitionId::of_number(7);

/// Keys of one partition.
static ALL_KEYS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let all = (0_u32..).map(|number| format!("a key of some length {number}").into_bytes());
    all.filter(|key| KeyHash::of(key).partition() == PARTITION).take(KEYS.into()).collect()
});

fn definition(rules: &[(&str, &str)]) -> Definition {
    let rules = RuleTexts::collect(rules.iter().copied()).unwrap();
    let gap = Gap::from_us(GAP_US);
    Definition { gap, rules, ..DefinitionRequest::default().create() }
}

/// Keys by number, each with a time.
type Events = Vec<(u8, i64)>;

/// The kind of a step, its events at times after the steps before, and the time that it takes.
type Chosen = (u8, Events, i64);

/// What happens in a run.
#[derive(Debug, Clone)]
enum Step {
    /// Events of keys at times after the last run; whether sessions are evicted half-way; how far the watermark stays behind.
    Batch {
        events: Events,
        evicts: bool,
        delay_us: i64,
    },
    /// The watermark moves on without events.
    Stated(i64),
    Finalize,
    /// The state so many runs ago comes back.
    Rollback(u8),
}

/// What can be seen of a run.
#[derive(Debug, PartialEq)]
struct Seen {
    completed: String,
    open: OpenCounts,
    state: Vec<u8>,
}

fn take(
    reducer: &mut PartitionReducer,
    events: &[(u8, i64)],
    horizon: Watermark,
    completed: &mut SessionBatch,
) {
    for &(key, us) in events {
        let (key, mut payload) = (&ALL_KEYS[usize::from(key)][..], Vec::new());
        let value = (us % 5).to_string();
        assert!(push_value(&mut payload, value.as_bytes()) && push_value(&mut payload, value.as_bytes()));
        let event = Event { key, table_hash: KeyHash::of(key).table(), time: time(us), payload: &payload };
        reducer.take_event(event, horizon, completed).unwrap();
    }
}

/// A checkpoint that takes runs.
struct Job {
    checkpoint: Checkpoint,
    definition: Definition,
    /// Whether every run writes a new base.
    writes_whole: bool,
    heads: Vec<Head>,
    /// The most chunks of changes that were there.
    most_changes: usize,
}

impl Job {
    fn new(definition: Definition, writes_whole: bool) -> Self {
        let checkpoint = Checkpoint::of_store(Box::new(MemoryStore::default()), "memory".into()).unwrap();
        Self { checkpoint, definition, writes_whole, heads: Vec::new(), most_changes: 0 }
    }

    fn fold(&self) -> SessionFold {
        let event_time = self.checkpoint.head().map_or_else(EventTime::default, Head::event_time);
        SessionFold::new(self.definition.gap, Arc::new(self.definition.rule_set().unwrap()), event_time)
    }

    fn load(&self) -> PartitionReducer {
        let mut reducer = self.fold().reducer();
        self.checkpoint.load_partition(PARTITION, &mut reducer).unwrap();
        reducer
    }

    /// Folds a batch and returns its end.
    fn fold_batch(
        &self,
        step: &Step,
        reducer: &mut PartitionReducer,
        completed: &mut SessionBatch,
    ) -> BatchEnd {
        let fold = self.fold();
        let Step::Batch { events, evicts, delay_us } = step else {
            let advance =
                if let Step::Stated(us) = step { Advance::Stated(time(*us)) } else { Advance::Finalize };
            return fold.batch_end(advance, None);
        };
        let accepted = |&&(_, us): &&(u8, i64)| !fold.event_time().is_late(time(us));
        let events: Events = events.iter().filter(accepted).copied().collect();
        let latest = events.iter().map(|&(_, us)| time(us)).max();
        let end = fold.batch_end(Advance::Delay(*delay_us), latest);
        let (first, second) = events.split_at(events.len() / 2);
        let horizon = end.event_time.watermark;
        take(reducer, first, horizon, completed);
        // What corrects does not stream.
        let streams = fold.rules().allowed_lateness_us().is_none();
        if let Some(&(_, us)) = first.last().filter(|_| *evicts && streams) {
            let safe = Watermark::at(time(us)).min(horizon);
            reducer.advance(safe, safe, completed).unwrap();
        }
        take(reducer, second, horizon, completed);
        end
    }

    fn run(&mut self, step: &Step) -> Seen {
        let mut completed = SessionBatch::default();
        let (staged, open, event_time) = if let Step::Rollback(back) = step {
            let head = self.heads[self.heads.len() - 1 - usize::from(*back)].clone();
            let (staged, open) = self.checkpoint.copy_state(&head, |_| false).unwrap();
            (staged, open, head.event_time())
        } else {
            let mut reducer = self.load();
            let end = self.fold_batch(step, &mut reducer, &mut completed);
            reducer.finish(end, &mut completed).unwrap();
            let encoded = if self.writes_whole {
                reducer.encode()
            } else {
                self.checkpoint.encode_partition(PARTITION, &mut reducer, &self.definition).unwrap()
            };
            let mut writer = self.checkpoint.stage_state().unwrap();
            writer.put(PARTITION, &encoded).unwrap();
            (writer.finish().unwrap(), encoded.open, end.event_time)
        };
        let run = self.checkpoint.head().map_or(RunId::new(1), |head| head.run.next());
        let generation = staged.generation;
        let head = Head {
            watermark: event_time.watermark,
            latest: event_time.latest,
            accepts_from: event_time.accepts_from,
            definition: self.definition.clone(),
            ..head_of(run, staged, open)
        };
        self.heads.push(head.clone());
        let entry = RunEntry {
            kind: RunKind::Batch,
            as_of: time(0),
            files: Vec::new(),
            counts: Counts::default(),
            head,
        };
        self.checkpoint.commit(&entry).unwrap();
        self.checkpoint.drop_generations_before((generation + 1).saturating_sub(KEPT.into())).unwrap();
        let changes = self.checkpoint.list.layers(PARTITION).changes.len();
        self.most_changes = self.most_changes.max(changes);
        Seen { completed: format!("{completed:?}"), open, state: rows::write(&mut self.load()) }
    }

    /// Every state that is kept is whole.
    fn expect_sound(&self) {
        for head in self.heads.iter().rev().take(KEPT.into()) {
            let audit = self.checkpoint.audit_state(head).unwrap();
            assert_eq!(audit.findings, Vec::<String>::new());
        }
    }

    fn bytes_written_by_last_run(&self) -> u64 {
        let generation = self.checkpoint.head().unwrap().generation;
        let chunks = self.checkpoint.list.of_partition(PARTITION).iter();
        chunks.filter(|chunk| chunk.generation == generation).map(|chunk| u64::from(chunk.bytes)).sum()
    }
}

/// The steps of a job: after a first batch with an event of each key, what `chosen` says, each some time after the one before.
fn steps(chosen: Vec<Chosen>) -> Vec<Step> {
    let first = (0..KEYS).map(|key| (key, i64::from(key))).collect();
    let mut steps = vec![Step::Batch { events: first, evicts: false, delay_us: 50 }];
    let mut now = i64::from(KEYS);
    for (kind, mut events, further) in chosen {
        for (_, us) in &mut events {
            *us += now;
        }
        events.sort_by_key(|&(_, us)| us);
        now += further;
        steps.push(match kind {
            0 => Step::Finalize,
            1 => Step::Stated(now),
            2 => {
                Step::Rollback(u8::try_from(further).unwrap() % u8::try_from(steps.len()).unwrap().min(KEPT))
            }
            _ => Step::Batch { events, evicts: kind % 2 == 0, delay_us: i64::from(kind) * 20 },
        });
    }
    steps
}

fn expect_same(rules: &[(&str, &str)], chosen: Vec<Chosen>) {
    let definition = definition(rules);
    let (mut job, mut twin) = (Job::new(definition.clone(), false), Job::new(definition, true));
    for (number, step) in steps(chosen).iter().enumerate() {
        let (seen, expected) = (job.run(step), twin.run(step));
        assert_eq!(seen, expected, "after step {number}, {step:?}");
        if number % 4 == 0 {
            job.expect_sound();
        }
    }
    job.expect_sound();
    assert_eq!(twin.most_changes, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_base_with_changes_is_the_whole_state(
        rules in prop::sample::select(&[PLAIN, RULED, ORDERED, CORRECTED][..]),
        chosen in vec((0_u8..24, prop_oneof![
            4 => vec((0..KEYS, 0_i64..200), 0..25),
            1 => vec((0..KEYS, 0_i64..2_000), 0..500),
        ], 0_i64..220), 1..14),
    ) {
        expect_same(rules, chosen);
    }
}

/// Ten keys are evicted half-way, before one of them comes again: their states go, and that one is a new key.
#[test]
fn keys_that_a_fold_evicts_are_among_the_changes() {
    let first = (0..KEYS).map(|key| (key, i64::from(key))).collect();
    // Half of the events, as many as keys, lie before the eviction, which those before 10 have passed by the gap.
    let busy = |us: i64| (0..KEYS).map(move |n| (200 + n % 10, us));
    let again = [(3, 1_012)];
    let second = busy(1_010).chain(again).chain(busy(1_014)).collect();
    let (mut job, mut twin) = (Job::new(definition(PLAIN), false), Job::new(definition(PLAIN), true));
    for events in [first, second] {
        let step = Step::Batch { events, evicts: true, delay_us: 0 };
        assert_eq!(job.run(&step), twin.run(&step));
    }
    // At its end, the watermark has passed 14 sessions, one of whose keys has come again.
    assert_eq!(job.heads[1].keys_open, u64::from(KEYS) - 13);
    assert_eq!(job.most_changes, 1);
    job.expect_sound();
}

/// A few events in each run: a long way by changes alone, then a new base.
#[test]
fn a_run_writes_what_has_changed_until_a_quarter_of_the_base_has() {
    for rules in [PLAIN, RULED, ORDERED, CORRECTED] {
        let mut job = Job::new(definition(rules), false);
        let few = |run: u8| (4, (0..5).map(|key| ((run * 5 + key) % KEYS, 3)).collect(), 5);
        let chosen: Vec<_> = (0..50).map(few).collect();
        let mut written = Vec::new();
        for step in steps(chosen) {
            job.run(&step);
            written.push(job.bytes_written_by_last_run());
            let (base, changes) = job.checkpoint.list.layers(PARTITION).bytes();
            assert!(changes <= base / 4, "{rules:?}: {changes} of {base}");
        }
        let base = written[0];
        let bases = written.iter().filter(|&&bytes| bytes > base / 2).count();
        assert!((2..20).contains(&bases), "{rules:?}: {bases} bases in {written:?}");
        // With five keys changed of 220, and those of the runs before up to a chunk.
        assert!(written[1] < base / 20, "{rules:?}: {written:?}");
        // They are shorter than a chunk, so they are one, however many runs they are of.
        assert_eq!(job.most_changes, 1);
    }
}

/// A part of the list is lost, and with it the names of some chunks: what may have changed since is not passed off as the newest.
#[test]
fn of_changes_whose_names_are_lost_no_older_state_comes_up() {
    let mut job = Job::new(definition(PLAIN), false);
    let few = |key: u8| (4, vec![(key, 3)], 5);
    for step in steps((0..5).map(few).collect()) {
        job.run(&step);
    }
    let head = job.heads.last().unwrap();
    let keys_in = |list: &StateList| {
        let (mut keys, mut losses) = (0, Vec::new());
        let visit = |_: OpenRow<'_>| {
            keys += 1;
            Ok(())
        };
        let lost = |error: Error| {
            losses.push(error.to_string());
            Ok(())
        };
        StateReader::new(&job.checkpoint, list, head).visit(PARTITION, visit, lost).unwrap();
        (keys, losses.len())
    };
    let whole = job.checkpoint.list.clone();
    assert_eq!(keys_in(&whole), (KEYS.into(), 0));
    let without_changes = StateList { chunks: whole.layers(PARTITION).base.to_vec() };
    assert_eq!(keys_in(&without_changes), (0, 1));
    let without_base = StateList { chunks: whole.layers(PARTITION).changes.to_vec() };
    assert_eq!(keys_in(&without_base), (5, 0));
    // A chunk that was changes is no base: the head has another digest.
    let mut as_base = whole.clone();
    as_base.chunks.iter_mut().for_each(|chunk| chunk.is_change = false);
    assert_eq!((whole.against(head), as_base.against(head).is_some()), (None, true));
    // Of three chunks of changes, the one in the middle.
    let chunk = |is_change, changes_after| NamedChunk { is_change, changes_after, ..whole.chunks[0] };
    let (base, changes) = (chunk(false, 3), [chunk(true, 2), chunk(true, 1), chunk(true, 0)]);
    let is_gap = |one: &NamedChunk, other: Option<&NamedChunk>| Layers::is_gap(Some(one), other);
    assert!(
        !is_gap(&base, Some(&changes[0]))
            && !is_gap(&changes[0], Some(&changes[1]))
            && !is_gap(&changes[2], None)
    );
    assert!(
        is_gap(&base, Some(&changes[1]))
            && is_gap(&changes[0], Some(&changes[2]))
            && is_gap(&changes[1], None)
    );
}
