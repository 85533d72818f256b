//! Whatever a store does, and however two deliveries meet in it, readers find each session of the active runs once.
#![allow(clippy::disallowed_methods, reason = "writes an output folder, and races on threads")]

use super::follower::Files;
use super::identity::target_id;
use super::memory::{Call, Fault, Memory};
use super::store::Store;
use crate::core::aggregates::Kind;
use crate::deliver::follower::{Follower, Request};
use crate::deliver::log::{manifests_after, steps};
use crate::durable::Disk;
use crate::error::{ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use crate::output::{Column, Manifest, ManifestFile, Output, OutputKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_128;

/// An output folder with a few runs, and the sessions that its active runs have.
struct Outputs {
    folder: TempDir,
    stream: StreamId,
    runs: Vec<(u64, Vec<&'static str>)>,
    newest: u64,
}

impl Outputs {
    fn new(stream: u8) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        Self { folder, stream: StreamId::of_random([stream; 16]), runs: Vec::new(), newest: 0 }
    }

    /// Some runs, with a correction and a rollback among them.
    fn history() -> Self {
        let mut outputs = Self::new(7);
        outputs.run(&["insert,a", "insert,b"]);
        outputs.run(&["retract,a", "insert,c"]);
        outputs.run(&["insert,d"]);
        outputs.roll_back(1);
        outputs.run(&["retract,b", "insert,e"]);
        outputs
    }

    fn run(&mut self, rows: &[&'static str]) {
        self.publish(rows, None);
        self.runs.push((self.newest, rows.to_vec()));
    }

    fn roll_back(&mut self, to: u64) {
        self.publish(&[], Some(to));
        self.runs.retain(|(run, _)| *run <= to);
    }

    fn publish(&mut self, rows: &[&str], back_to: Option<u64>) {
        self.newest += 1;
        let run = RunId::new(self.newest);
        let mut files = Vec::new();
        if !rows.is_empty() {
            let content = format!("op,session_id\n{}\n", rows.join("\n"));
            let path = format!("sessions/{run}.csv");
            self.write(&path, content.as_bytes());
            let digest = format!("{:032x}", xxh3_128(content.as_bytes()));
            files.push(ManifestFile { path, rows: rows.len() as u64, bytes: content.len() as u64, digest });
        }
        let mark = HeadMark { run, digest: u128::from(self.newest) };
        let mut manifest = Manifest::new(self.stream, mark, self.newest, files)
            .following(Some(RunId::new(self.newest - 1)))
            .rolling_back_to(back_to.map(RunId::new));
        let column = |name: &str| Column { name: name.into(), kind: Kind::Text, required: true };
        manifest.describe(OutputKind::Sessions, vec![column("op"), column("session_id")]);
        self.write(&format!("manifests/{run}.json"), &manifest.to_bytes());
    }

    fn write(&self, path: &str, content: &[u8]) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// A follower of this stream.
    fn follower(&self, store: Memory) -> Result<Files> {
        let request = Request { address: "", name: "files", stream: self.stream, disk: Disk::default() };
        Files::open(Box::new(store), "memory".to_owned(), &request)
    }

    /// As a delivery does it.
    fn deliver(&self, store: Memory) -> Result<()> {
        let mut follower = self.follower(store)?;
        let output = Output::at(self.folder.path().to_owned(), Disk::default());
        loop {
            let mut position = follower.position()?;
            let manifests = manifests_after(&output, self.stream, position.mark)?;
            if manifests.is_empty() {
                return Ok(());
            }
            for next in steps(&manifests) {
                let step = next.open(&output)?;
                let mark = step.mark;
                if !follower.apply(position.mark, step)? {
                    break;
                }
                position.mark = mark;
            }
        }
    }

    fn published(&self) -> BTreeSet<&str> {
        sessions(self.runs.iter().flat_map(|(_, rows)| rows.iter().copied()))
    }

    /// A target that everything was delivered to.
    fn delivered(&self) -> Memory {
        let store = Memory::default();
        self.deliver(store.clone()).unwrap();
        store
    }

    #[track_caller]
    fn expect_delivered(&self, store: &Memory) {
        let entries = entries(store, self.stream);
        let runs: Vec<u64> = entries.iter().map(|entry| entry["run"].as_u64().unwrap()).collect();
        assert!(runs.is_sorted_by(|one, other| one < other), "{runs:?}");
        assert_eq!(runs.last().copied().unwrap_or(0), self.newest);
        let contents = store.contents();
        let rows = current(&entries).into_iter().flat_map(|entry| entry["files"].as_array().unwrap());
        let text =
            rows.map(|file| String::from_utf8(contents[file["path"].as_str().unwrap()].clone()).unwrap());
        let text = text.collect::<Vec<_>>();
        assert_eq!(sessions(text.iter().flat_map(|text| text.lines().skip(1))), self.published());
    }

    /// As many files as the manifests name, after a cleaning.
    #[track_caller]
    fn expect_clean(&self, store: &Memory) {
        self.follower(store.clone()).unwrap().clean().unwrap();
        let named: BTreeSet<String> = entries(store, self.stream)
            .iter()
            .flat_map(|entry| entry["files"].as_array().unwrap().clone())
            .map(|file| file["path"].as_str().unwrap().to_owned())
            .collect();
        let there = store.clone().list(&format!("runs/{}", self.stream)).unwrap().into_iter().collect();
        assert_eq!(named, there);
    }
}

/// What inserts and retractions leave.
#[track_caller]
fn sessions<'r>(rows: impl Iterator<Item = &'r str>) -> BTreeSet<&'r str> {
    let mut found = BTreeSet::new();
    for row in rows {
        match row.split_once(',').unwrap() {
            ("insert", id) => assert!(found.insert(id), "{id} is there already"),
            (_, id) => assert!(found.remove(id), "{id} is retracted and was not there"),
        }
    }
    found
}

/// The manifests of a stream in their order, as any reader parses them.
fn entries(store: &Memory, stream: StreamId) -> Vec<serde_json::Value> {
    let begin = format!("_streams/{stream}/");
    let contents = store.contents();
    let of_stream = contents.iter().filter(|(name, _)| name.starts_with(&begin));
    let found: Vec<serde_json::Value> =
        of_stream.map(|(_, content)| serde_json::from_slice(content).unwrap()).collect();
    for (number, entry) in (1_u64..).zip(&found) {
        assert_eq!(entry["number"], number);
    }
    found
}

/// The rule of `docs/format.md`.
fn current(entries: &[serde_json::Value]) -> Vec<&serde_json::Value> {
    let takes_back = |later: &serde_json::Value, entry: &serde_json::Value| {
        later["number"].as_u64() > entry["number"].as_u64()
            && later["rolled_back_to"].as_u64().is_some_and(|to| to < entry["run"].as_u64().unwrap())
    };
    entries.iter().filter(|entry| !entries.iter().any(|later| takes_back(later, entry))).collect()
}

/// A plan that decides by the number of the call.
fn by_number(
    decide: impl Fn(usize, Call) -> Fault + Send + Sync + 'static,
) -> impl Fn(Call) -> Fault + Send + Sync {
    let count = AtomicUsize::new(0);
    move |call| decide(count.fetch_add(1, Ordering::SeqCst), call)
}

fn calls_of(outputs: &Outputs) -> usize {
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    let plan = move |_| {
        counting.fetch_add(1, Ordering::SeqCst);
        Fault::None
    };
    outputs.deliver(Memory::default().with(plan)).unwrap();
    count.load(Ordering::SeqCst)
}

#[test]
fn everything_is_delivered_once_and_a_second_delivery_changes_nothing() {
    let outputs = Outputs::history();
    let store = outputs.delivered();
    outputs.expect_delivered(&store);
    let before = store.contents().clone();
    outputs.deliver(store.clone()).unwrap();
    assert_eq!(*store.contents(), before);
    outputs.expect_clean(&store);
    assert_eq!(*store.contents(), before);
}

#[test]
fn any_call_may_fail_or_be_done_without_an_answer() {
    let outputs = Outputs::history();
    for call in 0..calls_of(&outputs) {
        for fault in [Fault::Refused, Fault::Lost, Fault::Conflict, Fault::Stale] {
            let store = Memory::default();
            let plan = by_number(move |number, kind| match (fault, kind) {
                _ if number != call => Fault::None,
                (Fault::Conflict, Call::Put)
                | (Fault::Stale, Call::List)
                | (Fault::Refused | Fault::Lost, _) => fault,
                _ => Fault::None,
            });
            // It may go on or end: the next one finds out.
            let _ = outputs.deliver(store.with(plan));
            outputs.deliver(store.clone()).unwrap();
            outputs.expect_delivered(&store);
            outputs.expect_clean(&store);
        }
    }
}

#[test]
fn a_delivery_may_end_before_or_after_any_call() {
    let outputs = Outputs::history();
    for call in 0..calls_of(&outputs) {
        for last in [Fault::Refused, Fault::Lost] {
            let store = Memory::default();
            let plan = by_number(move |number, _| match number {
                number if number < call => Fault::None,
                number if number == call => last,
                _ => Fault::Refused,
            });
            // What comes last is only cleaning.
            let _ = outputs.deliver(store.with(plan));
            outputs.deliver(store.clone()).unwrap();
            outputs.expect_delivered(&store);
            // Without an explicit cleaning too: the next delivery has removed what was left.
            let before = store.contents().len();
            outputs.expect_clean(&store);
            assert_eq!(store.contents().len(), before, "{last:?} at call {call}");
        }
    }
}

/// Lets two take turns in an order.
struct Turns {
    order: Vec<usize>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: usize,
    at_work: Option<usize>,
    is_done: [bool; 2],
}

impl Turns {
    fn wait(&self, racer: usize) {
        let mut state = self.state.lock().unwrap();
        Self::release(&mut state, racer);
        self.changed.notify_all();
        let may = |state: &State| {
            state.at_work.is_none()
                && self.order.get(state.next).is_none_or(|next| *next == racer || state.is_done[1 - racer])
        };
        while !may(&state) {
            state = self.changed.wait(state).unwrap();
        }
        state.next += 1;
        state.at_work = Some(racer);
    }

    fn end(&self, racer: usize) {
        let mut state = self.state.lock().unwrap();
        Self::release(&mut state, racer);
        state.is_done[racer] = true;
        self.changed.notify_all();
    }

    fn release(state: &mut State, racer: usize) {
        if state.at_work == Some(racer) {
            state.at_work = None;
        }
    }
}

/// All orders of so many turns of two.
fn orders(turns: u32) -> impl Iterator<Item = Vec<usize>> {
    (0..1_u32 << (2 * turns))
        .filter(move |order| order.count_ones() == turns)
        .map(move |order| (0..2 * turns).map(|turn| (order >> turn & 1) as usize).collect())
}

#[test]
fn two_at_once_deliver_each_run_once_whoever_is_faster_where() {
    let mut outputs = Outputs::new(7);
    outputs.run(&["insert,a"]);
    let empty = Memory::default();
    // Which target it is has been settled.
    target_id(&mut empty.clone()).unwrap();
    for order in orders(6) {
        let store = Memory::default();
        store.contents().clone_from(&empty.contents());
        let turns =
            Arc::new(Turns { order: order.clone(), state: Mutex::default(), changed: Condvar::new() });
        std::thread::scope(|scope| {
            for racer in 0..2 {
                let (turns, store, outputs) = (Arc::clone(&turns), store.clone(), &outputs);
                scope.spawn(move || {
                    let waiting = Arc::clone(&turns);
                    // The first two calls look which target it is.
                    let plan = by_number(move |number, _| {
                        if number >= 2 {
                            waiting.wait(racer);
                        }
                        Fault::None
                    });
                    let delivered = outputs.deliver(store.with(plan));
                    turns.end(racer);
                    delivered.unwrap();
                });
            }
        });
        outputs.expect_delivered(&store);
        assert_eq!(entries(&store, outputs.stream).len(), 1, "{order:?}");
        // Whoever was slower has removed what it had sent.
        let files = store.contents().len();
        outputs.expect_clean(&store);
        assert_eq!(store.contents().len(), files, "{order:?}");
    }
}

#[test]
fn an_older_copy_of_the_target_is_refilled() {
    let mut outputs = Outputs::new(7);
    outputs.run(&["insert,a"]);
    let store = outputs.delivered();
    let older = store.contents().clone();
    outputs.run(&["retract,a", "insert,b"]);
    outputs.deliver(store.clone()).unwrap();
    // Only the manifests are older: the data files of what is no longer there are in the way of nobody.
    store.contents().retain(|name, _| older.contains_key(name) || name.starts_with("runs/"));
    outputs.run(&["insert,c"]);
    outputs.deliver(store.clone()).unwrap();
    outputs.expect_delivered(&store);
    outputs.expect_clean(&store);
}

#[test]
fn a_manifest_that_was_removed_is_put_back() {
    let outputs = Outputs::history();
    let store = outputs.delivered();
    let names = store.clone().list("_streams/").unwrap();
    for name in names {
        let kept = store.contents().remove(&name).unwrap();
        outputs.deliver(store.clone()).unwrap();
        let is_back = store.contents().contains_key(&name);
        store.contents().entry(name.clone()).or_insert(kept);
        outputs.expect_delivered(&store);
        // Nothing asks for the second one while there is a third.
        assert_eq!(is_back, !name.ends_with("2.json"), "{name}");
    }
}

#[test]
fn two_streams_have_one_target() {
    let (one, mut other) = (Outputs::history(), Outputs::new(8));
    other.run(&["insert,a", "insert,z"]);
    let store = one.delivered();
    other.deliver(store.clone()).unwrap();
    for outputs in [&one, &other] {
        outputs.expect_delivered(&store);
        outputs.expect_clean(&store);
    }
}

#[test]
fn a_store_that_replaces_what_is_there_is_refused() {
    /// One that has never heard of conditions.
    struct Careless(BTreeMap<String, Vec<u8>>);
    impl Store for Careless {
        fn shown(&self, name: &str) -> String {
            name.to_owned()
        }
        fn put_new(&mut self, name: &str, content: &[u8]) -> Result<bool> {
            self.0.insert(name.to_owned(), content.to_vec());
            Ok(true)
        }
        fn get(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
            Ok(self.0.get(name).cloned())
        }
        fn upload(&mut self, _: &str, _: &mut dyn std::io::Read, _: u64) -> Result<()> {
            unreachable!("nothing is sent there")
        }
        fn list(&mut self, _: &str) -> Result<Vec<String>> {
            unreachable!("nothing is listed there")
        }
        fn remove(&mut self, _: &str) -> Result<()> {
            unreachable!("nothing is removed there")
        }
    }
    let mut careless = Careless(BTreeMap::new());
    for _ in 0..2 {
        let error = target_id(&mut careless).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Delivery);
        assert!(error.to_string().contains("replaces a file"), "{error}");
    }
}

#[test]
fn damage_in_the_target_is_an_error_that_names_its_file() {
    let outputs = Outputs::history();
    let store = outputs.delivered();
    let newest = store.clone().list("_streams/").unwrap().pop().unwrap();
    store.contents().get_mut(&newest).unwrap()[40] ^= 1;
    let error = outputs.deliver(store.clone()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Delivery);
    assert!(error.to_string().contains(&newest), "{error}");
    store.contents().insert("_sessionize.json".to_owned(), b"{}".to_vec());
    let error = outputs.deliver(store).unwrap_err();
    assert!(error.to_string().contains("this is no target of deliveries"), "{error}");
}

#[test]
fn a_store_that_neither_takes_nor_has_a_manifest_ends_the_delivery() {
    let mut outputs = Outputs::new(7);
    outputs.run(&["insert,a"]);
    let store = outputs.delivered();
    outputs.run(&["insert,b"]);
    let puts =
        by_number(|number, call| if call == Call::Put && number > 2 { Fault::Conflict } else { Fault::None });
    let error = outputs.deliver(store.with(puts)).unwrap_err();
    assert!(error.to_string().contains("refuses this manifest"), "{error}");
    outputs.deliver(store.clone()).unwrap();
    outputs.expect_delivered(&store);
}
