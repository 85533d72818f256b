#![expect(clippy::disallowed_methods, reason = "makes and counts files of sled")]

use super::files::remove_unfinished;
use super::guard::is_environment;
use super::parts::PART_BYTES;
use super::{Changes, SledStore, StateStore};
use crate::durable::Disk;
use std::{fs, io};

/// For a full disk nobody needs a backup.
#[test]
fn a_full_disk_and_missing_rights_are_no_damage() {
    let environment = [
        ("EINTR", 4),
        ("EIO", 5),
        ("EAGAIN", 11),
        ("ENOMEM", 12),
        ("EACCES", 13),
        ("ENFILE", 23),
        ("EMFILE", 24),
        ("EFBIG", 27),
        ("ENOSPC", 28),
        ("EROFS", 30),
        ("EDQUOT", 122),
    ];
    for (name, code) in environment {
        assert!(is_environment(&io::Error::from_raw_os_error(code)), "{name}");
    }
    for (name, code) in [("ENOENT", 2), ("EEXIST", 17), ("EINVAL", 22)] {
        assert!(!is_environment(&io::Error::from_raw_os_error(code)), "{name}");
    }
    assert!(!is_environment(&io::Error::new(io::ErrorKind::InvalidData, "a checksum")));
}

/// What would stay could come back under a value of as many parts, and would take room for ever.
#[test]
fn a_long_value_is_removed_with_all_of_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path(), &Disk::default()).unwrap();
    let entries = || store.db.as_ref().unwrap().len();
    for bytes in [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES, 3 * PART_BYTES + 5] {
        store.put(b"a", &vec![7; bytes]).unwrap();
        store.put(b"b", &vec![7; bytes]).unwrap();
        assert_eq!(entries(), 2 * (bytes / PART_BYTES + 1), "{bytes}");
        store.remove(vec![b"a".to_vec(), b"c".to_vec()]).unwrap();
        assert_eq!(entries(), bytes / PART_BYTES + 1, "{bytes}");
        store.commit(Changes { puts: Vec::new(), removals: vec![b"b".to_vec()] }).unwrap();
        assert_eq!(entries(), 0, "{bytes}");
    }
    assert!(format!("{store:?}").contains("SledStore"));
}

/// sled would take half a snapshot for its newest one, and one that was replaced too if its log has gone on.
#[test]
fn what_a_crash_in_the_steps_of_sled_leaves_is_removed_before_it_is_opened() {
    let names =
        ["conf", "lock", "snap.01", "snap.02", "snap.03", "snap.04.generating", "conf.generating", "blobs"];
    // Next to a log that was never begun, nothing of sled counts.
    let unborn = ["blobs", "conf.generating", "lock"];
    let cases = [
        (None, &unborn[..]),
        (Some(""), &["blobs", "conf.generating", "db", "lock"]),
        (Some("begun"), &["blobs", "conf", "conf.generating", "db", "lock", "snap.03"]),
    ];
    for (log, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in names.map(|name| (name, "")).into_iter().chain(log.map(|log| ("db", log))) {
            fs::write(folder.path().join(name), content).unwrap();
        }
        remove_unfinished(folder.path(), &Disk::default()).unwrap();
        let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut left: Vec<_> = left.map(|name| name.to_string_lossy().into_owned()).collect();
        left.sort_unstable();
        assert_eq!(left, expected, "{log:?}");
    }
}

/// After a failed sync nothing is written, when the store is closed neither; of a copy nothing has to stay.
#[test]
fn only_a_sound_store_of_its_own_writes_when_it_is_closed() {
    let written = |copy: bool, refuses: bool, sync_fails: bool| {
        let folder = tempfile::tempdir().unwrap();
        let (path, disk) = (folder.path(), Disk::default());
        let store =
            if copy { SledStore::open_copy(path, path) } else { SledStore::open(path, &disk) }.unwrap();
        store.put(b"a", b"of which nothing is flushed").unwrap();
        store.refuses.store(refuses, std::sync::atomic::Ordering::Relaxed);
        if sync_fails {
            disk.sync_file(&fs::File::open("/dev/null").unwrap()).unwrap_err();
        }
        let before = fs::read(path.join("db")).unwrap();
        drop(store);
        fs::read(path.join("db")).unwrap() != before
    };
    assert!(written(false, false, false));
    assert!(!written(true, false, false), "a copy");
    assert!(!written(false, true, false), "a write has failed");
    assert!(!written(false, false, true), "a sync of the command has failed");
}
