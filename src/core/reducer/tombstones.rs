//! Tombstones: what a reducer keeps of evicted sessions, to detect an event that comes too late for one.

use crate::core::event::Timestamp;
use crate::core::gap::Gap;
use crate::core::partition::KeyHash;
use crate::core::session::OutOfOrder;
use crate::core::watermark::Watermark;
use hashbrown::{HashTable, hash_table::Entry};

/// The last event of an evicted session, by the hash of its key. Two keys with equal hashes can only cause a needless restart.
#[derive(Debug, Clone, Copy)]
struct Last {
    hash: u64,
    time: Timestamp,
}

/// The evicted sessions of a partition. Ordered input never looks one up, so they are a list; the first lookup builds the
/// table.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    until: Watermark,
    listed: Vec<Last>,
    found: HashTable<Last>,
    forgotten: bool,
    /// Events taken since the last eviction.
    taken: u64,
}

impl Tombstones {
    /// Counts events that the reducer takes.
    #[inline]
    pub(super) const fn count_taken(&mut self, events: u64) {
        self.taken += events;
    }

    /// Begins an eviction, if one is due. Returns the time before which sessions are evicted. An eviction visits each of `keys`
    /// keys, so it is due when as many events have been taken since the last one.
    pub(super) fn begin(&mut self, safe_watermark: Watermark, keys: usize) -> Option<Timestamp> {
        let safe_at = safe_watermark.time().filter(|_| self.taken >= keys as u64)?;
        self.taken = 0;
        self.until = self.until.max(safe_watermark);
        Some(safe_at)
    }

    /// Adds a tombstone for the session of `key` whose last event was at `time`.
    pub(super) fn add(&mut self, key: &[u8], time: Timestamp) {
        if !self.forgotten {
            self.listed.push(Last { hash: KeyHash::of(key).whole(), time });
        }
    }

    /// Whether a session of `key` may begin at `time`: no evicted session of the key ends later, or so close before that both
    /// are one session.
    #[inline]
    pub(super) fn allows(&mut self, key: &[u8], time: Timestamp, gap: Gap) -> Result<(), OutOfOrder> {
        // `until` has passed every evicted session.
        if self.until.is_late(time) { self.look(KeyHash::of(key).whole(), time, gap) } else { Ok(()) }
    }

    /// Releases the memory. From now on, any event that begins a session before the last eviction is out of order.
    pub(super) fn forget(&mut self) {
        *self = Self { until: self.until, forgotten: true, taken: self.taken, ..Self::default() };
    }

    /// The memory in use, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        self.listed.capacity() * size_of::<Last>() + self.found.allocation_size()
    }

    #[cold]
    fn look(&mut self, hash: u64, time: Timestamp, gap: Gap) -> Result<(), OutOfOrder> {
        for last in self.listed.drain(..) {
            match self.found.entry(last.hash, |found| found.hash == last.hash, |found| found.hash) {
                Entry::Vacant(place) => drop(place.insert(last)),
                Entry::Occupied(mut found) => found.get_mut().time = found.get().time.max(last.time),
            }
        }
        let last = self.found.find(hash, |found| found.hash == hash);
        let is_passed = last.is_none_or(|last| gap.is_passed(last.time, time));
        if is_passed && !self.forgotten { Ok(()) } else { Err(OutOfOrder) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eviction_is_due_when_as_many_events_were_taken_as_there_are_keys() {
        let at = Timestamp::from_us(7).unwrap();
        let mut tombstones = Tombstones::default();
        for due in [None, Some(at), None, Some(at)] {
            tombstones.count_taken(1);
            assert_eq!(tombstones.begin(Watermark::BEGINNING, 2), None);
            assert_eq!(tombstones.begin(Watermark::at(at), 2), due);
        }
    }

    #[test]
    fn of_two_evicted_sessions_of_a_key_the_later_one_counts_whenever_it_was_asked_for() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let gap = Gap::from_us(10);
        let mut tombstones = Tombstones::default();
        assert_eq!(tombstones.begin(Watermark::at(at(200)), 0), Some(at(200)));
        for last in [0, 100] {
            tombstones.add(b"a", at(last));
            assert_eq!(tombstones.allows(b"b", at(150), gap), Ok(()));
        }
        tombstones.add(b"a", at(50));
        for (us, allowed) in [(40, false), (90, false), (110, false), (111, true), (250, true)] {
            assert_eq!(tombstones.allows(b"a", at(us), gap).is_ok(), allowed, "{us}");
        }
    }

    #[test]
    fn forgetting_releases_memory_and_keeps_the_count_of_events() {
        let at = Timestamp::from_us(7).unwrap();
        let mut tombstones = Tombstones::default();
        for key in 0..100_u8 {
            tombstones.add(&[key], at);
        }
        let listed = tombstones.memory_bytes();
        assert!((100 * size_of::<Last>()..200 * size_of::<Last>()).contains(&listed), "{listed}");
        tombstones.begin(Watermark::at(at), 0);
        _ = tombstones.allows(b"other", Timestamp::from_us(6).unwrap(), Gap::from_us(1));
        let found = tombstones.memory_bytes() - listed;
        assert!((100 * size_of::<Last>()..400 * size_of::<Last>()).contains(&found), "{found}");
        tombstones.count_taken(1);
        tombstones.forget();
        assert_eq!(tombstones.memory_bytes(), 0);
        tombstones.count_taken(1);
        assert_eq!(tombstones.begin(Watermark::at(at), 2), Some(at));
    }
}
