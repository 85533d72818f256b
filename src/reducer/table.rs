//! The keys of one partition, found by hash, kept in the order in which they were first seen.
//!
//! The order makes every output a function of the input alone: no hash order reaches a file.
#![expect(clippy::cast_possible_truncation, reason = "a partition with 2^32 keys would need 200 GB")]

use crate::session::OpenSession;
use hashbrown::HashTable;

/// What is known of one key.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) open: Option<OpenSession>,
    key_end: usize,
    table_hash: u32,
}

/// Keys and their entries. Keys lie one behind the other in one allocation.
#[derive(Debug, Default)]
pub(super) struct KeyTable {
    numbers: HashTable<u32>,
    entries: Vec<Entry>,
    keys: Vec<u8>,
}

impl KeyTable {
    /// The number of the entry of `key`, which is added if it is new.
    ///
    /// # Panics
    /// Never in practice: a partition would need 2^32 keys, over 200 GB of them.
    pub(super) fn entry_of(&mut self, key: &[u8], table_hash: u32) -> u32 {
        let Self { numbers, entries, keys } = self;
        let found = numbers.find(spread(table_hash), |&number| {
            entries[number as usize].table_hash == table_hash && key_at(entries, keys, number) == key
        });
        if let Some(&number) = found {
            return number;
        }
        let number = entries.len() as u32;
        keys.extend_from_slice(key);
        entries.push(Entry { open: None, key_end: keys.len(), table_hash });
        numbers
            .insert_unique(spread(table_hash), number, |&other| spread(entries[other as usize].table_hash));
        number
    }

    pub(super) fn get_mut(&mut self, number: u32) -> &mut Entry {
        &mut self.entries[number as usize]
    }

    pub(super) fn key(&self, number: u32) -> &[u8] {
        key_at(&self.entries, &self.keys, number)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &Entry)> {
        (0..self.entries.len() as u32).map(|number| (self.key(number), &self.entries[number as usize]))
    }

    pub(super) fn for_each_mut(&mut self, mut visit: impl FnMut(&[u8], &mut Entry)) {
        let mut start = 0;
        for entry in &mut self.entries {
            let end = entry.key_end;
            visit(&self.keys[start..end], entry);
            start = end;
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.numbers.allocation_size() + self.entries.capacity() * size_of::<Entry>() + self.keys.capacity()
    }
}

fn key_at<'k>(entries: &[Entry], keys: &'k [u8], number: u32) -> &'k [u8] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { entries[number - 1].key_end };
    &keys[start..entries[number].key_end]
}

/// The table looks at both ends of a 64-bit hash; both get all 32 bits that we have.
fn spread(table_hash: u32) -> u64 {
    u64::from(table_hash) << 32 | u64::from(table_hash)
}
