//! What a run writes of a partition: what has changed since its base was written, or a new base.

use super::checkpoint::Checkpoint;
use super::keys;
use super::list::{Layers, NamedChunk};
use super::rows::{Chunk, EncodedPartition, LEAST_CHUNK_BYTES, Stored, open_chunk};
use crate::core::partition::PartitionId;
use crate::definition::Definition;
use crate::error::Result;

/// A new base is written once the changes have more than one in so many bytes of the base. They are read in each run, and a key in
/// them may be one of the base that is gone.
const BASE_PER_CHANGES: u64 = 4;

/// A base below this size is always written anew: one write in either case.
const SMALL_BASE_BYTES: u64 = 4 << 10;

impl Checkpoint {
    /// Encodes the open state of a partition that was loaded into `reducer` from this checkpoint and has gone on under `definition`:
    /// what has changed, or all of it.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if the changes of earlier runs cannot be read.
    pub fn encode_partition(
        &self,
        partition: PartitionId,
        reducer: &mut impl Stored,
        definition: &Definition,
    ) -> Result<EncodedPartition> {
        let is_same = self.head.as_ref().is_some_and(|head| has_same_rows(&head.definition, definition));
        let changes = if is_same { self.encode_changes(self.list.layers(partition), reducer)? } else { None };
        Ok(changes.unwrap_or_else(|| reducer.encode()))
    }

    /// `None` if a new base is due.
    fn encode_changes(
        &self,
        layers: Layers<'_>,
        reducer: &mut impl Stored,
    ) -> Result<Option<EncodedPartition>> {
        let (base_bytes, stored_bytes) = layers.bytes();
        let most_bytes = base_bytes / BASE_PER_CHANGES;
        if base_bytes < SMALL_BASE_BYTES || stored_bytes > most_bytes {
            return Ok(None);
        }
        let stored = layers.base.len() + layers.changes.len();
        // A short chunk is written again with the changes of this run, so that many small runs leave few chunks.
        let short = layers.changes.last().filter(|last| (last.bytes as usize) < LEAST_CHUNK_BYTES);
        let last = short.map(|short| self.chunk_for_more(short)).transpose()?.flatten();
        let (again, again_bytes) = last.as_ref().map_or((0, 0), |last| (1, last.bytes().len()));
        let most_bytes =
            usize::try_from(most_bytes - stored_bytes).unwrap_or(usize::MAX).saturating_add(again_bytes);
        let mut changes = EncodedPartition::changes(stored - again, last);
        if !reducer.encode_changes(&mut changes, most_bytes) {
            return Ok(None);
        }
        let is_unchanged = changes.bytes() == again_bytes;
        Ok(Some(if is_unchanged { EncodedPartition::unchanged(stored, changes.open) } else { changes }))
    }

    fn chunk_for_more(&self, chunk: &NamedChunk) -> Result<Option<Chunk>> {
        let key = chunk.key();
        let damaged = |damage: &str| self.damaged(&keys::chunk_name(&key), damage);
        let bytes = self.store.get(&key)?.ok_or_else(|| damaged("it is missing"))?;
        open_chunk(&bytes, chunk.digest).map_err(|damage| damaged(&damage))?;
        Ok(Chunk::of_stored(bytes))
    }
}

/// Whether open state has the same rows under both definitions.
fn has_same_rows(one: &Definition, other: &Definition) -> bool {
    one.gap == other.gap && one.rules == other.rules && one.event_columns == other.event_columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::gap::Gap;
    use crate::core::rules::RuleTexts;
    use crate::definition::DefinitionRequest;

    #[test]
    fn rows_are_the_same_only_under_one_gap_the_same_rules_and_the_same_emitted_columns() {
        let one = Definition::undecided();
        let sources = DefinitionRequest::default().create().sources;
        assert!(has_same_rows(&one, &one) && has_same_rows(&one, &Definition { sources, ..one.clone() }));
        let rules = RuleTexts::collect([("max-events", "3")]).unwrap();
        for other in [
            Definition { gap: Gap::from_us(1), ..one.clone() },
            Definition { rules, ..one.clone() },
            Definition { event_columns: Some(vec!["page".to_owned()]), ..one.clone() },
        ] {
            assert!(!has_same_rows(&one, &other), "{other:?}");
        }
    }
}
