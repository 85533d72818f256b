//! The store of a checkpoint: a sorted map of bytes, with atomic changes.
//!
//! Only the file or folder of a store and the table in `mod.rs` name it. All stores pass the same tests (`store_tests.rs`).

use crate::error::Result;
use std::fmt::Debug;
use std::ops::Range;

/// The longest value that every store accepts.
pub const MAX_VALUE_BYTES: usize = 56 << 10;

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Entries in the order of their keys.
pub type Entries<'s> = Box<dyn Iterator<Item = Result<Entry>> + 's>;

/// Changes that become visible together, and survive a crash together or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Entries that are added, or replace those with the same keys.
    pub puts: Vec<Entry>,
    /// Keys that are removed first, if they exist.
    pub removals: Vec<Vec<u8>>,
}

/// What a sync writes to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SyncReach {
    /// All entries.
    Entries,
    /// Also what the store writes only once, and the names of its folder and of those above it: before the first commit.
    Foundation,
}

/// A store. Keys have at most a few hundred bytes, values at most [`MAX_VALUE_BYTES`].
///
/// Every later read sees a change, but a crash may lose it until a sync or a commit has succeeded. After a failed change or
/// sync, it is unknown what has reached the disk: then the store refuses all changes and syncs, and writes nothing when it is
/// dropped. Other stores of the process are not affected.
pub trait StateStore: Debug + Send + Sync {
    /// The value under `key`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the store cannot be read.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>>;

    /// The entries in `keys`, in order. Each costs a copy of its value.
    ///
    /// # Errors
    /// An entry is an error of [`crate::error::ErrorKind::Checkpoint`] if the store cannot be read; nothing follows it.
    fn scan(&self, keys: Range<Vec<u8>>) -> Entries<'_>;

    /// Writes one entry.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be written.
    fn put(&self, key: &[u8], value: &[u8]) -> Result<()>;

    /// Removes entries, all or none. Missing ones do not matter.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it cannot be written.
    fn remove(&self, keys: Vec<Vec<u8>>) -> Result<()>;

    /// Applies `changes`, all or none, and syncs everything.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if that fails. Then the changes may exist or not: the next process that opens the
    /// store finds out.
    fn commit(&self, changes: Changes) -> Result<()>;

    /// Syncs everything.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if that fails.
    fn sync(&self, reach: SyncReach) -> Result<()>;
}

impl dyn StateStore + '_ {
    /// The keys in `keys`, in order.
    ///
    /// # Errors
    /// As [`StateStore::scan`].
    pub(super) fn keys(&self, keys: Range<Vec<u8>>) -> Result<Vec<Vec<u8>>> {
        self.scan(keys).map(|entry| entry.map(|(key, _)| key)).collect()
    }

    /// The first key in `keys`.
    ///
    /// # Errors
    /// As [`StateStore::scan`].
    pub(super) fn first_key(&self, keys: Range<Vec<u8>>) -> Result<Option<Vec<u8>>> {
        self.scan(keys).next().transpose().map(|first| first.map(|(key, _)| key))
    }
}
