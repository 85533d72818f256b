//! The list of a generation: the chunks of its open state. A chunk that has not changed since the previous generation is named
//! again and not written again.

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

/// The number of chunks in a part of a list, at most 27 bytes for each. A lost part loses no more than these.
const PART_CHUNKS: usize = 64;

/// A chunk in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NamedChunk {
    pub(super) partition: PartitionId,
    /// The generation that wrote it.
    pub(super) generation: u64,
    /// Its number among the chunks of the partition at that time.
    pub(super) number: u32,
    /// xxh3-128 of its bytes.
    pub(super) digest: u128,
}

impl NamedChunk {
    pub(super) fn key(&self) -> Vec<u8> {
        keys::chunk(self.generation, self.partition, self.number)
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

    /// The chunks of one partition by their content.
    pub(super) fn by_digest(&self, partition: PartitionId) -> HashMap<u128, NamedChunk> {
        self.of_partition(partition).iter().map(|chunk| (chunk.digest, *chunk)).collect()
    }

    pub(super) fn push(&mut self, chunk: NamedChunk) {
        self.chunks.push(chunk);
    }

    pub(super) fn len(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// The part of the head that describes this list.
    pub(super) fn digest(&self) -> u128 {
        digest_of(self.chunks.iter().map(|chunk| chunk.digest))
    }

    /// The keys and values under which it is stored. There is always at least one: it shows that the generation exists.
    pub(super) fn parts(&self, generation: u64) -> Vec<(Vec<u8>, Vec<u8>)> {
        let row = |chunk: &NamedChunk| v1::NamedChunk {
            partition: chunk.partition.number(),
            generation: chunk.generation,
            number: chunk.number,
            digest: chunk.digest,
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
            if self.chunks.last().is_some_and(|last| last.partition > partition) {
                return Err("its partitions are out of order".to_owned());
            }
            self.push(NamedChunk {
                partition,
                generation: row.generation,
                number: row.number,
                digest: row.digest,
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
