//! Reads open state: the only way from a store to rows.

use super::checkpoint::Checkpoint;
use super::keys;
use super::list::{Layers, NamedChunk, StateList};
use super::overlay::{Over, Overlay};
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
        let layers = self.list.layers(partition);
        let stored: Vec<_> = layers
            .changes
            .iter()
            .map(|chunk| self.checkpoint.store.get(&chunk.key()))
            .collect::<Result<_>>()?;
        let mut tell = |place: &str, damage: &str| damaged(self.checkpoint.damaged(place, damage));
        let place = format!("partition {} of the open state", partition.number());
        let (mut overlay, mut readable) = self.changes(layers, &stored, &place, &mut tell)?;
        let mut rows = RowReader::new(self.is_plain);
        for chunk in layers.base {
            let bytes = self.checkpoint.store.get(&chunk.key())?;
            let mut visit = |row: OpenRow<'_>| match overlay.over(&row.key) {
                Over::Base => visit(row),
                Over::Change(change) => visit(change),
                Over::Nothing => Ok(()),
            };
            readable += u64::from(read_chunk(&mut rows, chunk, bytes.as_deref(), &mut visit, &mut tell)?);
        }
        rows.end(&mut |damage| tell(&place, damage))?;
        overlay.rest().try_for_each(|row| visit(row).or_else(|damage| tell(&place, &damage)))?;
        Ok(readable)
    }

    /// The changes in the `stored` chunks, and how many of these could be read. Where one is lost, what is before it may be out of
    /// date, and is lost too.
    fn changes<'b>(
        self,
        layers: Layers<'_>,
        stored: &'b [Option<Vec<u8>>],
        place: &str,
        tell: &mut impl FnMut(&str, &str) -> Result<()>,
    ) -> Result<(Overlay<'b>, u64)> {
        let (mut overlay, mut readable) = (Overlay::default(), 0);
        let mut rows = RowReader::new(self.is_plain);
        let mut before = layers.base.last();
        for (chunk, bytes) in layers.changes.iter().zip(stored) {
            if Layers::is_gap(before, Some(chunk)) {
                overlay.lose();
            }
            before = Some(chunk);
            let mut is_lost = false;
            let mut lost = |place: &str, damage: &str| {
                is_lost = true;
                tell(place, damage)
            };
            let mut take = |row| {
                overlay.take(row);
                Ok(())
            };
            readable += u64::from(read_chunk(&mut rows, chunk, bytes.as_deref(), &mut take, &mut lost)?);
            if is_lost {
                overlay.lose();
            }
        }
        let mut is_lost = Layers::is_gap(before, None);
        rows.end(&mut |damage| {
            is_lost = true;
            tell(place, damage)
        })?;
        if is_lost {
            overlay.lose();
        }
        if overlay.is_base_unknown() {
            tell(
                place,
                "a part of its changes cannot be read, so it is left out as far as these may have changed it",
            )?;
        }
        Ok((overlay, readable))
    }
}

/// Reads the rows of a chunk, and returns whether it could be read.
fn read_chunk<'b>(
    rows: &mut RowReader,
    chunk: &NamedChunk,
    bytes: Option<&'b [u8]>,
    visit: &mut impl FnMut(OpenRow<'b>) -> Result<(), String>,
    tell: &mut impl FnMut(&str, &str) -> Result<()>,
) -> Result<bool> {
    let opened =
        bytes.ok_or_else(|| "it is missing".to_owned()).and_then(|bytes| open_chunk(bytes, chunk.digest));
    rows.read(opened, visit, &mut |damage| tell(&keys::chunk_name(&chunk.key()), damage))
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
