//! Which keys were removed for good, and until when their events are late.
//!
//! Who forgets a key forgets which sessions of it were told. All of them begin at the watermark of that moment or before it:
//! only events up to the watermark are folded (rule 4). So no event at or before it may come in again, or a session that was
//! told could come a second time; one after it begins a session that was never told.

use crate::core::event::Timestamp;
use crate::core::partition::KeyHash;
use crate::core::watermark::Watermark;
use std::sync::Arc;

/// A key that was removed. The key itself must not stay anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgedKey {
    /// Its [`KeyHash`].
    pub hash: u64,
    /// Its events up to here are late, this very time among them.
    pub until: Timestamp,
}

/// All keys that were removed and whose events could otherwise still be accepted; sorted by hash, each hash once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PurgedKeys(Arc<[PurgedKey]>);

impl FromIterator<PurgedKey> for PurgedKeys {
    /// Of two with one hash that with the later time stands.
    fn from_iter<I: IntoIterator<Item = PurgedKey>>(keys: I) -> Self {
        let mut sorted: Vec<PurgedKey> = keys.into_iter().collect();
        sorted.sort_unstable_by_key(|key| (key.hash, std::cmp::Reverse(key.until)));
        sorted.dedup_by_key(|key| key.hash);
        Self(sorted.into())
    }
}

impl PurgedKeys {
    /// Those in it, by hash.
    pub fn iter(&self) -> impl Iterator<Item = PurgedKey> {
        self.0.iter().copied()
    }

    /// These and `key`, which is removed while the watermark stands at `watermark`. Before the first event nothing was told.
    #[must_use]
    pub fn with(&self, key: &[u8], watermark: Watermark) -> Self {
        let hash = KeyHash::of(key).whole();
        self.iter().chain(watermark.time().map(|until| PurgedKey { hash, until })).collect()
    }

    /// Those of which an event could still be accepted where all before `accepts_from` are late.
    #[must_use]
    pub fn needed_from(&self, accepts_from: Watermark) -> Self {
        self.iter().filter(|key| !accepts_from.is_late(key.until)).collect()
    }

    /// Whether an event of `key` at `time` is late because the key was removed.
    #[inline]
    pub fn is_late(&self, key: &[u8], time: Timestamp) -> bool {
        !self.0.is_empty() && self.until(KeyHash::of(key)).is_some_and(|until| time <= until)
    }

    fn until(&self, hash: KeyHash) -> Option<Timestamp> {
        let found = self.0.binary_search_by_key(&hash.whole(), |key| key.hash);
        found.ok().map(|at| self.0[at].until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(us: i64) -> Timestamp {
        Timestamp::from_us(us).unwrap()
    }

    #[test]
    fn events_of_a_removed_key_are_late_up_to_the_watermark_of_that_moment() {
        let keys =
            PurgedKeys::default().with(b"ann", Watermark::at(at(5))).with(b"bob", Watermark::at(at(7)));
        for (key, time, late) in [
            (&b"ann"[..], 4, true),
            (b"ann", 5, true),
            (b"ann", 6, false),
            (b"bob", 7, true),
            (b"bob", 8, false),
            (b"cat", 1, false),
        ] {
            assert_eq!(keys.is_late(key, at(time)), late, "{key:?} at {time}");
        }
    }

    #[test]
    fn of_a_key_that_is_removed_twice_the_later_time_stands() {
        for times in [[5, 7], [7, 5]] {
            let both = times
                .iter()
                .fold(PurgedKeys::default(), |keys, &time| keys.with(b"ann", Watermark::at(at(time))));
            assert_eq!(both, PurgedKeys::default().with(b"ann", Watermark::at(at(7))));
        }
        assert_eq!(PurgedKeys::default().with(b"ann", Watermark::BEGINNING), PurgedKeys::default());
    }

    #[test]
    fn a_key_is_dropped_when_all_its_events_are_late_anyway() {
        let keys = PurgedKeys::default().with(b"ann", Watermark::at(at(5)));
        assert_eq!(keys.needed_from(Watermark::BEGINNING), keys);
        assert_eq!(keys.needed_from(Watermark::at(at(5))), keys);
        assert_eq!(keys.needed_from(Watermark::at(at(6))), PurgedKeys::default());
    }
}
