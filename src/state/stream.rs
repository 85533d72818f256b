//! The stream id: generated when the checkpoint is created, and on the disk before anything is written next to it.

use super::checkpoint::Checkpoint;
use super::damage::damaged;
use super::store::{StateStore, SyncReach};
use super::{codec, keys};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::StreamId;
use std::path::Path;

/// Its name in errors.
const NAME: &str = "the stream id";

/// Generates an id.
///
/// # Errors
/// [`ErrorKind::Failed`] if the system gives no random bytes.
pub fn new_stream() -> Result<StreamId> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        let what = format!("cannot get random bytes for a stream id: {error}");
        Error::new(ErrorKind::Failed, what)
    })?;
    Ok(StreamId::of_random(bytes))
}

/// The id in a store.
pub(super) fn stored(store: &dyn StateStore, folder: &Path) -> Result<Option<StreamId>> {
    let bytes = store.get(keys::STREAM)?;
    let read = bytes.map(|bytes| codec::decode_stream(&bytes)).transpose();
    read.map_err(|damage| damaged(folder, NAME, &damage))
}

/// The error for a checkpoint that has lost its id.
pub(super) fn missing(folder: &Path) -> Error {
    damaged(folder, NAME, "it is missing, but other entries are there")
}

impl Checkpoint {
    /// Changes the id. Only for a checkpoint without a run: nothing knows it by its own id yet.
    pub fn continue_stream(&mut self, stream: StreamId) {
        debug_assert!(self.head.is_none());
        self.stream = stream;
    }

    /// Syncs the id, what the store writes only once, and the names of all folders above it. Once a run is committed, that has
    /// been done, and this does nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the store cannot be written.
    pub fn keep_stream(&self) -> Result<()> {
        if self.head.is_some() {
            return Ok(());
        }
        self.store.put(keys::STREAM, &codec::encode_stream(self.stream))?;
        self.store.sync(SyncReach::Foundation)
    }
}
