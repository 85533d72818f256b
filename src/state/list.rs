//! The list of a generation: the chunks of its open state, for each partition those of its base and those of its changes since. A
//! chunk that has not changed since the previous generation is named again and not written again.

use super::damage::damaged;
use super::rows::digest_of;
use super::store::StateStore;
use super::{codec, frame, keys};
use crate::core::partition::PartitionId;
use crate::error::Result;
use crate::ledger::Head;
use crate::migrations::checkpoint::v1;
use std::collections::HashMap;
use std::path::Path;

/// The number of chunks in a part of a list, at most 38 bytes for each. A lost part loses no more than these.
const PART_CHUNKS: usize = 64;

/// A chunk in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NamedChunk {
    pub(super) partition: PartitionId,
    /// The generation that wrote it.
    pub(super) generation: u64,
    /// Its number among the chunks of the partition at that time.
    pub(super) number: u32,
    /// xxh3-128 of its bytes.
    pub(super) digest: u128,
    /// Its length.
    pub(super) bytes: u32,
    /// Whether its rows are changes of those before it.
    pub(super) is_change: bool,
    /// The number of chunks of changes of the partition behind it.
    pub(super) changes_after: u32,
}

impl NamedChunk {
    /// The key of its bytes. The same chunk in two lists has the same one.
    pub(super) fn key(&self) -> Vec<u8> {
        keys::chunk(self.generation, self.partition, self.number)
    }

    /// The chunk as the digest of the state has it: bytes that were a base before are not the same state as changes.
    const fn digest_in_state(&self) -> u128 {
        if self.is_change { !self.digest } else { self.digest }
    }
}

/// The chunks of one partition.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layers<'l> {
    pub(super) base: &'l [NamedChunk],
    /// What has changed since, the oldest first.
    pub(super) changes: &'l [NamedChunk],
}

impl Layers<'_> {
    /// The bytes of the base and of the changes.
    pub(super) fn bytes(self) -> (u64, u64) {
        let sum = |chunks: &[NamedChunk]| chunks.iter().map(|chunk| u64::from(chunk.bytes)).sum();
        (sum(self.base), sum(self.changes))
    }

    /// Whether the changes between `before` and `chunk`, which follow each other here, are lost.
    pub(super) fn is_gap(before: Option<&NamedChunk>, chunk: Option<&NamedChunk>) -> bool {
        let expected = chunk.map_or(0, |chunk| chunk.changes_after + u32::from(chunk.is_change));
        before.is_some_and(|before| before.changes_after != expected)
    }
}

/// The chunks of one generation, by partition and in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct StateList {
    pub(super) chunks: Vec<NamedChunk>,
}

impl StateList {
    /// The chunks of one partition.
    pub(super) fn of_partition(&self, partition: PartitionId) -> &[NamedChunk] {
        let from = self.chunks.partition_point(|chunk| chunk.partition < partition);
        let until = self.chunks.partition_point(|chunk| chunk.partition <= partition);
        &self.chunks[from..until]
    }

    /// The base of one partition and its changes.
    pub(super) fn layers(&self, partition: PartitionId) -> Layers<'_> {
        let chunks = self.of_partition(partition);
        let (base, changes) = chunks.split_at(chunks.partition_point(|chunk| !chunk.is_change));
        Layers { base, changes }
    }

    /// The base of one partition by the content of its chunks.
    pub(super) fn base_by_digest(&self, partition: PartitionId) -> HashMap<u128, NamedChunk> {
        self.layers(partition).base.iter().map(|chunk| (chunk.digest, *chunk)).collect()
    }

    /// Appends the chunks of the next partition.
    pub(super) fn push_partition(&mut self, mut chunks: Vec<NamedChunk>) {
        let mut changes_after = 0;
        for chunk in chunks.iter_mut().rev() {
            chunk.changes_after = changes_after;
            changes_after += u32::from(chunk.is_change);
        }
        self.chunks.append(&mut chunks);
    }

    pub(super) fn len(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// The part of the head that describes this list.
    pub(super) fn digest(&self) -> u128 {
        digest_of(self.chunks.iter().map(NamedChunk::digest_in_state))
    }

    /// The keys and values under which it is stored. There is always at least one: it shows that the generation exists.
    pub(super) fn parts(&self, generation: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
        let row = |chunk: &NamedChunk| v1::NamedChunk {
            partition: chunk.partition.number(),
            generation: chunk.generation,
            number: chunk.number,
            digest: chunk.digest,
            bytes: chunk.bytes,
            is_change: chunk.is_change,
            changes_after: chunk.changes_after,
        };
        let mut parts: Vec<&[NamedChunk]> = self.chunks.chunks(PART_CHUNKS).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let frame =
            |part: &[NamedChunk]| frame::seal(&v1::ListPart { chunks: part.iter().map(row).collect() });
        (0..).zip(parts).map(|(number, part)| (keys::list_part(generation, number), frame(part))).collect()
    }

    fn take(&mut self, frame: &[u8]) -> Result<(), String> {
        for row in codec::decode_list(frame)?.chunks {
            let partition = PartitionId::of_number(row.partition);
            let place = (partition, row.is_change);
            if self.chunks.last().is_some_and(|last| (last.partition, last.is_change) > place) {
                return Err("its partitions are out of order".to_owned());
            }
            self.chunks.push(NamedChunk {
                partition,
                generation: row.generation,
                number: row.number,
                digest: row.digest,
                bytes: row.bytes,
                is_change: row.is_change,
                changes_after: row.changes_after,
            });
        }
        Ok(())
    }

    /// Reads what can be read of the list of a generation. The rest goes to `damaged`, which decides whether to continue.
    pub(super) fn read(
        store: &dyn StateStore,
        generation: u64,
        mut damaged: impl FnMut(&str, &str) -> Result<()>,
    ) -> Result<Self> {
        let mut list = Self::default();
        for part in store.scan(keys::below(&keys::list(generation))) {
            let (key, frame) = part?;
            if let Err(damage) = list.take(&frame) {
                damaged(&keys::list_part_name(&key), &damage)?;
            }
        }
        Ok(list)
    }

    /// The list of the state that `head` describes, of the checkpoint in `folder`.
    pub(super) fn of_head(store: &dyn StateStore, head: &Head, folder: &Path) -> Result<Self> {
        let list = Self::read(store, head.generation, |place, damage| Err(damaged(folder, place, damage)))?;
        match list.against(head) {
            Some(damage) => Err(damaged(folder, "the open state", &damage)),
            None => Ok(list),
        }
    }

    /// How it differs from `head`, as text.
    pub(super) fn against(&self, head: &Head) -> Option<String> {
        let fits = self.len() == head.chunks && self.digest() == head.state_digest;
        (!fits).then(|| {
            format!("{} chunks found, {} expected, or their digests differ", self.len(), head.chunks)
        })
    }
}
