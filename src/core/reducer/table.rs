//! The keys of one partition: found by hash, kept in the order in which they were first seen.
//!
//! This order makes every output a function of the input alone: no hash order reaches a file.
#![expect(clippy::cast_possible_truncation, reason = "a partition with 2^32 keys would need 200 GB")]

use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};

/// More keys than this with one hash are no accident: even two are rare by chance.
const MANY_COLLISIONS: u32 = 16;

/// A key with its state.
#[derive(Debug)]
struct Entry<S> {
    state: S,
    /// Set by [`KeyTable::mark`], until [`KeyTable::retain`].
    is_marked: bool,
    key_end: usize,
    table_hash: u32,
}

/// Keys and the state of each, by the number of the key. All keys share one allocation.
///
/// The hash of an event has a public seed, so somebody can choose keys with equal hashes, and a search would visit all of them.
/// A table that meets such keys uses a secret hash from then on. The hash only finds keys, so no output depends on it.
#[derive(Debug, Default)]
pub(super) struct KeyTable<S> {
    secret: Option<RandomState>,
    numbers: HashTable<u32>,
    entries: Vec<Entry<S>>,
    keys: Vec<u8>,
}

impl<S: Default> KeyTable<S> {
    /// The number of `key`, which is added if it is new.
    ///
    /// # Panics
    /// Never in practice: a partition would need 2^32 keys, which are over 200 GB.
    pub(super) fn number_of(&mut self, key: &[u8], table_hash: u32) -> u32 {
        let table_hash = self.secret.as_ref().map_or(table_hash, |secret| secret_hash(secret, key));
        let Self { numbers, entries, keys, .. } = self;
        let mut collisions = 0;
        for &number in numbers.iter_hash(spread(table_hash)) {
            if entries[number as usize].table_hash != table_hash {
                continue;
            }
            if is_same(key_at(entries, keys, number), key) {
                return number;
            }
            collisions += 1;
        }
        if collisions > MANY_COLLISIONS && self.secret.is_none() {
            self.take_secret_hash();
            return self.number_of(key, table_hash);
        }
        let number = entries.len() as u32;
        keys.extend_from_slice(key);
        entries.push(Entry { state: S::default(), is_marked: false, key_end: keys.len(), table_hash });
        numbers
            .insert_unique(spread(table_hash), number, |&other| spread(entries[other as usize].table_hash));
        number
    }

    fn take_secret_hash(&mut self) {
        let secret = RandomState::new();
        let mut start = 0;
        for entry in &mut self.entries {
            entry.table_hash = secret_hash(&secret, &self.keys[start..entry.key_end]);
            start = entry.key_end;
        }
        self.index();
        self.secret = Some(secret);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn key(&self, number: u32) -> &[u8] {
        key_at(&self.entries, &self.keys, number)
    }

    pub(super) fn state(&mut self, number: u32) -> &mut S {
        &mut self.entries[number as usize].state
    }

    pub(super) fn key_and_state(&mut self, number: u32) -> (&[u8], &mut S) {
        let key = key_at(&self.entries, &self.keys, number);
        (key, &mut self.entries[number as usize].state)
    }

    /// All keys by number, with their states.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &S)> {
        (0..).zip(&self.entries).map(|(number, entry)| (self.key(number), &entry.state))
    }

    pub(super) fn for_each_mut(&mut self, mut visit: impl FnMut(&[u8], &mut S)) {
        let mut start = 0;
        for entry in &mut self.entries {
            let end = entry.key_end;
            visit(&self.keys[start..end], &mut entry.state);
            start = end;
        }
    }

    /// The next [`KeyTable::retain`] keeps this key, whatever its state.
    pub(super) fn mark(&mut self, number: u32) {
        self.entries[number as usize].is_marked = true;
    }

    /// Removes the keys that are neither marked nor selected by `keep`; the others stay in order. Returns the new number of each
    /// key by its old one.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&S) -> bool) -> Vec<u32> {
        let mut numbers = vec![u32::MAX; self.entries.len()];
        let (mut start, mut kept, mut keys_end) = (0, 0, 0);
        for (old, number) in numbers.iter_mut().enumerate() {
            let entry = &mut self.entries[old];
            let key = start..entry.key_end;
            start = key.end;
            if std::mem::take(&mut entry.is_marked) || keep(&entry.state) {
                self.keys.copy_within(key.clone(), keys_end);
                keys_end += key.len();
                entry.key_end = keys_end;
                self.entries.swap(kept, old);
                *number = kept as u32;
                kept += 1;
            }
        }
        self.entries.truncate(kept);
        self.keys.truncate(keys_end);
        self.index();
        numbers
    }

    /// Builds the hash table again.
    fn index(&mut self) {
        self.numbers.clear();
        for (number, entry) in (0..).zip(&self.entries) {
            let hash_of = |&other: &u32| spread(self.entries[other as usize].table_hash);
            self.numbers.insert_unique(spread(entry.table_hash), number, hash_of);
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.numbers.allocation_size()
            + self.entries.capacity() * size_of::<Entry<S>>()
            + self.keys.capacity()
    }
}

fn key_at<'k, S>(entries: &[Entry<S>], keys: &'k [u8], number: u32) -> &'k [u8] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { entries[number - 1].key_end };
    &keys[start..entries[number].key_end]
}

/// Whether two keys are equal. Most keys are short: a call would cost more than the comparison.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && match one.len() {
            4..=8 => {
                (one.first_chunk::<4>(), one.last_chunk::<4>()) == (other.first_chunk(), other.last_chunk())
            }
            9..=16 => {
                (one.first_chunk::<8>(), one.last_chunk::<8>()) == (other.first_chunk(), other.last_chunk())
            }
            _ => one == other,
        }
}

fn secret_hash(secret: &RandomState, key: &[u8]) -> u32 {
    secret.hash_one(key) as u32
}

/// The table uses both ends of a 64-bit hash; both get all bits that differ within a partition: all but the lowest byte.
fn spread(table_hash: u32) -> u64 {
    u64::from(table_hash) << 32 | u64::from(table_hash >> 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_share_a_hash_keep_their_numbers_and_make_the_table_take_a_secret_one() {
        let key = |number: u32| format!("key {number}").into_bytes();
        let mut table = KeyTable::<()>::default();
        for number in 0..20_000 {
            assert_eq!(table.number_of(&key(number), 7), number);
        }
        assert!(table.secret.is_some());
        for number in 0..20_000 {
            assert_eq!(table.number_of(&key(number), 7), number);
            assert_eq!(table.key(number), key(number));
        }
        let mut spread_hashes: Vec<u32> = table.entries.iter().map(|entry| entry.table_hash).collect();
        spread_hashes.sort_unstable();
        spread_hashes.dedup();
        assert!(spread_hashes.len() > 19_000, "{}", spread_hashes.len());
    }

    #[test]
    fn keys_that_are_kept_keep_their_states_and_their_order() {
        let mut table = KeyTable::<usize>::default();
        for key in ["one", "", "three", "four"] {
            let number = table.number_of(key.as_bytes(), 7);
            *table.state(number) = key.len();
        }
        table.mark(3);
        assert_eq!(table.retain(|&length| length != 3 && length != 4), [u32::MAX, 0, 1, 2]);
        assert_eq!(table.iter().collect::<Vec<_>>(), [(&b""[..], &0), (b"three", &5), (b"four", &4)]);
        assert_eq!((table.number_of(b"four", 7), table.number_of(b"one", 7)), (2, 3));
    }

    #[test]
    fn keys_of_every_length_differ_by_any_byte() {
        for length in 0..40 {
            let key: Vec<u8> = (0..length).collect();
            assert!(is_same(&key, &key.clone()));
            assert!(!is_same(&key, &[&key[..], b"x"].concat()));
            for at in 0..key.len() {
                let mut other = key.clone();
                other[at] ^= 1;
                assert!(!is_same(&key, &other), "{length} {at}");
            }
        }
    }

    #[test]
    fn a_few_keys_under_one_hash_are_an_accident() {
        let mut table = KeyTable::<()>::default();
        for number in 0..=MANY_COLLISIONS {
            assert_eq!(table.number_of(&number.to_be_bytes(), 7), number);
        }
        assert!(table.secret.is_none());
    }
}
