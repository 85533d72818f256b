//! Where the keys of a table are found: a place for each, by its hash.

/// A place without a key.
const FREE: Place = Place { hash: 0, number: u32::MAX };

/// More places than this that are taken in a row are no accident: half of all are free, so by chance one search in 10^20 meets as
/// many.
pub(super) const CROWD: usize = 256;

/// There is always a free place beside a taken one, where a search ends.
const FEWEST: usize = 2;

/// So many places are never too many to empty, whatever is left in them.
const FEW: usize = 512;

/// The number of a key, and its hash: that alone tells nearly every other key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    hash: u32,
    number: u32,
}

/// The numbers of keys by hash. At most half of the places are taken; a key takes the first free one from where its hash points.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// A power of two of them, or none.
    places: Vec<Place>,
    taken: usize,
}

impl Places {
    /// The number that was added with this hash and that `is_it` accepts.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = first(hash);
        loop {
            let place = *self.places.get(at & mask)?;
            if place == FREE {
                return None;
            }
            if place.hash == hash && is_it(place.number) {
                return Some(place.number);
            }
            at += 1;
        }
    }

    /// Whether there must be more places before a number is added.
    pub(super) const fn is_full(&self) -> bool {
        2 * self.taken >= self.places.len()
    }

    /// Adds a number. `false` if `crowd` places are taken where it would be found; then nothing is added.
    pub(super) fn add(&mut self, hash: u32, number: u32, crowd: usize) -> bool {
        let mask = self.places.len() - 1;
        let mut seen = (0..crowd).map(|step| (first(hash) + step) & mask);
        let free = seen.find(|&at| self.places[at] == FREE);
        if let Some(at) = free {
            self.places[at] = Place { hash, number };
            self.taken += 1;
        }
        free.is_some()
    }

    /// Empties all places, of which there are then twice as many as `numbers` or more: as many as before, unless that is far too many.
    pub(super) fn empty_for(&mut self, numbers: usize) {
        let enough = (2 * numbers).next_power_of_two().max(FEWEST);
        let places = self.places.len().min(FEW.max(8 * enough)).max(enough);
        self.places.clear();
        self.places.resize(places, FREE);
        self.taken = 0;
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.places.capacity() * size_of::<Place>()
    }
}

/// Where a search begins. The lowest byte of a public hash is the partition, and all keys of a table have the same: it comes last.
#[inline]
const fn first(hash: u32) -> usize {
    hash.rotate_right(8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A search for what is not there must meet a free place.
    #[test]
    fn every_table_has_a_free_place() {
        for numbers in 0..70 {
            let mut places = Places::default();
            places.empty_for(numbers);
            let mut number = 0;
            while !places.is_full() {
                assert!(places.add(number << 8, number, CROWD));
                number += 1;
            }
            assert!(number as usize >= numbers.max(1));
            assert_eq!(places.find(u32::MAX, |_| true), None, "{numbers}");
        }
    }

    #[test]
    fn numbers_are_found_by_hash_and_crowds_are_noticed() {
        let mut places = Places::default();
        assert!(places.is_full());
        assert_eq!(places.find(7, |_| true), None);
        places.empty_for(600);
        for number in 0..256_u32 {
            assert!(places.add(number % 3, number, CROWD), "{number}");
        }
        assert!(!places.is_full() && !places.add(0xFF, 9_999, CROWD));
        assert_eq!(places.find(1, |number| number > 100), Some(103));
        assert_eq!((places.find(0x100, |_| true), places.find(0, |_| false)), (None, None));
        assert!(places.add(0xFF, 9_999, usize::MAX));
        places.empty_for(3);
        assert_eq!((places.find(1, |_| true), places.places.len()), (None, 512));
    }

    #[test]
    fn places_are_kept_unless_they_are_far_too_many() {
        let mut places = Places::default();
        places.empty_for(2_048);
        places.empty_for(300);
        assert_eq!((places.places.len(), places.memory_bytes()), (4_096, 4_096 * size_of::<Place>()));
        places.empty_for(200);
        assert_eq!(places.places.len(), 4_096, "eight times as many as are enough");
        places.empty_for(100);
        assert_eq!(places.places.len(), 2_048);
    }
}
