//! The changes of a partition, and how they lie over its base.
//!
//! A row that changes a key of the base stands in its place. Other keys follow the base, in the order in which they came. A key that
//! was removed and has come again is a new one. So what is read is what a run that wrote the whole state would have written.

use crate::core::partition::KeyHash;
use crate::migrations::checkpoint::OpenRow;
use std::borrow::Cow;
use std::collections::HashMap;

/// The changes of a partition since its base was written.
#[derive(Debug, Default)]
pub(super) struct Overlay<'b> {
    /// In the order in which their keys came.
    changes: Vec<Change<'b>>,
    /// The last change of each key.
    places: HashMap<Cow<'b, [u8]>, usize>,
    filter: Filter,
    is_base_unknown: bool,
}

/// What stands in the place of a row of the base.
#[derive(Debug, PartialEq)]
pub(super) enum Over<'b> {
    /// The row itself.
    Base,
    /// Another row.
    Change(OpenRow<'b>),
    /// No row.
    Nothing,
}

#[derive(Debug)]
struct Change<'b> {
    /// The newest row of the key; `None` once it is visited, or if the key is gone.
    row: Option<OpenRow<'b>>,
    /// Whether the key was removed before it came again: then it is no key of the base.
    was_removed: bool,
}

impl<'b> Overlay<'b> {
    /// Takes the next change.
    pub(super) fn take(&mut self, row: OpenRow<'b>) {
        let is_gone = row.is_nothing();
        let key = row.key.clone();
        let place = self.places.get(&key).copied();
        let change = place.and_then(|place| self.changes.get_mut(place));
        let row = (!is_gone).then_some(row);
        match change {
            Some(change) if is_gone || change.row.is_some() => change.row = row,
            // It was removed.
            before => {
                let was_removed = before.is_some();
                self.filter.add(&key);
                self.places.insert(key, self.changes.len());
                self.changes.push(Change { row, was_removed });
            }
        }
    }

    /// Changes after all of those taken before are lost: of what they may have changed, nothing is known any more.
    pub(super) fn lose(&mut self) {
        *self = Self { is_base_unknown: true, ..Self::default() };
    }

    /// Whether changes were lost that the base may need.
    pub(super) const fn is_base_unknown(&self) -> bool {
        self.is_base_unknown
    }

    /// What stands in the place of a row of the base with this key.
    #[inline]
    pub(super) fn over(&mut self, key: &[u8]) -> Over<'b> {
        if self.is_base_unknown {
            return Over::Nothing;
        }
        if self.places.is_empty() || !self.filter.may_have(key) {
            return Over::Base;
        }
        let Some(&place) = self.places.get(key) else { return Over::Base };
        // Further rows of a key whose tail is long find its change visited.
        let change = self.changes.get_mut(place).filter(|change| !change.was_removed);
        change.and_then(|change| change.row.take()).map_or(Over::Nothing, Over::Change)
    }

    /// What follows the base.
    pub(super) fn rest(self) -> impl Iterator<Item = OpenRow<'b>> {
        self.changes.into_iter().filter_map(|change| change.row)
    }
}

/// A set of keys that may have others too. Nearly all keys of a base have no change: this finds it out faster than a look-up.
#[derive(Debug, Default)]
struct Filter {
    /// One bit for each value of sixteen bits of the hash; none before the first key.
    bits: Vec<u64>,
}

impl Filter {
    const WORDS: usize = 1 << 10;

    /// The place of a key: a word, and a bit of it. The lowest byte of the hash is the same for all keys of a partition.
    #[inline]
    fn place(key: &[u8]) -> (usize, u64) {
        let hash = KeyHash::of(key).table() >> 8;
        (hash as usize / 64 % Self::WORDS, 1 << (hash % 64))
    }

    fn add(&mut self, key: &[u8]) {
        self.bits.resize(Self::WORDS, 0);
        let (word, bit) = Self::place(key);
        if let Some(word) = self.bits.get_mut(word) {
            *word |= bit;
        }
    }

    #[inline]
    fn may_have(&self, key: &[u8]) -> bool {
        let (word, bit) = Self::place(key);
        self.bits.get(word).is_some_and(|word| word & bit != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrations::checkpoint::v1::OpenSession;

    fn row(key: &'static str, events: u64) -> OpenRow<'static> {
        let open = (events > 0).then_some(OpenSession { start_us: 0, last_us: 0, events });
        OpenRow { key: Cow::Borrowed(key.as_bytes()), open, tail_us: Vec::new(), ruled: None }
    }

    /// What `changes` make of a base with the keys a, b and c of one event each.
    fn over(changes: &[(&'static str, u64)]) -> Vec<(String, u64)> {
        let mut overlay = Overlay::default();
        for &(key, events) in changes {
            overlay.take(row(key, events));
        }
        let base = ["a", "b", "c"].map(|key| row(key, 1));
        let mut over = |row: OpenRow<'static>| match overlay.over(&row.key) {
            Over::Base => Some(row),
            Over::Change(change) => Some(change),
            Over::Nothing => None,
        };
        let mut rows: Vec<_> = base.into_iter().filter_map(&mut over).collect();
        rows.extend(overlay.rest());
        rows.iter().map(|row| (String::from_utf8_lossy(&row.key).into_owned(), row.events())).collect()
    }

    fn expect(changes: &[(&'static str, u64)], expected: &[(&str, u64)]) {
        let expected: Vec<_> = expected.iter().map(|&(key, events)| (key.to_owned(), events)).collect();
        assert_eq!(over(changes), expected, "{changes:?}");
    }

    #[test]
    fn changes_stand_in_the_place_of_their_keys_and_new_keys_behind() {
        expect(&[], &[("a", 1), ("b", 1), ("c", 1)]);
        expect(
            &[("b", 2), ("d", 3), ("b", 4), ("d", 5), ("e", 6)],
            &[("a", 1), ("b", 4), ("c", 1), ("d", 5), ("e", 6)],
        );
    }

    #[test]
    fn a_key_that_was_removed_is_gone_or_a_new_one() {
        expect(&[("b", 0)], &[("a", 1), ("c", 1)]);
        expect(&[("b", 0), ("d", 2), ("b", 3)], &[("a", 1), ("c", 1), ("d", 2), ("b", 3)]);
        expect(
            &[("d", 2), ("e", 3), ("d", 0), ("d", 4)],
            &[("a", 1), ("b", 1), ("c", 1), ("e", 3), ("d", 4)],
        );
        expect(&[("b", 0), ("b", 3), ("b", 0), ("d", 0)], &[("a", 1), ("c", 1)]);
    }

    #[test]
    fn without_the_changes_after_it_nothing_is_known_of_the_base() {
        let mut overlay = Overlay::default();
        overlay.take(row("b", 2));
        overlay.lose();
        overlay.take(row("c", 3));
        assert_eq!(overlay.over(b"a"), Over::Nothing);
        assert_eq!(overlay.over(b"c"), Over::Nothing);
        assert_eq!(overlay.rest().collect::<Vec<_>>(), [row("c", 3)]);
    }
}
