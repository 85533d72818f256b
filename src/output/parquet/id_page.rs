//! A page of session ids as plain texts, compressed.
//!
//! A compressor would search the texts for repetitions, which random digits do not have, count the characters, and make a code of
//! the counts. The counts of ids are always about the same. So a page is written here as zstd would write it after all that: a
//! frame (RFC 8878) of literals without sequences, with one code for all pages.

use super::id_code::{BitStreams, DASH, LENGTH, PAIRS, TREE};
use crate::core::session::SessionId;

/// A plain text: its length as a number of four bytes, and its 36 characters.
const TEXT_BYTES: usize = 4 + 36;

/// The ids of a block, which may have 128 KiB of texts. Each of four streams has a fourth of them.
const BLOCK_IDS: usize = 3276;
const STREAMS: usize = 4;

/// The ids of a page: 256 KiB of texts.
const PAGE_IDS: usize = 2 * BLOCK_IDS;

/// The number of a frame of zstd; and a header that says: the size of the texts follows in four bytes, and nothing else.
const FRAME: [u8; 5] = [0x28, 0xB5, 0x2F, 0xFD, 0b1010_0000];

/// What a block is: compressed; or the last one, and bytes as they are.
const COMPRESSED: u64 = 2 << 1;
const LAST_AND_RAW: u64 = 1;

/// Literals with a code of their own, in four streams, with sizes of 18 bits.
const CODED: u64 = 2 | 3 << 2;

/// Ids that wait to be compressed.
#[derive(Debug, Default)]
pub(super) struct IdPage(Vec<[u8; 16]>);

impl IdPage {
    /// How many ids it has.
    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }

    /// How many ids may follow.
    pub(super) const fn room(&self) -> usize {
        PAGE_IDS - self.0.len()
    }

    /// How many bytes its texts have.
    pub(super) const fn bytes(&self) -> usize {
        self.0.len() * TEXT_BYTES
    }

    /// Takes ids.
    pub(super) fn push(&mut self, ids: &[[u8; 16]]) {
        self.0.extend_from_slice(ids);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The frame of its texts.
    pub(super) fn compress(&self) -> Vec<u8> {
        let mut frame = Vec::with_capacity(self.bytes());
        frame.extend_from_slice(&FRAME);
        write_number(self.bytes() as u64, 4, &mut frame);
        let (ids, rest) = self.0.split_at(self.0.len() - self.0.len() % STREAMS);
        for ids in ids.chunks(BLOCK_IDS) {
            write_block(ids, &mut frame);
        }
        write_last_block(rest, &mut frame);
        frame
    }
}

/// A block of ids, as many in each stream.
fn write_block(ids: &[[u8; 16]], frame: &mut Vec<u8>) {
    let mut literals = Vec::with_capacity(ids.len() * TEXT_BYTES);
    literals.extend_from_slice(&TREE);
    let mut streams = BitStreams::default();
    let mut ends = Vec::with_capacity(STREAMS);
    for ids in ids.chunks(ids.len() / STREAMS) {
        write_stream(ids, &mut streams);
        ends.push(streams.end());
    }
    // The sizes of all streams but the last.
    for stream in 0..STREAMS - 1 {
        let begin = if stream == 0 { 0 } else { ends[stream - 1] };
        write_number((ends[stream] - begin) as u64, 2, &mut literals);
    }
    literals.extend_from_slice(streams.bytes());
    // A block ends with the number of its sequences.
    let (texts, coded) = ((ids.len() * TEXT_BYTES) as u64, literals.len() as u64);
    write_number(COMPRESSED | (5 + coded + 1) << 3, 3, frame);
    write_number(CODED | texts << 4 | coded << 22, 5, frame);
    frame.extend_from_slice(&literals);
    frame.push(0);
}

/// The texts of ids, backwards: a stream is read from its end.
fn write_stream(ids: &[[u8; 16]], stream: &mut BitStreams) {
    for id in ids.iter().rev() {
        for (word, bytes) in id.as_chunks::<4>().0.iter().enumerate().rev() {
            for (place, byte) in bytes.iter().enumerate().rev() {
                stream.push(PAIRS[usize::from(*byte)]);
                if matches!(4 * word + place, 4 | 6 | 8 | 10) {
                    stream.push(DASH);
                }
            }
            stream.flush();
        }
        stream.push(LENGTH);
        stream.flush();
    }
}

/// The end of a frame: ids that are too few for streams.
fn write_last_block(ids: &[[u8; 16]], frame: &mut Vec<u8>) {
    write_number(LAST_AND_RAW | ((ids.len() * TEXT_BYTES) as u64) << 3, 3, frame);
    for id in ids {
        let text = SessionId::of_bytes(*id).text();
        write_number(text.len() as u64, 4, frame);
        frame.extend_from_slice(&text);
    }
}

/// Appends the lowest bytes of a number.
fn write_number(number: u64, bytes: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&number.to_le_bytes()[..bytes]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    /// The plain texts of ids, as the format of Parquet says.
    fn plain(ids: &[[u8; 16]]) -> Vec<u8> {
        let text = |id: &[u8; 16]| [&[36, 0, 0, 0], Uuid::from_bytes(*id).to_string().as_bytes()].concat();
        ids.iter().flat_map(text).collect()
    }

    fn check(ids: &[[u8; 16]]) {
        let mut page = IdPage::default();
        page.push(ids);
        assert_eq!(
            (page.len(), page.bytes(), page.room()),
            (ids.len(), 40 * ids.len(), PAGE_IDS - ids.len())
        );
        let (frame, expected) = (page.compress(), plain(ids));
        assert_eq!(zstd::bulk::decompress(&frame, expected.len()).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn zstd_reads_the_texts_of_any_ids(ids in proptest::collection::vec(any::<[u8; 16]>(), 0..40)) {
            check(&ids);
        }
    }

    #[test]
    fn zstd_reads_pages_of_any_length() {
        let ids = |count: usize| -> Vec<[u8; 16]> {
            (0..count as u128)
                .map(|id| id.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes())
                .collect()
        };
        for count in [1, BLOCK_IDS - 1, BLOCK_IDS, BLOCK_IDS + 1, BLOCK_IDS + 4, PAGE_IDS - 3, PAGE_IDS] {
            check(&ids(count));
        }
        // All codes are as long as they can be.
        check(&vec![[0xFF; 16]; PAGE_IDS]);
        check(&vec![[0; 16]; PAGE_IDS]);
    }
}
