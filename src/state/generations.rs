//! The generations of open state that are kept.

use super::checkpoint::Checkpoint;
use super::keys;
use super::list::StateList;
use crate::core::event::Timestamp;
use crate::error::Result;
use crate::ledger::RunId;
use std::collections::{BTreeSet, HashSet};

impl Checkpoint {
    /// Whether the state of this generation is kept.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn has_generation(&self, generation: u64) -> Result<bool> {
        Ok(self.store.first_key(keys::below(&keys::list(generation)))?.is_some())
    }

    /// The oldest generation from this one on whose state is kept.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn generation_from(&self, from: u64) -> Result<Option<u64>> {
        let first = self.store.first_key(keys::lists_from(from))?;
        Ok(first.and_then(|key| keys::generation_of_list(&key)))
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

    /// The time of the run that wrote this generation. Each run writes one.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Checkpoint`] if its entry is damaged.
    pub fn clock_of_generation(&self, generation: u64) -> Result<Option<Timestamp>> {
        let Some(head) = &self.head else { return Ok(None) };
        let runs_after = head.generation.saturating_sub(generation);
        let run = RunId::new(head.run.number().saturating_sub(runs_after));
        Ok(self.run_entry(run)?.map(|entry| entry.as_of))
    }

    /// Removes all generations before this one. This needs no sync: the next run removes what comes back after a crash.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the store cannot be written.
    pub fn drop_generations_before(&self, generation: u64) -> Result<()> {
        self.drop_generations(0..generation)
    }

    /// Removes the generations in `dropped`, each with the chunks that no other generation names. Only the next generation can
    /// name a chunk again, so all generations with a chunk follow each other, and a look at the neighbours is enough.
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
        let before = self.generations()?.range(..dropped.start).next_back().copied();
        // A damaged neighbour cannot be read, but what the head names stays in any case.
        let head = self
            .head
            .as_ref()
            .map(|head| StateList::of_head(&*self.store, head, &self.folder))
            .transpose()?;
        let keys = |list: StateList| list.chunks.into_iter().map(|chunk| chunk.key());
        let mut kept: HashSet<Vec<u8>> = head.into_iter().flat_map(keys).collect();
        for generation in before.into_iter().chain(next) {
            kept.extend(keys(self.readable_list(generation)?));
        }
        for generation in gone {
            // What is removed once needs no second removal.
            let dead: Vec<_> =
                keys(self.readable_list(generation)?).filter(|key| kept.insert(key.clone())).collect();
            let parts = self.store.keys(keys::below(&keys::list(generation)))?;
            self.store.remove(dead.into_iter().chain(parts).collect())?;
        }
        Ok(())
    }

    /// What can be read of a list that is about to be removed, or of a neighbour.
    fn readable_list(&self, generation: u64) -> Result<StateList> {
        StateList::read(&*self.store, generation, |_, _| Ok(()))
    }
}
