//! The lock of a folder, and what its note says of the holder (`docs/durability.md`).
#![expect(clippy::disallowed_methods, reason = "prepares folders, and lets threads wait for their locks")]

use super::lock::{FolderLock, Lock, LockHolder};
use crate::core::event::Timestamp;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;
use std::{fs, thread};

/// As long as a test would never wait.
const LONG: Duration = Duration::from_secs(300);

fn take(folder: &Path, process: u32) -> Result<Lock, Error> {
    let since = Timestamp::from_us(0).unwrap();
    Lock::take(folder, &Disk::default(), LockHolder { process, since }, Duration::ZERO)
}

#[test]
fn a_folder_has_one_lock_at_a_time_and_who_waits_gets_it_when_it_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let take = |wait| FolderLock::take(folder.path(), wait).unwrap();
    let first = take(Duration::ZERO).unwrap();
    assert!(take(Duration::ZERO).is_none());
    assert!(take(Duration::from_millis(100)).is_none());
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(50));
            drop(first);
        });
        assert!(take(LONG).is_some());
    });
    let gone = folder.path().join("gone");
    assert_eq!(FolderLock::take(&gone, LONG).unwrap_err().kind(), ErrorKind::Failed);
}

#[test]
fn a_lock_is_on_its_folder_whatever_leads_to_it_and_not_on_what_has_its_name_later() {
    let parent = tempfile::tempdir().unwrap();
    let [state, link, moved] = ["state", "link", "moved"].map(|name| parent.path().join(name));
    let lock = take(&state, 1).unwrap();
    symlink(&state, &link).unwrap();
    assert!(lock.is_on(&state) && lock.is_on(&link));
    assert!(!lock.is_on(parent.path()));
    fs::rename(&state, &moved).unwrap();
    assert!(lock.is_on(&moved) && !lock.is_on(&state), "nothing is there");
    fs::create_dir(&state).unwrap();
    assert!(!lock.is_on(&state));
}

#[test]
fn who_finds_the_lock_taken_is_told_who_has_it_as_far_as_the_note_says() {
    let folder = tempfile::tempdir().unwrap();
    let refusal = || {
        let error = take(folder.path(), 8).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Locked);
        error.to_string()
    };
    let lock = take(folder.path(), 7).unwrap();
    assert!(refusal().contains("in use by process 7 since 1970-01-01T00:00:00Z"), "{}", refusal());
    let note = folder.path().join("lock");
    fs::write(&note, " \n").unwrap();
    assert!(refusal().contains("in use by an unknown process"), "{}", refusal());
    fs::remove_file(&note).unwrap();
    assert!(refusal().contains("in use by an unknown process"), "{}", refusal());
    drop(lock);
    // A longer note of the holder before is gone.
    fs::write(&note, "x".repeat(300)).unwrap();
    let _lock = take(folder.path(), 9).unwrap();
    assert_eq!(fs::read_to_string(&note).unwrap(), "process 9 since 1970-01-01T00:00:00Z\n");
}

#[test]
fn what_stands_in_the_place_of_the_folder_or_of_its_note_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    let [state, file, other] = ["state", "file", "other"].map(|name| parent.path().join(name));
    fs::write(&file, "mine").unwrap();
    let error = take(&file, 1).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().contains("give --state a folder"), "{error}");
    let error = take(&parent.path().join("x".repeat(300)), 1).unwrap_err();
    assert!(!error.to_string().contains("give --state a folder"), "{error}");
    fs::create_dir(&state).unwrap();
    for target in [&file, &other] {
        symlink(target, state.join("lock")).unwrap();
        let error = take(&state, 1).unwrap_err();
        assert!(error.to_string().contains("not a file"), "{error}");
        fs::remove_file(state.join("lock")).unwrap();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert!(!other.exists());
}
