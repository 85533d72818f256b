//! The store on the disk: sled, wrapped. No other module uses sled.
//!
//! sled's `flush` is no fsync, its assertions panic, its long values become files, and it writes when it is dropped.
//! `docs/durability.md` describes what this module does about each of these.

mod copy;
mod files;
mod guard;
#[cfg(test)]
mod guard_tests;
mod limits;
mod parts;
mod threads;

pub use copy::{Stamp, unwritable};

use super::damage::{WAY_OUT, checkpoint_error};
use super::lock::in_use;
use super::store::{Changes, Entries, Entry, StateStore, SyncReach};
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use files::{CONFIGURATION, LOCKLESS, LOG, is_taken, remove_unfinished, wait_until_free};
use guard::{flush, guard, is_environment};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const CACHE_BYTES: u64 = 64 << 20;

/// The one tree of a sled store.
pub(super) struct SledStore {
    /// `None` only while it is closed.
    db: Option<sled::Db>,
    /// Its folder, or the folder of the original.
    folder: PathBuf,
    /// Whether it is a copy, of which nothing stays.
    is_copy: bool,
    disk: Disk,
    /// Set by the first failed write or sync: then what sled still buffers must not reach the disk.
    refuses: AtomicBool,
}

impl std::fmt::Debug for SledStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SledStore").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Drop for SledStore {
    fn drop(&mut self) {
        let Some(db) = self.db.take() else { return };
        if self.is_copy || self.refuses.load(Ordering::Relaxed) || self.disk.sync_has_failed() {
            // When it is dropped, sled writes its buffers and waits for the disk. The command is about to end.
            std::mem::forget(db);
        } else {
            // The next open finds a failed write here, as after a crash.
            let _ = guard(|| {
                drop(db);
                Ok(())
            });
        }
    }
}

impl SledStore {
    /// Opens the store in `folder`, which must exist, or begins one.
    pub(super) fn open(folder: &Path, disk: &Disk) -> Result<Self> {
        wait_until_free(folder)?;
        let failed = |error: &io::Error| Error::io(ErrorKind::Failed, "open the checkpoint", folder, error);
        Self::open_in(folder, folder, disk, failed)
    }

    /// Opens a copy of the store in `folder`, which nobody else knows. If it has no blobs, the copy is read only through files
    /// that are already open, so its names may be removed.
    pub(super) fn open_copy(copy: &Path, folder: &Path) -> Result<Self> {
        let mut store = Self::open_in(copy, folder, &Disk::default(), |error| unwritable(copy, error))?;
        store.is_copy = true;
        Ok(store)
    }

    fn open_in(
        place: &Path,
        folder: &Path,
        disk: &Disk,
        failed: impl Fn(&io::Error) -> Error,
    ) -> Result<Self> {
        threads::try_out().map_err(|error| Error::threads(threads::NEEDED, &error))?;
        remove_unfinished(place, disk).map_err(|error| failed(&error))?;
        let opened = guard(|| {
            sled::Config::new()
                .path(place)
                .segment_size(parts::SEGMENT_BYTES)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .open()
        });
        match opened {
            Ok(db) => Ok(Self {
                db: Some(db),
                folder: folder.to_owned(),
                is_copy: false,
                disk: disk.clone(),
                refuses: AtomicBool::new(false),
            }),
            Err(sled::Error::Io(error)) if is_environment(&error) => Err(failed(&error)),
            Err(_) if is_taken(place) => Err(in_use(folder, LOCKLESS)),
            Err(error) => {
                Err(checkpoint_error(folder, format!("the checkpoint does not open: {error}"), WAY_OUT))
            }
        }
    }

    fn unreadable(&self, error: &sled::Error) -> Error {
        checkpoint_error(&self.folder, format!("the checkpoint cannot be read: {error}"), WAY_OUT)
    }

    /// Syncs the log. sled's flush ends in `sync_file_range`, which does not.
    fn sync_log(&self) -> Result<()> {
        let mut flushed = Ok(());
        let flush = || {
            flushed = self.write(flush);
            flushed.as_ref().map_err(|error| io::Error::other(error.to_string())).copied()
        };
        let synced = self.allowed().and_then(|()| self.disk.sync("flush", flush));
        flushed?;
        self.synced(synced.and_then(|()| self.sync_file(LOG)))
    }

    #[expect(clippy::disallowed_methods, reason = "sled's files are opened to sync them")]
    fn sync_file(&self, name: &str) -> io::Result<()> {
        self.disk.sync_file(&File::open(self.folder.join(name))?)
    }

    fn synced(&self, synced: io::Result<()>) -> Result<()> {
        synced.map_err(|error| {
            self.refuses.store(true, Ordering::Relaxed);
            Error::io(ErrorKind::Failed, "sync the checkpoint", &self.folder, &error)
        })
    }

    /// A call of sled that changes something.
    fn write(&self, work: impl FnOnce(&sled::Db) -> sled::Result<()>) -> Result<()> {
        self.call(work).map_err(|error| {
            self.refuses.store(true, Ordering::Relaxed);
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

    /// A removed value is removed with all of its parts.
    fn batch(&self, changes: Changes) -> Result<sled::Batch> {
        let mut batch = sled::Batch::default();
        for key in changes.removals {
            for number in 0.. {
                let part = parts::key_of(&key, number);
                let found = self.call(|db| db.get(&part)).map_err(|error| self.unreadable(&error))?;
                let is_last = found.is_none_or(|found| found.len() < parts::PART_BYTES);
                batch.remove(part);
                if is_last {
                    break;
                }
            }
        }
        changes.puts.into_iter().flat_map(parts::of).for_each(|(key, part)| batch.insert(key, part));
        Ok(batch)
    }

    /// Announces a durable step. After a failed step, this store does nothing more.
    fn step(&self, name: &'static str) -> Result<()> {
        self.allowed().and_then(|()| self.disk.step(name)).map_err(|error| {
            self.refuses.store(true, Ordering::Relaxed);
            Error::io(ErrorKind::Failed, "write the checkpoint", &self.folder, &error)
        })
    }

    fn allowed(&self) -> io::Result<()> {
        if self.refuses.load(Ordering::Relaxed) {
            return Err(io::Error::other("a sync has failed before, nothing more is written"));
        }
        Ok(())
    }
}

impl StateStore for SledStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let part = |number| self.call(|db| db.get(parts::key_of(key, number)));
        let first = part(0).map_err(|error| self.unreadable(&error))?;
        let whole = first.map(|first| parts::joined(&first, part)).transpose();
        whole.map_err(|error| self.unreadable(&error))
    }

    fn scan(&self, keys: Range<Vec<u8>>) -> Entries<'_> {
        match self.call(|db| Ok(db.range(parts::first_parts_in(&keys)))) {
            Ok(entries) => Box::new(SledEntries { store: self, entries: Some(entries) }),
            Err(error) => Box::new(std::iter::once(Err(self.unreadable(&error)))),
        }
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.step("write state")?;
        let mut parts = parts::of((key.to_vec(), value.to_vec()));
        self.write(|db| parts.try_for_each(|(key, part)| db.insert(key, part).map(|_| ())))
    }

    fn remove(&self, keys: Vec<Vec<u8>>) -> Result<()> {
        self.step("remove state")?;
        let batch = self.batch(Changes { removals: keys, ..Changes::default() })?;
        self.write(|db| db.apply_batch(batch))
    }

    fn commit(&self, changes: Changes) -> Result<()> {
        self.step("commit")?;
        let batch = self.batch(changes)?;
        self.write(|db| db.apply_batch(batch))?;
        self.sync_log()
    }

    fn sync(&self, reach: SyncReach) -> Result<()> {
        self.sync_log()?;
        if reach == SyncReach::Entries {
            return Ok(());
        }
        let names =
            || self.disk.sync_folder(&self.folder).and_then(|()| self.disk.sync_names_above(&self.folder));
        self.synced(self.sync_file(CONFIGURATION).and_then(|()| names()))
    }
}

/// Visits a range; nothing follows an error.
struct SledEntries<'s> {
    store: &'s SledStore,
    entries: Option<sled::Iter>,
}

impl Iterator for SledEntries<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Self::Item> {
        let entries = self.entries.as_mut()?;
        let next = guard(|| next_entry(self.store, entries).transpose()).transpose()?;
        let next = next.map_err(|error| self.store.unreadable(&error));
        if next.is_err() {
            self.entries = None;
        }
        Some(next)
    }
}

/// The next value whose first part comes, with its other parts.
fn next_entry(store: &SledStore, entries: &mut sled::Iter) -> Option<sled::Result<Entry>> {
    loop {
        let (key, first) = match entries.next()? {
            Ok(entry) => entry,
            Err(error) => return Some(Err(error)),
        };
        if let Some(key) = parts::of_first_part(&key) {
            let part = |number| store.call(|db| db.get(parts::key_of(key, number)));
            return Some(parts::joined(&first, part).map(|value| (key.to_vec(), value)));
        }
    }
}
