//! The list of a generation: which chunks its open state is made of. A chunk that has not changed since the generation
//! before is named once more and not written again.

use super::store::Store;
use super::{Checkpoint, codec, keys, state};
use crate::core::event::Timestamp;
use crate::core::partition::PartitionId;
use crate::error::Result;
use crate::ledger::{Head, RunId};
use crate::migrations::checkpoint::v1;
use std::collections::{BTreeSet, HashMap, HashSet};

/// How many chunks a part of a list names, 27 bytes at most for each: no more are lost with a part.
const PART_CHUNKS: usize = 64;

/// A chunk as a list names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct NamedChunk {
    pub(super) partition: PartitionId,
    /// The generation that has written it.
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

/// The chunks of one generation, partition by partition, in their order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct StateList {
    chunks: Vec<NamedChunk>,
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

    /// What the head of its generation has of it.
    pub(super) fn digest(&self) -> u128 {
        state::digest_of(self.chunks.iter().map(|chunk| chunk.digest))
    }

    /// The keys and values under which it is stored. There is always one: it says that the generation is there.
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
            |part: &[NamedChunk]| codec::seal(&v1::ListPart { chunks: part.iter().map(row).collect() });
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

    /// Reads what can be read of the list of a generation; the rest goes to `damaged`, which decides whether to go on.
    pub(super) fn read(
        store: &Store,
        generation: u64,
        mut damaged: impl FnMut(&str, &str) -> Result<()>,
    ) -> Result<Self> {
        let mut list = Self::default();
        store.scan(&keys::list(generation), |key, frame| match list.take(frame) {
            Ok(()) => Ok(()),
            Err(damage) => damaged(&keys::list_part_name(key), &damage),
        })?;
        Ok(list)
    }

    /// What of it does not fit `head`, in words.
    pub(super) fn against(&self, head: &Head) -> Option<String> {
        let fits = self.len() == head.chunks && self.digest() == head.state_digest;
        (!fits).then(|| {
            format!("{} chunks found, {} expected, or their digests differ", self.len(), head.chunks)
        })
    }
}

impl Checkpoint {
    /// The list of the state that `head` describes.
    pub(super) fn read_list(&self, head: &Head) -> Result<StateList> {
        let damaged = |place: &str, damage: &str| Err(self.store.damaged(place, damage));
        let list = StateList::read(&self.store, head.generation, damaged)?;
        match list.against(head) {
            Some(damage) => Err(self.store.damaged("the open state", &damage)),
            None => Ok(list),
        }
    }

    /// Whether the state of this generation is kept.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn has_generation(&self, generation: u64) -> Result<bool> {
        self.store.any_with_prefix(&keys::list(generation))
    }

    /// The oldest generation from this one on whose state is kept.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn generation_from(&self, from: u64) -> Result<Option<u64>> {
        let first = self.store.first_key(&keys::list(from), &keys::list_part(u64::MAX, u32::MAX))?;
        Ok(first.and_then(|key| keys::generation_of_list(&key)))
    }

    fn generation_before(&self, before: u64) -> Result<Option<u64>> {
        let last = self.store.last_key(&keys::list(0), &keys::list(before))?;
        Ok(last.and_then(|key| keys::generation_of_list(&key)))
    }

    /// The generations whose state is kept.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn generations(&self) -> Result<BTreeSet<u64>> {
        let mut generations = BTreeSet::new();
        while let Some(next) = self.generation_from(generations.last().map_or(0, |last| last + 1))? {
            generations.insert(next);
        }
        Ok(generations)
    }

    /// The clock of the run that has written this generation. Each run writes one.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if its entry is damaged.
    pub fn clock_of_generation(&self, generation: u64) -> Result<Option<Timestamp>> {
        let Some(head) = &self.head else { return Ok(None) };
        let runs_after = head.generation.saturating_sub(generation);
        let run = RunId::new(head.run.number().saturating_sub(runs_after));
        Ok(self.run_entry(run)?.map(|entry| entry.as_of))
    }

    /// Removes all generations before this one. Needs no sync: whatever comes back after a crash is removed by the next run.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the store cannot be written.
    pub fn drop_generations_before(&self, generation: u64) -> Result<()> {
        self.drop_generations(0..generation)
    }

    /// Removes the generations in `dropped`, each with the chunks that no other names. All that name one chunk follow each
    /// other, since a chunk is only ever named again by the generation after: so its neighbours tell.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the store cannot be written.
    pub fn drop_generations(&self, dropped: std::ops::Range<u64>) -> Result<()> {
        let until = dropped.end.min(self.head.as_ref().map_or(0, |head| head.generation));
        let mut gone = Vec::new();
        let mut next = self.generation_from(dropped.start)?;
        while let Some(generation) = next.filter(|&generation| generation < until) {
            gone.push(generation);
            next = self.generation_from(generation + 1)?;
        }
        if gone.is_empty() {
            return Ok(());
        }
        let before = self.generation_before(dropped.start)?;
        // Of a neighbour that is damaged nothing can be read: what the head names stays all the same.
        let head = self.head.as_ref().map(|head| self.read_list(head)).transpose()?;
        let mut kept: HashSet<NamedChunk> = head.into_iter().flat_map(|list| list.chunks).collect();
        for generation in before.into_iter().chain(next) {
            kept.extend(self.readable_list(generation)?.chunks);
        }
        let mut removed = HashSet::new();
        for generation in gone {
            let list = self.readable_list(generation)?;
            let dead = list.chunks.iter().filter(|chunk| !kept.contains(chunk) && removed.insert(**chunk));
            let dead: Vec<_> = dead.map(NamedChunk::key).collect();
            self.store.remove_with_prefix(dead, &keys::list(generation))?;
        }
        Ok(())
    }

    /// What can be read of a list that is about to go, or that stays whatever becomes of its neighbours.
    fn readable_list(&self, generation: u64) -> Result<StateList> {
        StateList::read(&self.store, generation, |_, _| Ok(()))
    }
}
