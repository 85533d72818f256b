//! A store in memory: to look at folders without a checkpoint, and for tests.

use super::store::{Changes, Entries, StateStore, SyncReach};
use crate::error::Result;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Entries in a map. They are never on a disk, and nothing fails.
#[derive(Debug, Default)]
pub struct MemoryStore {
    entries: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryStore {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Vec<u8>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl StateStore for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.entries().get(key).cloned())
    }

    fn scan(&self, keys: Range<Vec<u8>>) -> Entries<'_> {
        if keys.is_empty() {
            return Box::new(std::iter::empty());
        }
        let entries = self.entries();
        let found = entries.range(keys).map(|(key, value)| Ok((key.clone(), value.clone())));
        Box::new(found.collect::<Vec<_>>().into_iter())
    }

    fn put(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.entries().insert(key.to_vec(), value.to_vec());
        Ok(())
    }

    fn remove(&self, keys: Vec<Vec<u8>>) -> Result<()> {
        self.commit(Changes { removals: keys, ..Changes::default() })
    }

    fn commit(&self, changes: Changes) -> Result<()> {
        let mut entries = self.entries();
        for key in &changes.removals {
            entries.remove(key);
        }
        entries.extend(changes.puts);
        Ok(())
    }

    fn sync(&self, _reach: SyncReach) -> Result<()> {
        Ok(())
    }
}
