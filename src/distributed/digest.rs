//! A digest of events that does not depend on their order: two passes over a batch that read the same events have the same.

use crate::core::event::Event;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The sum of the hashes of events, modulo 2 to the 64.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct EventsDigest(u64);

impl EventsDigest {
    /// The digest of one event.
    pub(super) fn of(event: &Event<'_>) -> Self {
        let of_key = xxh3_64_with_seed(event.key, event.time.us().cast_unsigned());
        Self(xxh3_64_with_seed(event.payload, of_key))
    }

    /// A digest whose bits went through a row.
    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Its bits.
    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    /// Adds other events.
    pub(super) const fn add(&mut self, other: Self) {
        self.0 = self.0.wrapping_add(other.0);
    }
}

impl serde::Serialize for EventsDigest {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:016x}", self.0))
    }
}
