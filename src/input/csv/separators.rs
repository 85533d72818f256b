//! The positions of delimiters, line ends and quotes, found 64 bytes at a time.
#![expect(clippy::cast_possible_truncation, reason = "positions in a block")]

use ::wide::u8x16;

/// The bytes that are searched together: one bit of the mask for each.
const CHUNK_BYTES: usize = 64;

/// The positions that are written at once.
const STEP: usize = 8;

/// The positions of some bytes in a text, in order. All of them are found before any is used.
///
/// Fields are short, so a separate search for each field would spend most of its time on starting. The number of fields in a
/// chunk cannot be predicted, so parsing a row while its chunk is still searched would pay for each wrong guess of the
/// processor. The memory is kept for the next text.
#[derive(Debug, Default)]
pub struct Separators {
    positions: Vec<u32>,
}

impl Separators {
    /// The positions of `wanted` bytes in `text`, which is shorter than 4 GiB.
    pub(super) fn find<const N: usize>(&mut self, text: &[u8], wanted: [u8; N]) -> &[u32] {
        let splats = wanted.map(u8x16::splat);
        let mut found = 0;
        let (chunks, rest) = text.as_chunks::<CHUNK_BYTES>();
        let mut start = 0;
        for chunk in chunks {
            found = self.note(mask(chunk, splats), start, found);
            start += CHUNK_BYTES as u32;
        }
        let mut chunk = [0; CHUNK_BYTES];
        chunk[..rest.len()].copy_from_slice(rest);
        found = self.note(mask(&chunk, splats) & ((1 << rest.len()) - 1), start, found);
        &self.positions[..found]
    }

    /// Writes the positions of a chunk after the `found` ones. Returns the new number. It writes in complete steps, so the
    /// processor need not guess how many positions there are; surplus ones are overwritten.
    #[inline]
    fn note(&mut self, mut mask: u64, start: u32, found: usize) -> usize {
        if self.positions.len() < found + CHUNK_BYTES {
            self.positions.resize(2 * (found + CHUNK_BYTES), 0);
        }
        let count = mask.count_ones() as usize;
        for step in self.positions[found..found + CHUNK_BYTES].as_chunks_mut::<STEP>().0 {
            for position in step {
                *position = start + mask.trailing_zeros();
                mask &= mask.wrapping_sub(1);
            }
            if mask == 0 {
                break;
            }
        }
        found + count
    }
}

/// A bit for each byte of `chunk` that is wanted, the first byte in the lowest bit.
#[inline]
fn mask<const N: usize>(chunk: &[u8; CHUNK_BYTES], wanted: [u8x16; N]) -> u64 {
    chunk.as_chunks().0.iter().rev().fold(0, |mask, &sixteen| {
        let sixteen = u8x16::new(sixteen);
        let hits = wanted.iter().fold(u8x16::ZERO, |hits, &byte| hits | sixteen.simd_eq(byte));
        mask << 16 | u64::from(hits.to_bitmask())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn they_are_those_that_memchr_finds(
            texts in proptest::collection::vec(proptest::collection::vec(
                prop_oneof![Just(0_u8), Just(b','), Just(b'\n'), Just(b'"'), any::<u8>()], 0..300), 1..4),
            one in prop_oneof![Just(0_u8), Just(b','), any::<u8>()],
        ) {
            let mut separators = Separators::default();
            for text in texts {
                let found: Vec<usize> = separators.find(&text, [one, b'\n']).iter().map(|&at| at as usize).collect();
                prop_assert_eq!(found, memchr::memchr2_iter(one, b'\n', &text).collect::<Vec<_>>());
                let found: Vec<usize> = separators.find(&text, [one, b'\n', b'"']).iter().map(|&at| at as usize).collect();
                prop_assert_eq!(found, memchr::memchr3_iter(one, b'\n', b'"', &text).collect::<Vec<_>>());
            }
        }
    }
}
