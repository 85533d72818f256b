//! sled, wrapped in what we know of it: real syncs, errors that say what to do.
#![expect(
    clippy::disallowed_methods,
    reason = "sled's own flush is no fsync: its files are opened to sync them"
)]

use super::checkpoint_error;
use crate::durable;
use crate::error::{Error, ErrorKind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};

/// sled keeps a page in its log only up to a quarter of a segment; larger ones become files that are never removed.
const SEGMENT_BYTES: usize = 16 << 20;
const CACHE_BYTES: u64 = 64 << 20;

const WAY_OUT: &str =
    "put back a backup of the state folder together with its output folder, or start a new pair";

/// The one tree.
#[derive(Debug)]
pub(super) struct Store {
    db: sled::Db,
    folder: PathBuf,
}

impl Store {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        // sled checks some of what it reads by assertions; a damaged file must not look like a crash of ours.
        let opened = std::panic::catch_unwind(|| {
            sled::Config::new()
                .path(folder)
                .segment_size(SEGMENT_BYTES)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .open()
        });
        match opened {
            Ok(Ok(db)) => Ok(Self { db, folder: folder.to_owned() }),
            Ok(Err(sled::Error::Io(error))) if is_environment(&error) => {
                Err(Error::io(ErrorKind::Failed, "open the checkpoint", folder, &error))
            }
            Ok(Err(error)) => {
                Err(checkpoint_error(folder, format!("the checkpoint does not open: {error}"), WAY_OUT))
            }
            Err(_) => {
                Err(checkpoint_error(folder, "the checkpoint does not open: its files are damaged", WAY_OUT))
            }
        }
    }

    /// Whether every key begins with `prefix`; an empty store has no other keys either. Keys are in order: the first and
    /// the last one tell.
    pub(super) fn holds_only(&self, prefix: &[u8]) -> Result<bool> {
        let ends = [self.db.first(), self.db.last()];
        let ends: sled::Result<Vec<_>> = ends.into_iter().collect();
        let ends = ends.map_err(|error| self.unreadable(&error))?;
        Ok(ends.iter().flatten().all(|(key, _)| key.starts_with(prefix)))
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>> {
        self.db.get(key).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn scan(
        &self,
        prefix: &[u8],
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<()>,
    ) -> Result<()> {
        for entry in self.db.scan_prefix(prefix) {
            let (key, value) = entry.map_err(|error| self.unreadable(&error))?;
            visit(&key, &value)?;
        }
        Ok(())
    }

    pub(super) fn any_with_prefix(&self, prefix: &[u8]) -> Result<bool> {
        let first = self.db.scan_prefix(prefix).next().transpose();
        first.map(|entry| entry.is_some()).map_err(|error| self.unreadable(&error))
    }

    pub(super) fn insert(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.step("write state")?;
        self.db.insert(key, value).map(|_| ()).map_err(|error| self.unwritable(error))
    }

    pub(super) fn write_together(&self, writes: Vec<(Vec<u8>, Vec<u8>)>) -> Result<()> {
        let mut batch = sled::Batch::default();
        for (key, value) in writes {
            batch.insert(key, value);
        }
        self.step("commit")?;
        self.db.apply_batch(batch).map_err(|error| self.unwritable(error))?;
        self.sync()
    }

    pub(super) fn remove_prefix(&self, prefix: &[u8]) -> Result<()> {
        let keys: Vec<_> = self
            .db
            .scan_prefix(prefix)
            .keys()
            .collect::<sled::Result<_>>()
            .map_err(|e| self.unreadable(&e))?;
        self.remove(keys)
    }

    pub(super) fn remove_range(&self, from: &[u8], to: &[u8]) -> Result<()> {
        let keys: Vec<_> =
            self.db.range(from..to).keys().collect::<sled::Result<_>>().map_err(|e| self.unreadable(&e))?;
        self.remove(keys)
    }

    fn remove(&self, keys: Vec<sled::IVec>) -> Result<()> {
        for key in keys {
            self.step("remove state")?;
            self.db.remove(key).map_err(|error| self.unwritable(error))?;
        }
        Ok(())
    }

    /// Brings everything to the disk. sled's flush ends in `sync_file_range`, which does not: the files are synced here.
    pub(super) fn sync(&self) -> Result<()> {
        self.step("flush")?;
        self.db.flush().map_err(|error| self.unwritable(error))?;
        let log = self.folder.join("db");
        let synced = File::open(&log).and_then(|file| durable::sync_file(&file));
        synced
            .and_then(|()| durable::sync_folder(&self.folder))
            .map_err(|error| Error::io(ErrorKind::Failed, "sync the checkpoint", &log, &error))
    }

    pub(super) fn bytes_on_disk(&self) -> Result<u64> {
        self.db.size_on_disk().map_err(|error| self.unreadable(&error))
    }

    /// The error for an entry that is there but cannot be trusted.
    pub(super) fn damaged(&self, entry: &str, damage: &str) -> Error {
        checkpoint_error(&self.folder, format!("{entry} of the checkpoint is damaged: {damage}"), WAY_OUT)
    }

    fn unreadable(&self, error: &sled::Error) -> Error {
        checkpoint_error(&self.folder, format!("the checkpoint cannot be read: {error}"), WAY_OUT)
    }

    fn unwritable(&self, error: sled::Error) -> Error {
        let error = match error {
            sled::Error::Io(error) => error,
            other => std::io::Error::other(other.to_string()),
        };
        Error::io(ErrorKind::Failed, "write the checkpoint", &self.folder, &error)
    }

    fn step(&self, name: &'static str) -> Result<()> {
        durable::step(name)
            .map_err(|error| Error::io(ErrorKind::Failed, "write the checkpoint", &self.folder, &error))
    }
}

/// Whether the surroundings are at fault, not the files.
fn is_environment(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Io;
    matches!(
        error.kind(),
        Io::StorageFull | Io::QuotaExceeded | Io::PermissionDenied | Io::ReadOnlyFilesystem
    )
}
