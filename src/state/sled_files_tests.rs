//! The files of a store as commands that only look see them, and what a crash leaves of them.
#![expect(clippy::disallowed_methods, reason = "makes, locks and counts files of a store")]

use super::sled::{SledStore, Stamp};
use super::store::{StateStore, SyncReach};
use crate::durable::Disk;
use crate::error::ErrorKind;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

fn close(store: SledStore) {
    store.sync(SyncReach::Entries).unwrap();
    drop(store);
}

#[test]
fn a_stamp_has_the_files_of_the_store_and_no_others() {
    let files = [("db", "1234"), ("conf", "12"), ("snap.0A", "1"), ("blobs/7", "123")];
    let others = [("lock", "12345"), ("snap.0B.generating", "12345"), ("db.old", "12345")];
    let folder = folder_with(&[&files[..], &others].concat());
    fs::create_dir(folder.path().join("snap.folder")).unwrap();
    let stamp = Stamp::of(folder.path()).unwrap();
    assert_eq!(stamp.sum(), (4, 10));
    assert!(!stamp.is_empty() && stamp.has_blobs());
    for (name, is_one) in
        files.map(|(name, _)| (name, true)).into_iter().chain(others.map(|(name, _)| (name, false)))
    {
        let link = folder.path().join("another name");
        fs::hard_link(folder.path().join(name), &link).unwrap();
        assert_eq!(stamp.has(&fs::metadata(&link).unwrap()), is_one, "{name}");
        fs::remove_file(link).unwrap();
    }
    let to = tempfile::tempdir().unwrap();
    Stamp::of(folder.path()).unwrap().copy(folder.path(), to.path(), || Ok(())).unwrap();
    assert_eq!(names(to.path()), ["blobs", "conf", "db", "snap.0A"].map(str::to_owned).into());
    for (name, content) in files {
        assert_eq!(fs::read_to_string(to.path().join(name)).unwrap(), content);
    }
    fs::write(folder.path().join("conf"), "21").unwrap();
    assert_ne!(Stamp::of(folder.path()).unwrap(), stamp);
}

#[test]
fn of_nothing_there_is_an_empty_stamp_and_of_what_is_no_folder_none() {
    let folder = folder_with(&[("lock", ""), ("file", "")]);
    for empty in [folder.path().to_owned(), folder.path().join("nothing")] {
        let stamp = Stamp::of(&empty).unwrap();
        assert!(stamp.is_empty() && !stamp.has_blobs());
        assert_eq!((stamp.sum(), stamp.until_settled()), ((0, 0), Duration::ZERO));
    }
    let error = Stamp::of(&folder.path().join("file")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().contains("give --state a folder"), "{error}");
    // A file behind a link that leads in circles cannot be looked at: this is no file that is gone.
    let looped = folder.path().join("db");
    std::os::unix::fs::symlink(&looped, &looped).unwrap();
    let error = Stamp::of(folder.path()).unwrap_err();
    assert!(!error.to_string().contains("give --state a folder"), "{error}");
    fs::remove_file(&looped).unwrap();
    std::os::unix::fs::symlink(folder.path().join("gone"), &looped).unwrap();
    assert!(Stamp::of(folder.path()).unwrap().is_empty());
}

/// A write in the same tick of the clock would not show in a later stamp.
#[test]
fn a_stamp_is_settled_when_the_clock_has_ticked_since_the_last_write() {
    let folder = folder_with(&[("db", "1")]);
    let at = |time| File::options().write(true).open(folder.path().join("db")).unwrap().set_modified(time);
    let now = std::time::SystemTime::now();
    let hour = Duration::from_secs(3600);
    let until = || Stamp::of(folder.path()).unwrap().until_settled();
    at(now + hour).unwrap();
    let in_an_hour = until();
    assert!(!in_an_hour.is_zero() && in_an_hour <= Duration::from_secs(2), "the clock was set back");
    // Where the time has no part of a second, the file system may know no other.
    let whole = std::time::UNIX_EPOCH
        + Duration::from_secs((now + hour).duration_since(std::time::UNIX_EPOCH).unwrap().as_secs());
    at(whole).unwrap();
    assert_eq!(until(), Duration::from_secs(2));
    at(whole + Duration::from_millis(1)).unwrap();
    assert!(until() < Duration::from_secs(1));
}

/// sled closes its log some time after the last use of a store.
#[test]
fn an_open_waits_until_the_log_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    close(SledStore::open(folder.path(), &Disk::default()).unwrap());
    let log = File::open(folder.path().join("db")).unwrap();
    log.lock().unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(100));
            drop(log);
        });
        SledStore::open(folder.path(), &Disk::default()).unwrap();
    });
}

/// Nobody is told to restore a backup of what another program only has open.
#[test]
fn a_store_in_use_is_told_from_a_damaged_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), &Disk::default()).unwrap();
    let error = SledStore::open_copy(folder.path(), folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked, "{error}");
    close(store);
    let damaged = folder_with(&[("conf/is", "a folder"), ("db", "a log")]);
    let error = SledStore::open(damaged.path(), &Disk::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Checkpoint, "{error}");
}

/// The configuration is written once: it is synced with the foundation, and not with each commit.
#[test]
fn only_the_foundation_has_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), &Disk::default()).unwrap();
    store.sync(SyncReach::Foundation).unwrap();
    fs::remove_file(folder.path().join("conf")).unwrap();
    store.put(b"a", b"1").unwrap();
    store.sync(SyncReach::Entries).unwrap();
    store.sync(SyncReach::Foundation).unwrap_err();
    store.put(b"a", b"2").unwrap_err();
    assert_eq!(store.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
}
