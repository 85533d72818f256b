//! A store that fails on request, and loses in a crash what was not synced.

use super::checkpoint::Checkpoint;
use super::keys;
use super::memory::MemoryStore;
use super::rows::Stored;
use super::store::{Changes, Entries, StateStore, SyncReach};
use crate::core::event::{Event, Timestamp};
use crate::core::gap::Gap;
use crate::core::partition::KeyHash;
use crate::core::reducer::{Fold, GapReducer};
use crate::core::watermark::Watermark;
use crate::definition::DefinitionRequest;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Counts, Head, RunEntry, RunId, RunKind};
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// A put or a removal: nothing is written.
    Put,
    /// A commit of which nothing is written.
    CommitBefore,
    /// A commit that is on the disk, and still ends in an error.
    CommitAfter,
    /// A sync, and with it a commit: nothing of it has reached the disk.
    Sync,
}

/// A memory store behind a disk. Its clones are one store.
#[derive(Debug, Clone, Default)]
pub(super) struct FaultyStore {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    written: MemoryStore,
    on_disk: Mutex<Changes>,
    next: Mutex<Option<Failure>>,
    refuses: Mutex<bool>,
}

impl FaultyStore {
    /// Lets the next step of this kind fail.
    pub(super) fn fail_next(&self, failure: Failure) {
        *self.inner.next.lock().unwrap() = Some(failure);
    }

    /// What a crash at this moment leaves.
    pub(super) fn after_crash(&self) -> Self {
        let after = Self::default();
        let left = self.inner.on_disk.lock().unwrap().clone();
        after.inner.written.commit(left.clone()).unwrap();
        *after.inner.on_disk.lock().unwrap() = left;
        after
    }

    fn step(&self, failure: Failure) -> Result<()> {
        let mut refuses = self.inner.refuses.lock().unwrap();
        let fails = self.inner.next.lock().unwrap().take_if(|next| *next == failure).is_some();
        *refuses |= fails;
        if *refuses { Err(Error::new(ErrorKind::Failed, "injected")) } else { Ok(()) }
    }
}

impl StateStore for FaultyStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.inner.written.get(key)
    }

    fn scan(&self, keys: Range<Vec<u8>>) -> Entries<'_> {
        self.inner.written.scan(keys)
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.step(Failure::Put)?;
        self.inner.written.put(key, value)
    }

    fn remove(&self, keys: Vec<Vec<u8>>) -> Result<()> {
        self.step(Failure::Put)?;
        self.inner.written.remove(keys)
    }

    fn commit(&self, changes: Changes) -> Result<()> {
        self.step(Failure::CommitBefore)?;
        self.inner.written.commit(changes)?;
        self.sync(SyncReach::Entries)?;
        self.step(Failure::CommitAfter)
    }

    fn sync(&self, _reach: SyncReach) -> Result<()> {
        self.step(Failure::Sync)?;
        let puts = self.inner.written.scan(keys::all()).collect::<Result<_>>()?;
        *self.inner.on_disk.lock().unwrap() = Changes { puts, removals: Vec::new() };
        Ok(())
    }
}

fn time(us: u64) -> Timestamp {
    Timestamp::from_us(us.try_into().unwrap()).unwrap()
}

/// Writes and commits the next run: run N leaves one session with N events open. `before_commit` happens between the two.
fn next_run(checkpoint: &mut Checkpoint, before_commit: impl FnOnce()) -> Result<()> {
    let number = checkpoint.head().map_or(0, |head| head.run.number()) + 1;
    let (key, watermark) = (b"key", Watermark::at(time(number)));
    let mut reducer = GapReducer::new(Gap::from_us(5));
    for us in 1..=number {
        let event = Event { key, table_hash: KeyHash::of(key).table(), time: time(us), payload: b"" };
        reducer.take(event, watermark, &mut |_| ()).unwrap();
    }
    let encoded = reducer.encode();
    let mut writer = checkpoint.stage_state()?;
    writer.put(KeyHash::of(key).partition(), &encoded)?;
    let staged = writer.finish()?;
    let head = Head {
        run: RunId::new(number),
        generation: staged.generation,
        chunks: staged.chunks,
        state_digest: staged.digest,
        keys_open: encoded.open.keys,
        sessions_open: encoded.open.sessions,
        events_open: encoded.open.events,
        oldest_open_start: encoded.open.oldest_start,
        watermark,
        latest: watermark.time(),
        accepts_from: watermark,
        definition: DefinitionRequest::default().create(),
        ..Head::before_all()
    };
    before_commit();
    let (kind, counts) = (RunKind::Batch, Counts::default());
    checkpoint.commit(&RunEntry { kind, as_of: time(number), files: Vec::new(), counts, head })
}

fn open(store: &FaultyStore) -> Checkpoint {
    Checkpoint::of_store(Box::new(store.clone()), "memory".into()).unwrap()
}

/// The last run of the checkpoint in `store`, in which everything must fit together.
fn sound_run(store: &FaultyStore) -> u64 {
    let checkpoint = open(store);
    let head = checkpoint.head().unwrap();
    let audit = checkpoint.audit_state(head).unwrap();
    assert_eq!(audit.findings, Vec::<String>::new());
    assert_eq!(audit.open.events, head.run.number());
    assert_eq!(checkpoint.runs().unwrap().len() as u64, head.run.number());
    head.run.number()
}

/// Whatever fails in the second run, what a crash leaves is the whole state of the first run or that of the second, and the
/// same run can be tried again.
#[test]
fn what_a_failure_leaves_is_one_run_or_the_next() {
    // What fails, whether in the commit, and the run that is on the disk then.
    let cases = [
        (Failure::Put, false, 1),
        (Failure::Sync, false, 1),
        (Failure::CommitBefore, true, 1),
        (Failure::Sync, true, 1),
        (Failure::CommitAfter, true, 2),
    ];
    for (failure, in_commit, expected) in cases {
        let store = FaultyStore::default();
        let mut checkpoint = open(&store);
        checkpoint.keep_stream().unwrap();
        next_run(&mut checkpoint, || ()).unwrap();
        if !in_commit {
            store.fail_next(failure);
        }
        next_run(&mut checkpoint, || {
            if in_commit {
                store.fail_next(failure);
            }
        })
        .unwrap_err();
        next_run(&mut checkpoint, || ()).unwrap_err();
        let after = store.after_crash();
        assert_eq!(sound_run(&after), expected, "{failure:?}, in the commit: {in_commit}");
        next_run(&mut open(&after), || ()).unwrap();
        assert_eq!(sound_run(&after.after_crash()), expected + 1);
    }
}
