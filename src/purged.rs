//! Purged keys, and the time until which their events are late.
//!
//! After a purge, it is unknown which sessions of the key were emitted. All of them begin at or before the watermark of that
//! moment, because only events up to the watermark are folded (rule 4). So events at or before it must be late, or a session
//! could be emitted twice. A later event begins a session that was never emitted.

use crate::core::event::Timestamp;
use crate::core::partition::KeyHash;
use crate::core::watermark::Watermark;
use std::sync::Arc;

/// A purged key. The key itself must not stay anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgedKey {
    /// Its [`KeyHash`].
    pub hash: u64,
    /// Its events up to this time are late, including those at this time.
    pub until: Timestamp,
}

/// All purged keys whose events could otherwise still be accepted; sorted by hash, each hash once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PurgedKeys(Arc<[PurgedKey]>);

impl FromIterator<PurgedKey> for PurgedKeys {
    /// Of two entries with one hash, the later time counts.
    fn from_iter<I: IntoIterator<Item = PurgedKey>>(keys: I) -> Self {
        let mut sorted: Vec<PurgedKey> = keys.into_iter().collect();
        sorted.sort_unstable_by_key(|key| (key.hash, std::cmp::Reverse(key.until)));
        sorted.dedup_by_key(|key| key.hash);
        Self(sorted.into())
    }
}

impl PurgedKeys {
    /// The entries, by hash.
    pub fn iter(&self) -> impl Iterator<Item = PurgedKey> {
        self.0.iter().copied()
    }

    /// These and `key`, which is purged at the watermark `watermark`. Before the first event, nothing was emitted.
    #[must_use]
    pub fn with(&self, key: &[u8], watermark: Watermark) -> Self {
        let hash = KeyHash::of(key).whole();
        self.iter().chain(watermark.time().map(|until| PurgedKey { hash, until })).collect()
    }

    /// The entries that still matter if events before `accepts_from` are late anyway.
    #[must_use]
    pub fn needed_from(&self, accepts_from: Watermark) -> Self {
        self.iter().filter(|key| !accepts_from.is_late(key.until)).collect()
    }

    /// Whether an event of `key` at `time` is late because of a purge.
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
