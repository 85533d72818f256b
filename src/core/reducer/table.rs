//! The keys of one partition: found by hash, kept in the order in which they were first seen.
//!
//! This order makes every output a function of the input alone: no hash order reaches a file.
#![expect(
    clippy::cast_possible_truncation,
    reason = "a partition with 2^32 keys would need 400 GB, and halves of a hash"
)]

use super::changes::{GoneKeys, Marks};
use super::places::{CROWD, Places};
use super::table_key::TableKey;
use std::hash::{BuildHasher, RandomState};

/// A key with its state, side by side: most often an event needs nothing else.
#[derive(Debug)]
struct Entry<S> {
    state: S,
    table_hash: u32,
    marks: Marks,
    key: TableKey,
}

/// Keys and the state of each, by the number of the key.
///
/// The hash of an event has a public seed, so somebody can choose keys with hashes that are found at one place, and a search would
/// visit all of them. A table that meets such keys uses a secret hash from then on. The hash only finds keys, so no output depends on
/// it.
#[derive(Debug, Default)]
pub(super) struct KeyTable<S> {
    secret: Option<RandomState>,
    places: Places,
    entries: Vec<Entry<S>>,
    /// The bytes of keys that are not in their entries.
    long_bytes: usize,
    gone: GoneKeys,
}

impl<S: Default> KeyTable<S> {
    /// Makes room for so many keys in an empty table, and for some more: a table that is full is copied.
    pub(super) fn reserve(&mut self, keys: usize) {
        if keys == 0 {
            return;
        }
        let room = keys + keys / 8;
        self.entries.reserve_exact(room);
        self.places.empty_for(room);
    }

    /// The number of `key`, which is added if it is new.
    #[inline]
    pub(super) fn number_of(&mut self, key: &[u8], table_hash: u32) -> u32 {
        let table_hash = match &self.secret {
            None => table_hash,
            Some(secret) => secret_hash(secret, key),
        };
        let entries = &self.entries;
        let found = self.places.find(table_hash, |number| entries[number as usize].key.is(key));
        found.unwrap_or_else(|| self.add(key, table_hash))
    }

    #[inline(never)]
    fn add(&mut self, key: &[u8], table_hash: u32) -> u32 {
        let number = self.entries.len() as u32;
        let state = S::default();
        let key = TableKey::of(key);
        self.long_bytes += key.bytes_elsewhere();
        self.entries.push(Entry { state, table_hash, marks: Marks::NEW, key });
        if !self.places.is_full() && self.places.add(table_hash, number, self.crowd()) {
            return number;
        }
        self.index();
        number
    }

    /// Removes all keys, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.places.empty_for(self.entries.len());
        self.entries.clear();
        self.long_bytes = 0;
        self.gone = GoneKeys::default();
    }

    fn take_secret_hash(&mut self) {
        let secret = RandomState::new();
        for entry in &mut self.entries {
            entry.table_hash = secret_hash(&secret, entry.key.bytes());
        }
        self.secret = Some(secret);
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn key(&self, number: u32) -> &[u8] {
        self.entries[number as usize].key.bytes()
    }

    /// The state of a key, for a change.
    #[inline]
    pub(super) fn state(&mut self, number: u32) -> &mut S {
        self.key_and_state(number).1
    }

    #[inline]
    pub(super) fn key_and_state(&mut self, number: u32) -> (&[u8], &mut S) {
        let Entry { key, state, marks, .. } = &mut self.entries[number as usize];
        marks.set_changed();
        (key.bytes(), state)
    }

    /// Something of the key has changed that is not in its state.
    #[inline]
    pub(super) fn change(&mut self, number: u32) {
        self.entries[number as usize].marks.set_changed();
    }

    /// The key is as it is stored.
    pub(super) fn restored(&mut self, number: u32) {
        let marks = &mut self.entries[number as usize].marks;
        self.gone.count_stored(*marks);
        *marks = Marks::STORED;
    }

    /// All keys by number, with their states and what became of them since they were restored.
    pub(super) fn iter_marked(&self) -> impl Iterator<Item = (&[u8], &S, Marks)> {
        self.entries.iter().map(|entry| (entry.key.bytes(), &entry.state, entry.marks))
    }

    /// The keys that were restored and are not in the table any more; `None` if they were too many to be kept.
    pub(super) fn gone(&self) -> Option<impl Iterator<Item = &[u8]>> {
        self.gone.keys()
    }

    /// All keys by number, with their states.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &S)> {
        self.entries.iter().map(|entry| (entry.key.bytes(), &entry.state))
    }

    /// Visits all keys. `visit` returns whether it has changed the state.
    pub(super) fn for_each_mut(&mut self, mut visit: impl FnMut(&[u8], &mut S) -> bool) {
        for Entry { key, state, marks, .. } in &mut self.entries {
            if visit(key.bytes(), state) {
                marks.set_changed();
            }
        }
    }

    /// The next [`KeyTable::retain`] keeps this key, whatever its state.
    pub(super) fn mark(&mut self, number: u32) {
        self.entries[number as usize].marks.keep();
    }

    /// Removes the keys that are neither marked nor selected by `keep`; the others stay in order. Returns the new number of each
    /// key by its old one.
    pub(super) fn retain(&mut self, mut keep: impl FnMut(&S) -> bool) -> Vec<u32> {
        let (mut numbers, mut kept) = (Vec::with_capacity(self.entries.len()), 0);
        let (long_bytes, gone) = (&mut self.long_bytes, &mut self.gone);
        self.entries.retain_mut(|entry| {
            let is_kept = entry.marks.take_kept() || keep(&entry.state);
            numbers.push(if is_kept { kept } else { u32::MAX });
            kept += u32::from(is_kept);
            if !is_kept {
                *long_bytes -= entry.key.bytes_elsewhere();
                gone.add(entry.marks, &entry.key);
            }
            is_kept
        });
        self.index();
        numbers
    }

    /// So many keys where one is to be found make the table take a secret hash. Nobody has chosen keys for that one.
    const fn crowd(&self) -> usize {
        if self.secret.is_none() { CROWD } else { usize::MAX }
    }

    /// Finds places for all keys again; by a secret hash if they would all crowd.
    fn index(&mut self) {
        self.places.empty_for(self.entries.len());
        let crowd = self.crowd();
        let is_crowded =
            !(0..).zip(&self.entries).all(|(number, entry)| self.places.add(entry.table_hash, number, crowd));
        if is_crowded {
            self.take_secret_hash();
            self.index();
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let entries = self.entries.capacity() * size_of::<Entry<S>>();
        self.places.memory_bytes() + entries + self.long_bytes + self.gone.memory_bytes()
    }
}

fn secret_hash(secret: &RandomState, key: &[u8]) -> u32 {
    secret.hash_one(key) as u32
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
    fn a_table_with_room_takes_as_many_keys_and_some_more_where_it_is() {
        let mut table = KeyTable::<()>::default();
        table.reserve(1_000);
        let bytes = table.memory_bytes();
        for number in 0..1_100_u32 {
            assert_eq!(table.number_of(&number.to_be_bytes(), number << 8), number);
        }
        assert_eq!(table.memory_bytes(), bytes);
        for number in 1_100..5_000_u32 {
            assert_eq!(table.number_of(&number.to_be_bytes(), number << 8), number);
        }
        assert_eq!((table.number_of(&7_u32.to_be_bytes(), 7 << 8), table.len()), (7, 5_000));
    }

    #[test]
    fn an_empty_table_that_was_cleared_takes_keys() {
        let mut table = KeyTable::<()>::default();
        assert_eq!(table.retain(|()| true), Vec::<u32>::new());
        for number in 0..3 {
            assert_eq!(table.number_of(&[number as u8], number << 8), number);
            assert_eq!(table.number_of(&[number as u8], number << 8), number);
        }
    }

    #[test]
    fn a_table_that_was_cleared_has_no_keys_and_keeps_its_room() {
        let mut table = KeyTable::<u64>::default();
        let mut memory = Vec::new();
        for round in 0..3_u32 {
            for number in 0..1_000_u32 {
                let key = format!("{number:0100}");
                let at = table.number_of(key.as_bytes(), (number + round) << 8);
                assert_eq!((at, *table.state(at)), (number, 0));
                *table.state(at) = 7;
                table.restored(at);
            }
            memory.push(table.memory_bytes());
            assert_eq!(table.retain(|_| false).len(), 1_000);
            assert!(table.gone().is_none());
            table.clear();
            assert_eq!((table.len(), table.gone().map(Iterator::count)), (0, Some(0)));
        }
        assert_eq!(memory, [memory[0]; 3]);
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
    fn a_few_keys_under_one_hash_are_an_accident() {
        let mut table = KeyTable::<()>::default();
        for number in 0..100_u32 {
            assert_eq!(table.number_of(&number.to_be_bytes(), 7), number);
        }
        assert!(table.secret.is_none());
    }

    #[test]
    fn memory_counts_room_long_keys_and_those_that_are_gone() {
        let mut table = KeyTable::<u64>::default();
        table.reserve(800);
        let room = table.memory_bytes();
        // An eighth more than was asked for, and at least two places for each.
        let least = 900 * (size_of::<Entry<u64>>() + 2 * size_of::<u64>());
        assert!((least..2 * least).contains(&room), "{room}");
        for number in 0..800_u32 {
            let key = format!("{number:01000}");
            let at = table.number_of(key.as_bytes(), number << 8);
            *table.state(at) = u64::from(number);
            table.restored(at);
        }
        assert_eq!(table.memory_bytes(), room + 800 * 1_000);
        // As many as are remembered: one in four.
        assert_eq!(table.retain(|&state| state >= 200)[200], 0);
        assert_eq!(table.gone().map(Iterator::count), Some(200));
        let gone = table.memory_bytes() - room - 800 * 1_000;
        assert!((200 * size_of::<TableKey>()..400 * size_of::<TableKey>()).contains(&gone), "{gone}");
        table.retain(|&state| state > 200);
        assert!(table.gone().is_none(), "one more is too many");
        assert_eq!(table.memory_bytes(), room + 599 * 1_000);
    }
}
