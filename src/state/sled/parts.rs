//! Long values in parts. sled keeps a page in its log only up to a quarter of a segment, and a page has up to 17 values; on opening,
//! it reads two segments and clears the rest of the last one. So segments are small, and so are the values that sled gets.

use crate::state::store::{Entry, MAX_VALUE_BYTES};
use std::ops::Range;

/// The pieces by which the log of sled grows.
pub(super) const SEGMENT_BYTES: usize = 1 << 20;

/// The length of a part. The last part of a value is shorter, and may be empty.
pub(super) const PART_BYTES: usize = 14 << 10;

/// The end of a key of sled: the number of the part, big-endian.
const NUMBER_BYTES: usize = 2;

/// The longest key that a store must take.
const MAX_KEY_BYTES: usize = 256;

const _: () = assert!(MAX_VALUE_BYTES / PART_BYTES < u16::MAX as usize);

const MOST_VALUES_OF_A_PAGE: usize = 17;
const _: () = assert!(MOST_VALUES_OF_A_PAGE * (PART_BYTES + MAX_KEY_BYTES) <= SEGMENT_BYTES / 4);

/// The key of a part.
pub(super) fn key_of(key: &[u8], number: u16) -> Vec<u8> {
    [key, &number.to_be_bytes()].concat()
}

/// The first parts of the values in `keys`, among other parts. They have the order of their keys.
pub(super) fn first_parts_in(keys: &Range<Vec<u8>>) -> Range<Vec<u8>> {
    key_of(&keys.start, 0)..key_of(&keys.end, 0)
}

/// The key of a value, from that of its first part; `None` for other parts.
pub(super) fn of_first_part(key: &[u8]) -> Option<&[u8]> {
    key.split_last_chunk::<NUMBER_BYTES>()
        .filter(|(_, number)| **number == [0; NUMBER_BYTES])
        .map(|(key, _)| key)
}

/// An entry as entries of sled. Further parts of a longer value that had the same key are never read.
pub(super) fn of((key, value): Entry) -> impl Iterator<Item = Entry> {
    let count = value.len() / PART_BYTES + 1;
    (0..).take(count).map(move |number: u16| {
        let from = usize::from(number) * PART_BYTES;
        let until = value.len().min(from + PART_BYTES);
        (key_of(&key, number), value[from..until].to_vec())
    })
}

/// The whole value, from its first part. `part` reads another one; where one is missing, the value ends, which its checksum shows.
pub(super) fn joined<E>(
    first: &[u8],
    mut part: impl FnMut(u16) -> Result<Option<sled::IVec>, E>,
) -> Result<Vec<u8>, E> {
    let mut value = first.to_vec();
    let mut last_bytes = first.len();
    for number in 1.. {
        if last_bytes < PART_BYTES {
            break;
        }
        let Some(next) = part(number)? else { break };
        value.extend_from_slice(&next);
        last_bytes = next.len();
    }
    Ok(value)
}
