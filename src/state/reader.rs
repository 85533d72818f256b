//! Reads open state: the only way from a store to rows.

use super::checkpoint::Checkpoint;
use super::keys;
use super::list::StateList;
use super::rows::{RowReader, Stored, open_chunk};
use crate::core::partition::{PARTITIONS, PartitionId};
use crate::error::{Error, Result};
use crate::ledger::Head;
use crate::migrations::checkpoint::OpenRow;

/// The open state of one generation.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateReader<'c> {
    checkpoint: &'c Checkpoint,
    list: &'c StateList,
    is_plain: bool,
}

impl<'c> StateReader<'c> {
    /// The state that `head` describes, whose chunks are in `list`.
    pub(super) fn new(checkpoint: &'c Checkpoint, list: &'c StateList, head: &Head) -> Self {
        let is_plain = head.definition.rule_set().is_ok_and(|rules| rules.is_plain());
        Self { checkpoint, list, is_plain }
    }

    /// Visits the rows of one partition in order. What cannot be read, or what `visit` refuses, goes to `damaged`, which
    /// decides whether to continue. Returns the number of chunks that could be read.
    pub(super) fn visit(
        self,
        partition: PartitionId,
        mut visit: impl FnMut(OpenRow<'_>) -> Result<(), String>,
        mut damaged: impl FnMut(Error) -> Result<()>,
    ) -> Result<u64> {
        let mut readable = 0;
        let mut rows = RowReader::new(self.is_plain);
        let mut tell = |place: &str, damage: &str| damaged(self.checkpoint.damaged(place, damage));
        for chunk in self.list.of_partition(partition) {
            let key = chunk.key();
            let bytes = self.checkpoint.store.get(&key)?;
            let missing = || "it is missing".to_owned();
            let opened =
                bytes.as_deref().ok_or_else(missing).and_then(|bytes| open_chunk(bytes, chunk.digest));
            let mut lost = |damage: &str| tell(&keys::chunk_name(&key), damage);
            readable += u64::from(rows.read(opened, &mut visit, &mut lost)?);
        }
        let place = format!("partition {} of the open state", partition.number());
        rows.end(&mut |damage| tell(&place, damage))?;
        Ok(readable)
    }
}

impl Checkpoint {
    /// Restores the open state of one partition into `reducer`, which must be empty. Linear in the open state.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if a chunk is damaged or missing.
    pub fn load_partition(&self, partition: PartitionId, reducer: &mut impl Stored) -> Result<()> {
        // A hash has put the keys into partitions, so all have nearly as many.
        let keys = self.head.as_ref().map_or(0, |head| head.keys_open) / PARTITIONS as u64;
        reducer.reserve(usize::try_from(keys).unwrap_or(0));
        let state = StateReader { checkpoint: self, list: &self.list, is_plain: reducer.is_plain() };
        state.visit(partition, |row| reducer.restore_row(row), Err).map(|_| ())
    }

    /// What can be read of the list of the state that `head` describes. What is wrong with it goes to `findings`.
    pub(super) fn list_of(&self, head: &Head, findings: &mut Vec<String>) -> Result<StateList> {
        StateList::read(&*self.store, head.generation, |place, damage| {
            findings.push(self.damaged(place, damage).to_string());
            Ok(())
        })
    }
}
