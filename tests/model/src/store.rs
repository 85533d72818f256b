//! The store of a checkpoint: sled, as far as the program trusts it.

use crate::ledger::{Entry, Events};
use crate::path::Checkpoint;

/// What is in a store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Data {
    /// The id of the stream.
    pub stream: Option<Checkpoint>,
    /// Open state under a generation that no head names.
    pub staged: Option<Events>,
    /// The ledger. A commit adds an entry: the last one is the head.
    pub runs: Vec<Entry>,
}

/// The log of a store. What is written last is lost first, and a batch is there whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Store {
    /// What the disk has for certain.
    synced: Data,
    /// The state after each write since then.
    unsynced: Vec<Data>,
    /// How many of these writes are in the file, and no longer in the memory of a process.
    in_file: usize,
}

impl Store {
    /// What a program reads.
    pub fn data(&self) -> &Data {
        self.unsynced.last().unwrap_or(&self.synced)
    }

    /// A store with this content, synced.
    pub const fn of(synced: Data) -> Self {
        Self { synced, unsynced: Vec::new(), in_file: 0 }
    }

    /// One atomic write.
    pub fn write(&mut self, change: impl FnOnce(&mut Data)) {
        let mut data = self.data().clone();
        change(&mut data);
        self.unsynced.push(data);
    }

    /// The commit of a run.
    pub fn commit(&mut self, entry: Entry) {
        self.write(|data| {
            data.staged = None;
            data.runs.push(entry);
        });
    }

    /// Flushes the store and syncs its log.
    pub fn sync(&mut self) {
        if let Some(last) = self.unsynced.pop() {
            *self = Self::of(last);
        }
    }

    /// What a process may leave that is killed: of the writes in its memory, the first ones have come to the file.
    pub fn after_kill(&self) -> Vec<Self> {
        let left = |count| Self {
            synced: self.synced.clone(),
            unsynced: self.unsynced[..count].to_vec(),
            in_file: count,
        };
        (self.in_file..=self.unsynced.len()).map(left).collect()
    }

    /// The writes that a loss of power may take away.
    pub fn at_risk(&self) -> usize {
        self.unsynced.len()
    }

    /// A loss of power of which the first `survive` unsynced writes are left.
    #[must_use]
    pub fn after_power_loss(&self, survive: usize) -> Self {
        let left = survive.checked_sub(1).and_then(|last| self.unsynced.get(last));
        Self::of(left.unwrap_or(&self.synced).clone())
    }

    /// The store as it was at an earlier commit: a damaged sled may open so without an error.
    #[must_use]
    pub fn one_commit_back(&self) -> Self {
        let mut data = self.data().clone();
        data.runs.pop();
        Self::of(data)
    }
}
