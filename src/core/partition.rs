//! The partition of a key. It belongs to the checkpoint format and never changes.
#![expect(clippy::cast_possible_truncation, reason = "halves of a hash")]

use xxhash_rust::xxh3::xxh3_64;

/// The number of partitions. A partition is the unit of parallel work, memory, state and spilling.
pub const PARTITIONS: usize = 256;

/// Neighbouring partitions whose events travel together, in the order of arrival: a processor writes to some dozen places at once
/// without a miss, not to hundreds.
pub const GROUP_PARTITIONS: usize = 8;

/// The number of groups.
pub const GROUPS: usize = PARTITIONS / GROUP_PARTITIONS;

/// One of the [`PARTITIONS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId(u8);

impl PartitionId {
    /// All partitions, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..=u8::MAX).map(Self)
    }

    /// The partition with this number.
    pub const fn of_number(number: u8) -> Self {
        Self(number)
    }

    /// The partition of the keys with this hash for tables.
    pub const fn of_table_hash(table_hash: u32) -> Self {
        Self(table_hash as u8)
    }

    /// Its group, and the place in it.
    pub const fn group(self) -> (usize, usize) {
        (self.index() / GROUP_PARTITIONS, self.index() % GROUP_PARTITIONS)
    }

    /// The position among all partitions.
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The number in the checkpoint format.
    pub const fn number(self) -> u8 {
        self.0
    }
}

/// xxh3-64 with seed 0 of the bytes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHash(u64);

impl KeyHash {
    /// The hash of `key`.
    pub fn of(key: &[u8]) -> Self {
        Self(xxh3_64(key))
    }

    /// The partition of the key: the lowest byte.
    pub const fn partition(self) -> PartitionId {
        PartitionId(self.0 as u8)
    }

    /// All bits.
    pub const fn whole(self) -> u64 {
        self.0
    }

    /// The bits that stay with an event: the partition in the lowest byte, and above it the 24 uppermost bits, which find the key in
    /// the table of its partition.
    pub const fn table(self) -> u32 {
        (self.0 >> 32) as u32 & !0xFF | self.0 as u32 & 0xFF
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_cut_into_partition_and_table_as_the_format_says() {
        // XXH3-64 by the reference implementation: 0x517a430dcf1f8a00, 0x681ecd4627da1d58 and 0x42b220e32fd53135.
        for (key, partition, table) in
            [(b"apple", 0x00_u8, 0x517a_4300), (b"berry", 0x58, 0x681e_cd58), (b"candy", 0x35, 0x42b2_2035)]
        {
            let hash = KeyHash::of(key);
            assert_eq!(PartitionId::of_table_hash(hash.table()), hash.partition());
            assert_eq!(
                (hash.partition().number(), hash.partition().index(), hash.table()),
                (partition, usize::from(partition), table)
            );
        }
    }

    #[test]
    fn all_partitions_are_256_in_order() {
        let numbers: Vec<u8> = PartitionId::all().map(PartitionId::number).collect();
        assert_eq!(numbers, (0..=255).collect::<Vec<u8>>());
        assert_eq!(numbers.len(), PARTITIONS);
        let places: Vec<(usize, usize)> = PartitionId::all().map(PartitionId::group).collect();
        let expected = (0..GROUPS).flat_map(|group| (0..GROUP_PARTITIONS).map(move |place| (group, place)));
        assert_eq!(places, expected.collect::<Vec<_>>());
    }
}
