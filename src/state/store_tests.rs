//! What every store promises. One that is added gets a [`Kind`] and a test that calls [`expect_promises`].
#![expect(clippy::disallowed_methods, reason = "the files of a store are copied, and taken away from it")]

use super::faulty_tests::{Failure, FaultyStore};
use super::keys;
use super::memory::MemoryStore;
use super::sled::SledStore;
use super::store::{Changes, Entry, MAX_VALUE_BYTES, StateStore, SyncReach};
use crate::durable::Disk;
use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

/// A kind of store.
trait Kind {
    type Store: StateStore;

    /// Whether it can fail at all.
    const CAN_FAIL: bool = true;

    /// An empty one.
    fn begin() -> (Self, Self::Store)
    where
        Self: Sized;

    /// What is found after a crash.
    fn crash(&self, store: Self::Store) -> Self::Store;

    /// From now on no sync succeeds.
    fn break_sync(&self, store: &Self::Store);
}

/// Nothing of it fails, and it ends with the process.
struct Memory;

impl Kind for Memory {
    type Store = MemoryStore;
    const CAN_FAIL: bool = false;

    fn begin() -> (Self, MemoryStore) {
        (Self, MemoryStore::default())
    }

    fn crash(&self, store: MemoryStore) -> MemoryStore {
        store
    }

    fn break_sync(&self, _store: &MemoryStore) {}
}

/// What tests put in the place of a store on a disk.
struct Faulty;

impl Kind for Faulty {
    type Store = FaultyStore;

    fn begin() -> (Self, FaultyStore) {
        (Self, FaultyStore::default())
    }

    fn crash(&self, store: FaultyStore) -> FaultyStore {
        store.after_crash()
    }

    fn break_sync(&self, store: &FaultyStore) {
        store.fail_next(Failure::Sync);
    }
}

/// Its folders: the last one has the store, the others what crashes have left behind.
struct Sled(RefCell<Vec<TempDir>>);

impl Kind for Sled {
    type Store = SledStore;

    fn begin() -> (Self, SledStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SledStore::open(folder.path(), &Disk::default()).unwrap();
        (Self(RefCell::new(vec![folder])), store)
    }

    fn crash(&self, store: SledStore) -> SledStore {
        let after = tempfile::tempdir().unwrap();
        let mut folders = self.0.borrow_mut();
        for entry in fs::read_dir(folders.last().unwrap()).unwrap().map(Result::unwrap) {
            // The file that has taken the place of a broken log is none.
            if entry.path().is_file() {
                let name = entry.file_name().to_string_lossy().replace("db.gone", "db");
                fs::copy(entry.path(), after.path().join(name)).unwrap();
            }
        }
        std::mem::forget(store);
        let opened = SledStore::open(after.path(), &Disk::default()).unwrap();
        folders.push(after);
        opened
    }

    fn break_sync(&self, _store: &SledStore) {
        let folders = self.0.borrow();
        let folder = folders.last().unwrap().path();
        fs::rename(folder.join("db"), folder.join("db.gone")).unwrap();
        // There is no disk below this file: the system itself refuses to sync it.
        symlink("/dev/null", folder.join("db")).unwrap();
    }
}

#[test]
fn sled_is_a_store() {
    expect_promises::<Sled>();
}

#[test]
fn memory_is_a_store() {
    expect_promises::<Memory>();
}

#[test]
fn the_store_of_the_tests_is_a_store() {
    expect_promises::<Faulty>();
}

/// What is committed together fails together: a run whose outputs are not on the disk has no state there either.
#[test]
fn a_failed_sync_of_the_outputs_is_the_last_step_of_their_store_and_of_no_other() {
    let [broken, whole] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [disk, other] = [(); 2].map(|()| Disk::default());
    let store = SledStore::open(broken.path(), &disk).unwrap();
    let other = SledStore::open(whole.path(), &other).unwrap();
    store.commit(Changes { puts: vec![entry("a", "1")], removals: Vec::new() }).unwrap();
    disk.sync_file(&fs::File::open("/dev/null").unwrap()).unwrap_err();
    store.put(b"b", b"").unwrap_err();
    store.commit(Changes { puts: vec![entry("b", "")], removals: Vec::new() }).unwrap_err();
    other.commit(Changes { puts: vec![entry("b", "")], removals: Vec::new() }).unwrap();
    assert_eq!((all(&store), all(&other)), (vec![entry("a", "1")], vec![entry("b", "")]));
}

fn expect_promises<K: Kind>() {
    entries_come_in_the_order_of_their_keys::<K>();
    a_put_replaces_and_a_removal_removes::<K>();
    a_commit_is_whole_and_survives::<K>();
    what_is_synced_survives::<K>();
    if K::CAN_FAIL {
        nothing_is_written_after_a_failed_sync::<K>();
        one_store_that_has_failed_leaves_others_alone::<K>();
    }
}

fn entry(key: &str, value: &str) -> Entry {
    (key.as_bytes().to_vec(), value.as_bytes().to_vec())
}

fn all(store: &dyn StateStore) -> Vec<Entry> {
    store.scan(keys::all()).map(Result::unwrap).collect()
}

fn entries_come_in_the_order_of_their_keys<K: Kind>() {
    let (_kind, store) = K::begin();
    for key in [&b"b"[..], b"a\xff\xff", b"a/", b"a", b"b\x00", b"a/\x00"] {
        store.put(key, key).unwrap();
    }
    let sorted = [&b"a"[..], b"a/", b"a/\x00", b"a\xff\xff", b"b", b"b\x00"];
    assert_eq!(all(&store), sorted.map(|key| (key.to_vec(), key.to_vec())));
    let store: &dyn StateStore = &store;
    assert_eq!(store.keys(keys::below(b"a")).unwrap(), sorted[..4]);
    assert_eq!(store.keys(keys::below(b"a\xff")).unwrap(), [b"a\xff\xff"]);
    assert_eq!(store.keys(b"a/".to_vec()..b"b".to_vec()).unwrap(), sorted[1..4]);
    assert_eq!(store.first_key(keys::below(b"b")).unwrap().as_deref(), Some(&b"b"[..]));
    assert_eq!(store.first_key(keys::below(b"c")).unwrap(), None);
    assert_eq!(store.keys(b"b".to_vec()..b"a".to_vec()).unwrap(), Vec::<Vec<u8>>::new());
}

fn a_put_replaces_and_a_removal_removes<K: Kind>() {
    let (_kind, store) = K::begin();
    let long = vec![7; MAX_VALUE_BYTES];
    store.put(b"a", b"1").unwrap();
    store.put(b"b", b"").unwrap();
    store.put(b"a", &long).unwrap();
    assert_eq!(store.get(b"a").unwrap().as_ref(), Some(&long));
    store.put(b"a", b"short").unwrap();
    assert_eq!(all(&store), [entry("a", "short"), entry("b", "")]);
    store.put(b"a", &long).unwrap();
    assert_eq!(store.get(b"a").unwrap(), Some(long));
    assert_eq!((store.get(b"b").unwrap(), store.get(b"c").unwrap()), (Some(Vec::new()), None));
    store.remove(vec![b"a".to_vec(), b"is not there".to_vec()]).unwrap();
    assert_eq!(all(&store), [entry("b", "")]);
}

fn a_commit_is_whole_and_survives<K: Kind>() {
    let (kind, store) = K::begin();
    store
        .commit(Changes { puts: vec![entry("old", "1"), entry("both", "1")], removals: Vec::new() })
        .unwrap();
    let removals = vec![b"old".to_vec(), b"both".to_vec()];
    store.commit(Changes { puts: vec![entry("new", "2"), entry("both", "2")], removals }).unwrap();
    let expected = [entry("both", "2"), entry("new", "2")];
    assert_eq!(all(&store), expected);
    assert_eq!(all(&kind.crash(store)), expected);
}

fn what_is_synced_survives<K: Kind>() {
    let (kind, store) = K::begin();
    for (key, reach) in [("a", SyncReach::Foundation), ("b", SyncReach::Entries)] {
        store.put(key.as_bytes(), b"").unwrap();
        store.sync(reach).unwrap();
    }
    store.remove(vec![b"a".to_vec()]).unwrap();
    store.sync(SyncReach::Entries).unwrap();
    assert_eq!(all(&kind.crash(store)), [entry("b", "")]);
}

fn nothing_is_written_after_a_failed_sync<K: Kind>() {
    let (kind, store) = K::begin();
    store.commit(Changes { puts: vec![entry("a", "1")], removals: Vec::new() }).unwrap();
    kind.break_sync(&store);
    store.put(b"a", b"2").unwrap();
    store.sync(SyncReach::Entries).unwrap_err();
    store.put(b"b", b"").unwrap_err();
    store.remove(vec![b"a".to_vec()]).unwrap_err();
    store.commit(Changes { puts: vec![entry("b", "")], removals: Vec::new() }).unwrap_err();
    store.sync(SyncReach::Entries).unwrap_err();
    assert_eq!(all(&store), [entry("a", "2")], "reads go on");
    let found = all(&kind.crash(store));
    assert!(found == [entry("a", "1")] || found == [entry("a", "2")], "{found:?}");
}

fn one_store_that_has_failed_leaves_others_alone<K: Kind>() {
    let ((kind, broken), (_other, store)) = (K::begin(), K::begin());
    kind.break_sync(&broken);
    broken.sync(SyncReach::Entries).unwrap_err();
    store.commit(Changes { puts: vec![entry("a", "1")], removals: Vec::new() }).unwrap();
    assert_eq!(all(&store), [entry("a", "1")]);
}
