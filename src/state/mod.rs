//! The checkpoint: open state, watermark and ledger in a [`StateStore`](store::StateStore).
//!
//! `docs/format.md` describes the bytes, `docs/durability.md` the order of the steps. Only this file and their own files name
//! the stores.

#[cfg(feature = "parquet")]
mod apart;
#[cfg(all(test, feature = "parquet"))]
mod apart_tests;
mod audit;
mod changes;
#[cfg(test)]
mod changes_tests;
mod checkpoint;
#[cfg(test)]
mod checkpoint_tests;
mod codec;
mod copying;
mod damage;
mod entry;
#[cfg(any(test, debug_assertions))]
mod example;
mod export;
#[cfg(test)]
mod export_tests;
#[cfg(test)]
mod faulty_tests;
mod file_rows;
mod files;
mod frame;
mod generations;
mod import;
mod keys;
mod ledger;
mod ledger_rows;
mod lines;
mod list;
mod lock;
#[cfg(test)]
mod lock_tests;
mod memory;
mod opening;
mod overlay;
#[cfg(any(test, debug_assertions))]
pub mod predecessor;
mod probe;
mod reader;
pub mod rows;
#[cfg(test)]
mod sample_tests;
mod seen;
mod sled;
#[cfg(test)]
mod sled_files_tests;
mod store;
#[cfg(test)]
mod store_tests;
mod stream;
mod writer;

pub use self::sled::{Stamp, unwritable};
#[cfg(feature = "parquet")]
pub use apart::{
    Apart, KeyState, LineKind, Taken, end_line, export_line, file_line, imported_head, line_kind, run_line,
    state_lines,
};
pub use checkpoint::Checkpoint;
pub use codec::{definition_digest, head_digest};
#[cfg(any(test, debug_assertions))]
pub use example::example;
pub use export::{Exported, Loss};
pub use import::{Imported, read_export};
#[cfg(feature = "parquet")]
pub use ledger_rows::{definition as definition_of, definition_row};
pub use lock::{FolderLock, Lock, LockHolder};
pub use probe::{StoredRow, recode};
pub use rows::{EncodedPartition, Stored};
pub use stream::new_stream;
pub use writer::{StagedState, StateWriter};

use self::sled::SledStore;
use crate::durable::Disk;
use crate::error::Result;
use memory::MemoryStore;
use std::path::Path;

impl Checkpoint {
    /// Opens the checkpoint in `folder`, which must be there; begins one where there is none. It changes `disk`.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if what is there cannot be read or is of a newer version,
    /// [`crate::error::ErrorKind::Failed`] if the disk does not let us.
    pub fn open(folder: &Path, disk: &Disk) -> Result<Self> {
        Self::of_store(Box::new(SledStore::open(folder, disk)?), folder.to_owned())
    }

    /// A new checkpoint in memory, for looks at a `folder` in which nothing is stored yet.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the system gives no random bytes for its id.
    pub fn begin_in_memory(folder: &Path) -> Result<Self> {
        Self::of_store(Box::new(MemoryStore::default()), folder.to_owned())
    }

    /// Opens `copy`, which holds the files of the checkpoint in `folder` (see [`Stamp::copy`]). Where they hold no blobs, the
    /// copy may be removed as soon as it is open.
    ///
    /// # Errors
    /// As [`Checkpoint::open`].
    pub fn open_copy(copy: &Path, folder: &Path) -> Result<Self> {
        Self::of_store(Box::new(SledStore::open_copy(copy, folder)?), folder.to_owned())
    }

    /// Opens a copy of a checkpoint (see [`Checkpoint::open_copy`]) of which something is damaged. What is wrong is returned in
    /// words.
    ///
    /// # Errors
    /// If the store does not open, or neither a head nor a ledger entry can be read.
    pub fn open_damaged(copy: &Path, folder: &Path) -> Result<(Self, Vec<String>)> {
        Self::of_damaged_store(Box::new(SledStore::open_copy(copy, folder)?), folder.to_owned())
    }
}
