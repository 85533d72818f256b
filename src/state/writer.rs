//! Writes open state under a generation that no head points to before the commit.

use super::checkpoint::Checkpoint;
use super::keys;
use super::list::{NamedChunk, StateList};
use super::rows::EncodedPartition;
use super::store::{StateStore, SyncReach};
use crate::core::partition::PartitionId;
use crate::error::Result;
use std::collections::HashMap;

/// State under a new generation that no head points to yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StagedState {
    /// The new generation.
    pub generation: u64,
    /// The number of chunks.
    pub chunks: u64,
    /// xxh3-128 over the digests of the chunks.
    pub digest: u128,
}

impl Checkpoint {
    /// Begins to write open state under a new generation. No head points to it, so nothing changes before
    /// [`Checkpoint::commit`].
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the store cannot be written.
    pub fn stage_state(&self) -> Result<StateWriter<'_>> {
        let generation = self.head.as_ref().map_or(1, |head| head.generation + 1);
        // A run that died before its commit may have left chunks under the same number.
        for prefix in [keys::generation(generation), keys::list(generation)] {
            let left = self.store.keys(keys::below(&prefix))?;
            if !left.is_empty() {
                self.store.remove(left)?;
            }
        }
        Ok(StateWriter { store: &*self.store, generation, before: &self.list, list: StateList::default() })
    }
}

/// Writes the open state of a run, partition by partition in order.
#[derive(Debug)]
pub struct StateWriter<'c> {
    store: &'c dyn StateStore,
    generation: u64,
    /// The previous generation: chunks that have not changed since are not written again.
    before: &'c StateList,
    list: StateList,
}

impl StateWriter<'_> {
    /// Writes the chunks of one partition that the previous generation does not have.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if they cannot be written.
    pub fn put(&mut self, partition: PartitionId, encoded: &EncodedPartition) -> Result<()> {
        let before = self.before.of_partition(partition);
        let mut chunks = before.get(..encoded.stays()).unwrap_or_default().to_vec();
        let is_change = !chunks.is_empty();
        let stored = if is_change { HashMap::new() } else { self.before.base_by_digest(partition) };
        for (number, chunk) in (0..).zip(encoded.chunks()) {
            let digest = chunk.digest();
            let (generation, bytes) = (self.generation, chunk.length());
            let new =
                NamedChunk { partition, generation, number, digest, bytes, is_change, changes_after: 0 };
            let named = stored.get(&digest).copied().unwrap_or(new);
            if named.generation == self.generation {
                self.store.put(&named.key(), chunk.bytes())?;
            }
            chunks.push(named);
        }
        self.list.push_partition(chunks);
        Ok(())
    }

    /// Writes the list and syncs everything.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if that fails.
    pub fn finish(self) -> Result<StagedState> {
        for (key, part) in self.list.parts(self.generation) {
            self.store.put(&key, &part)?;
        }
        self.store.sync(SyncReach::Entries)?;
        Ok(StagedState { generation: self.generation, chunks: self.list.len(), digest: self.list.digest() })
    }
}
