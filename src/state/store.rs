//! sled, wrapped in what we know of it: real syncs, errors that say what to do.
#![expect(
    clippy::disallowed_methods,
    reason = "sled's own flush is no fsync: its files are opened to sync them; and somebody must wake it when it has failed"
)]

use super::lock::in_use;
use super::{checkpoint_error, threads};
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::Builder;
use std::time::{Duration, Instant};

/// How long a flush may take before something is done about it; most take a few milliseconds.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// What sled calls its files.
const LOG: &str = "db";
const CONFIGURATION: &str = "conf";
const SNAPSHOTS: &str = "snap.";
const UNFINISHED: &str = ".generating";

/// Whether `name` in a state folder is that of a file in which sled keeps something.
pub(super) fn is_file_of_store(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == LOG || name == CONFIGURATION || name.starts_with(SNAPSHOTS) && !name.ends_with(UNFINISHED)
}

/// sled keeps a page in its log only up to a quarter of a segment; larger ones become files that are never removed. It reads
/// two segments and clears the rest of the last one whenever it opens, so they must not be larger than that takes.
const SEGMENT_BYTES: usize = 4 << 20;
const CACHE_BYTES: u64 = 64 << 20;

const WAY_OUT: &str =
    "put back a backup of the state folder together with its output folder, or start a new pair";

/// Who has the log although the lock of the checkpoint was free.
const LOCKLESS: &str = "a process that does not hold its lock";

/// The one tree.
pub(super) struct Store {
    /// `None` only while it is closed.
    db: Option<sled::Db>,
    /// Where it lies, or where what it is a copy of lies.
    folder: PathBuf,
    /// Whether it is a copy, of which nothing is to stay.
    is_copy: bool,
    /// When it was opened.
    bytes_on_disk: u64,
    /// Set by the first failed write: what sled still holds back must then not reach the disk.
    broken: AtomicBool,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let Some(db) = self.db.take() else { return };
        if self.is_copy || self.broken.load(Ordering::Relaxed) || durable::sync_has_failed() {
            // sled writes what it holds, and waits for the disk, when it is dropped. The process is about to end.
            std::mem::forget(db);
        } else {
            // A failure to write here is found by the next open, as after a crash.
            let _ = guard(|| {
                drop(db);
                Ok(())
            });
        }
    }
}

/// How long threads of sled may outlive the process's interest in them.
const LONGEST_FAREWELL: Duration = Duration::from_secs(10);

/// How long that needs no word.
const SILENT_FAREWELL: Duration = Duration::from_secs(1);

/// Waits until no thread of sled holds its file in `folder` any more, here or in a process that is about to end: sled lets
/// go of it some time after the last use of a store. Whoever calls holds the lock of the checkpoint, so nobody of ours begins;
/// who else has it, such as a program of another version, is at work and has damaged nothing.
fn wait_until_free(folder: &Path) -> Result<()> {
    let start = Instant::now();
    let mut said = false;
    while is_taken(folder) {
        if start.elapsed() > LONGEST_FAREWELL {
            return Err(in_use(folder, LOCKLESS));
        }
        if !said && start.elapsed() > SILENT_FAREWELL {
            let folder = folder.display();
            log::warn!("{folder}: waiting up to ten seconds for a command that is about to end");
            said = true;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Whether a store has the log in `folder`.
fn is_taken(folder: &Path) -> bool {
    let log = File::open(folder.join(LOG)).map(|log| log.try_lock());
    matches!(log, Ok(Err(TryLockError::WouldBlock)))
}

impl Store {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        wait_until_free(folder)?;
        let failed = |error: &io::Error| Error::io(ErrorKind::Failed, "open the checkpoint", folder, error);
        Self::open_in(folder, folder, failed)
    }

    /// Opens a copy of the store in `folder`, which nobody else knows. Where it holds no blobs the copy is read through what
    /// is open from here on: its names may be removed.
    pub(super) fn open_copy(copy: &Path, folder: &Path) -> Result<Self> {
        let mut store = Self::open_in(copy, folder, |error| super::copy::unwritable(copy, error))?;
        store.is_copy = true;
        Ok(store)
    }

    fn open_in(place: &Path, folder: &Path, failed: impl Fn(&io::Error) -> Error) -> Result<Self> {
        threads::try_out().map_err(|error| Error::threads(threads::NEEDED, &error))?;
        remove_unfinished(place).map_err(|error| failed(&error))?;
        let opened = guard(|| {
            let db = sled::Config::new()
                .path(place)
                .segment_size(SEGMENT_BYTES)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .open()?;
            Ok((db.size_on_disk()?, db))
        });
        match opened {
            Ok((bytes_on_disk, db)) => Ok(Self {
                db: Some(db),
                folder: folder.to_owned(),
                is_copy: false,
                bytes_on_disk,
                broken: AtomicBool::new(false),
            }),
            Err(sled::Error::Io(error)) if is_environment(&error) => Err(failed(&error)),
            Err(_) if is_taken(place) => Err(in_use(folder, LOCKLESS)),
            Err(error) => {
                Err(checkpoint_error(folder, format!("the checkpoint does not open: {error}"), WAY_OUT))
            }
        }
    }

    /// Whether every key begins with one of `prefixes`; an empty store has no other keys either.
    pub(super) fn holds_only(&self, prefixes: &[&[u8]]) -> Result<bool> {
        let is_other = |key: &sled::IVec| !prefixes.iter().any(|prefix| key.starts_with(prefix));
        let other =
            self.call(|db| db.iter().keys().find(|key| key.as_ref().map_or(true, is_other)).transpose());
        other.map(|other| other.is_none()).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>> {
        self.call(|db| db.get(key)).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn scan(
        &self,
        prefix: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut entries =
            self.call(|db| Ok(db.scan_prefix(prefix))).map_err(|error| self.unreadable(&error))?;
        loop {
            match guard(|| entries.next().transpose()) {
                Ok(None) => return Ok(()),
                Ok(Some((key, value))) => visit(&key, &value)?,
                Err(error) => return Err(self.unreadable(&error)),
            }
        }
    }

    /// The first key from `from` on and before `to`.
    pub(super) fn first_key(&self, from: &[u8], to: &[u8]) -> Result<Option<sled::IVec>> {
        let first = self.call(|db| db.range(from..to).keys().next().transpose());
        first.map_err(|error| self.unreadable(&error))
    }

    /// The last key from `from` on and before `to`.
    pub(super) fn last_key(&self, from: &[u8], to: &[u8]) -> Result<Option<sled::IVec>> {
        let last = self.call(|db| db.range(from..to).keys().next_back().transpose());
        last.map_err(|error| self.unreadable(&error))
    }

    pub(super) fn any_with_prefix(&self, prefix: &[u8]) -> Result<bool> {
        let first = self.call(|db| db.scan_prefix(prefix).next().transpose());
        first.map(|entry| entry.is_some()).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn insert(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.step("write state")?;
        self.write(|db| db.insert(key, value).map(|_| ()))
    }

    pub(super) fn write_together(
        &self,
        writes: Vec<(Vec<u8>, Vec<u8>)>,
        removals: Vec<Vec<u8>>,
    ) -> Result<()> {
        let mut batch = sled::Batch::default();
        for key in removals {
            batch.remove(key);
        }
        for (key, value) in writes {
            batch.insert(key, value);
        }
        self.step("commit")?;
        self.write(|db| db.apply_batch(batch))?;
        self.sync()
    }

    pub(super) fn remove_prefix(&self, prefix: &[u8]) -> Result<()> {
        self.remove_with_prefix(Vec::new(), prefix)
    }

    /// Removes `keys` and everything below `prefix`, all of it or, after a crash, nothing.
    pub(super) fn remove_with_prefix(&self, keys: Vec<Vec<u8>>, prefix: &[u8]) -> Result<()> {
        let below: Vec<_> = self
            .call(|db| db.scan_prefix(prefix).keys().collect::<sled::Result<_>>())
            .map_err(|error| self.unreadable(&error))?;
        if keys.is_empty() && below.is_empty() {
            return Ok(());
        }
        let mut batch = sled::Batch::default();
        for key in keys.into_iter().map(sled::IVec::from).chain(below) {
            batch.remove(key);
        }
        self.step("remove state")?;
        self.write(|db| db.apply_batch(batch))
    }

    /// Brings everything to the disk. sled's flush ends in `sync_file_range`, which does not: the files are synced here.
    pub(super) fn sync(&self) -> Result<()> {
        let mut flushed = Ok(());
        let synced = durable::sync("flush", || {
            flushed = self.write(flush);
            flushed.as_ref().map_err(|error| io::Error::other(error.to_string())).copied()
        });
        flushed?;
        let log = self.folder.join(LOG);
        synced
            .and_then(|()| durable::sync_file(&File::open(&log)?))
            .and_then(|()| durable::sync_folder(&self.folder))
            .map_err(|error| self.unsynced(&error))
    }

    /// Brings what sled writes once, and the names above the folder, to the disk.
    pub(super) fn sync_foundation(&self) -> Result<()> {
        File::open(self.folder.join(CONFIGURATION))
            .and_then(|file| durable::sync_file(&file))
            .and_then(|()| durable::sync_names_above(&self.folder))
            .map_err(|error| self.unsynced(&error))
    }

    pub(super) const fn bytes_on_disk(&self) -> u64 {
        self.bytes_on_disk
    }

    /// The error for an entry that is there but cannot be trusted.
    pub(super) fn damaged(&self, entry: &str, damage: &str) -> Error {
        checkpoint_error(&self.folder, format!("{entry} of the checkpoint is damaged: {damage}"), WAY_OUT)
    }

    fn unreadable(&self, error: &sled::Error) -> Error {
        checkpoint_error(&self.folder, format!("the checkpoint cannot be read: {error}"), WAY_OUT)
    }

    fn unsynced(&self, error: &io::Error) -> Error {
        Error::io(ErrorKind::Failed, "sync the checkpoint", &self.folder, error)
    }

    /// A call into sled that changes something.
    fn write(&self, work: impl FnOnce(&sled::Db) -> sled::Result<()>) -> Result<()> {
        self.call(work).map_err(|error| {
            self.broken.store(true, Ordering::Relaxed);
            match error {
                sled::Error::Io(error) if is_environment(&error) => {
                    Error::io(ErrorKind::Failed, "write the checkpoint", &self.folder, &error)
                }
                error => self.unreadable(&error),
            }
        })
    }

    fn call<T>(&self, work: impl FnOnce(&sled::Db) -> sled::Result<T>) -> sled::Result<T> {
        match &self.db {
            Some(db) => guard(|| work(db)),
            None => Err(sled::Error::ReportableBug("it is closed".to_owned())),
        }
    }

    fn step(&self, name: &'static str) -> Result<()> {
        durable::step(name)
            .map_err(|error| Error::io(ErrorKind::Failed, "write the checkpoint", &self.folder, &error))
    }
}

/// sled's writing threads do not wake who waits for them when they fail: the disk is full, and `flush` never returns.
/// Another flush finds the error and wakes all.
fn flush(db: &sled::Db) -> sled::Result<()> {
    let (done, waiting) = mpsc::channel::<()>();
    let waker = {
        let db = db.clone();
        Builder::new().spawn(move || {
            let mut pause = FIRST_PAUSE;
            while waiting.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let db = db.clone();
                // Where there is no thread for it now, there may be one after the next pause.
                let _ = Builder::new().spawn(move || guard(|| db.flush()));
                pause *= 2;
            }
        })?
    };
    let flushed = db.flush();
    drop(done);
    // It has nothing to say.
    let _ = waker.join();
    flushed.map(|_| ())
}

/// sled checks some of what it reads by assertions; a damaged file must not look like a crash of ours.
fn guard<T>(work: impl FnOnce() -> sled::Result<T>) -> sled::Result<T> {
    std::panic::catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(sled::Error::ReportableBug("its files contradict themselves".to_owned())))
}

/// Removes what a death in the middle of sled's own steps leaves: a half-written snapshot, which sled would take for the
/// newest one, snapshots that a newer one has replaced, and whatever stands beside a log that was never begun.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    let unborn = fs::metadata(folder.join(LOG)).map_or(0, |log| log.len()) == 0;
    let mut snapshots = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_snapshot = name.starts_with(SNAPSHOTS);
        if is_snapshot && (unborn || name.ends_with(UNFINISHED)) || unborn && name == CONFIGURATION {
            durable::remove_file(&folder.join(&name))?;
        } else if is_snapshot {
            snapshots.push(name);
        }
    }
    // Their names have the place in the log, in digits of a fixed number.
    snapshots.sort_unstable();
    let replaced = snapshots.len().saturating_sub(1);
    snapshots[..replaced].iter().try_for_each(|name| durable::remove_file(&folder.join(name)))
}

/// Whether the surroundings are at fault, not the files.
fn is_environment(error: &io::Error) -> bool {
    use io::ErrorKind as Io;
    /// EIO, ENFILE, EMFILE: they have no kind.
    const NAMELESS: [i32; 3] = [5, 23, 24];
    let kinds = [
        Io::StorageFull,
        Io::QuotaExceeded,
        Io::PermissionDenied,
        Io::ReadOnlyFilesystem,
        Io::OutOfMemory,
        Io::Interrupted,
        Io::FileTooLarge,
        Io::WouldBlock,
    ];
    kinds.contains(&error.kind()) || error.raw_os_error().is_some_and(|code| NAMELESS.contains(&code))
}
