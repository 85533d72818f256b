//! The open state of a partition as chunks of rows, cut by bytes.

use super::codec::encode_into;
use super::ruled::Pieces;
use super::stored::Stored;
use crate::core::event::Timestamp;
use crate::core::session::OpenSession;
use crate::migrations::checkpoint::CURRENT_VERSION;
use bincode::Encode;
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

/// sled moves pages beyond a quarter of its segment into files that it never removes, and a page holds up to 17
/// chunks.
pub use crate::migrations::checkpoint::MAX_CHUNK_BYTES;

/// Rows are added until a chunk has reached this; the longest row must fit behind it.
const FULL_CHUNK_BYTES: usize = 16 << 10;

/// From here on a chunk ends where its rows say so.
const LEAST_CHUNK_BYTES: usize = 12 << 10;

/// In this many bytes one row says so on average.
const BYTES_BETWEEN_ENDS: u64 = 1 << 10;

/// The longest piece of a tail in one row: nine bytes at most for each time.
pub(super) const MAX_TAIL: usize = 512;

/// Bytes before the rows of a chunk: version (4), row count (4).
const HEADER_BYTES: usize = 8;

/// What a partition leaves open, ready to be written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EncodedPartition {
    /// The rows, cut into chunks.
    pub chunks: Vec<Chunk>,
    /// Whether the next row begins a chunk.
    is_cut: bool,
    /// Keys with anything open.
    pub keys: u64,
    /// Open sessions.
    pub sessions: u64,
    /// Events in open sessions and tails.
    pub events: u64,
    /// Start of the oldest open session.
    pub oldest_start: Option<Timestamp>,
}

/// Encoded rows as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    bytes: Vec<u8>,
    count: u32,
}

impl Chunk {
    /// `count` rows that are encoded already.
    pub(super) fn of(rows: &[u8], count: u32) -> Self {
        let mut chunk = Self { bytes: Vec::with_capacity(HEADER_BYTES + rows.len()), count };
        chunk.bytes.extend_from_slice(&CURRENT_VERSION.to_le_bytes());
        chunk.bytes.extend_from_slice(&count.to_le_bytes());
        chunk.bytes.extend_from_slice(rows);
        chunk
    }

    fn push<T: Encode>(&mut self, row: &T) {
        encode_into(row, &mut self.bytes);
        self.count += 1;
        self.bytes[4..HEADER_BYTES].copy_from_slice(&self.count.to_le_bytes());
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn digest(&self) -> u128 {
        xxh3_128(&self.bytes)
    }
}

/// The rows of all `chunks`, their count before them.
pub(super) fn rows_of_all(chunks: &[Chunk]) -> Vec<u8> {
    let count: u32 = chunks.iter().map(|chunk| chunk.count).sum();
    let rows = chunks.iter().flat_map(|chunk| &chunk.bytes[HEADER_BYTES..]);
    count.to_le_bytes().iter().chain(rows).copied().collect()
}

impl EncodedPartition {
    /// Counts a key.
    pub(super) fn count(&mut self, open: Option<&OpenSession>, events: u64) {
        self.keys += 1;
        self.sessions += u64::from(open.is_some());
        self.events += events;
        self.oldest_start = self.oldest_start.into_iter().chain(open.map(|open| open.start)).min();
    }

    /// Appends a row; a chunk that is at its end is followed by a new one. Where a chunk ends depends on the rows around its
    /// end alone, as long as they are short: what has changed in one chunk does not move the rows of all chunks behind it.
    pub(super) fn push_row<T: Encode>(&mut self, row: &T) {
        if self.chunks.is_empty() || self.is_cut {
            self.chunks.push(Chunk::of(&[], 0));
        }
        let Some(chunk) = self.chunks.last_mut() else { return };
        let start = chunk.bytes.len();
        chunk.push(row);
        let end = chunk.bytes.len();
        self.is_cut = end >= FULL_CHUNK_BYTES || end >= LEAST_CHUNK_BYTES && is_end(&chunk.bytes[start..]);
    }
}

/// Whether a chunk that is long enough ends behind this row. Long rows say so more often, for a chunk has few of them.
fn is_end(row: &[u8]) -> bool {
    xxh3_64(row) % BYTES_BETWEEN_ENDS < row.len() as u64
}

/// Restores the rows of a chunk into `reducer`. `pieces` goes from chunk to chunk of a partition.
pub(super) fn decode_chunk(
    bytes: &[u8],
    digest: u128,
    reducer: &mut impl Stored,
    pieces: &mut Pieces,
) -> Result<(), String> {
    let OpenChunk { version, count, mut rows } = open_chunk(bytes, digest)?;
    for _ in 0..count {
        let used = reducer.restore_row(version, rows, pieces)?;
        rows = &rows[used..];
    }
    if rows.is_empty() { Ok(()) } else { Err("it has bytes behind its last row".to_owned()) }
}

/// A chunk whose digest is the one that the list of its generation has.
pub(super) struct OpenChunk<'b> {
    /// The version of its rows.
    pub(super) version: u32,
    /// How many rows it has.
    pub(super) count: u32,
    pub(super) rows: &'b [u8],
}

/// Holds a chunk against its digest.
pub(super) fn open_chunk(bytes: &[u8], digest: u128) -> Result<OpenChunk<'_>, String> {
    if xxh3_128(bytes) != digest {
        return Err("its digest does not match".to_owned());
    }
    let (version, rest) = bytes.split_first_chunk::<4>().ok_or("it is cut short")?;
    let (count, rows) = rest.split_first_chunk::<4>().ok_or("it is cut short")?;
    Ok(OpenChunk { version: u32::from_le_bytes(*version), count: u32::from_le_bytes(*count), rows })
}

/// The digest of a state, from those of its chunks in order.
pub(super) fn digest_of(digests: impl Iterator<Item = u128>) -> u128 {
    let mut hash = Xxh3::new();
    digests.for_each(|digest| hash.update(&digest.to_le_bytes()));
    hash.digest128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::{Event, MAX_KEY_BYTES};
    use crate::core::gap::Gap;
    use crate::core::partition::KeyHash;
    use crate::core::reducer::{Fold, GapReducer};
    use crate::core::watermark::Watermark;
    use std::collections::HashSet;

    fn at(us: i64) -> Timestamp {
        Timestamp::from_us(us).unwrap()
    }

    fn reducer_with(events: impl Iterator<Item = (Vec<u8>, i64)>, horizon: i64) -> GapReducer {
        let mut reducer = GapReducer::new(Gap::from_us(5));
        for (key, us) in events {
            let event =
                Event { key: &key, table_hash: KeyHash::of(&key).table(), time: at(us), payload: b"" };
            reducer.take(event, Watermark::at(at(horizon)), &mut |_| ()).unwrap();
        }
        reducer
    }

    fn states(reducer: &mut GapReducer) -> Vec<(Vec<u8>, Option<OpenSession>, Vec<Timestamp>)> {
        let mut all = Vec::new();
        reducer.open_state(|state| all.push((state.key.to_vec(), state.open, state.buffered.to_vec())));
        all
    }

    #[test]
    fn what_is_written_comes_back_and_no_chunk_is_too_long() {
        let many = (0..5_000_i64).map(|n| (format!("key-{n}").into_bytes(), n % 7));
        let long_keys = (0..5_u8).map(|n| (vec![n; MAX_KEY_BYTES], 3));
        let long_tail = (0..20_000_i64).map(|n| (b"tail".to_vec(), 253_402_300_799_000_000 + n));
        let mut before = reducer_with(many.chain(long_keys).chain(long_tail), 10);
        let encoded = before.encode();
        assert_eq!((encoded.keys, encoded.sessions, encoded.events), (5_006, 5_005, 25_005));
        assert_eq!(encoded.oldest_start, Some(at(0)));

        let mut after = GapReducer::new(Gap::from_us(5));
        for chunk in &encoded.chunks {
            assert!(chunk.bytes().len() <= MAX_CHUNK_BYTES);
            assert_eq!(
                decode_chunk(chunk.bytes(), chunk.digest(), &mut after, &mut Pieces::default()),
                Ok(())
            );
        }
        assert_eq!(states(&mut after), states(&mut before));
    }

    #[test]
    fn a_foreign_chunk_and_one_with_a_flipped_bit_are_refused() {
        let encoded = reducer_with([(b"a".to_vec(), 1)].into_iter(), 10).encode();
        let chunk = &encoded.chunks[0];
        let decode_as = |bytes: &[u8], digest| {
            decode_chunk(bytes, digest, &mut GapReducer::new(Gap::from_us(5)), &mut Pieces::default())
        };
        assert!(decode_as(chunk.bytes(), chunk.digest() + 1).unwrap_err().contains("digest"));
        for bit in 0..chunk.bytes().len() * 8 {
            let mut damaged = chunk.bytes().to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode_as(&damaged, chunk.digest()).is_err(), "bit {bit}");
        }
        for length in 0..chunk.bytes().len() {
            assert!(decode_as(&chunk.bytes()[..length], chunk.digest()).is_err(), "cut to {length}");
        }
    }

    /// One key among many is longer, shorter, new or gone: the chunks behind the next few are as they were.
    #[test]
    fn a_changed_row_moves_the_ends_of_few_chunks() {
        let row = |n: u32, width: usize| (format!("key-{n:0width$}").into_bytes(), 3);
        let rows: Vec<_> = (0..20_000).map(|n| row(n, 9)).collect();
        let digests = |rows: &[(Vec<u8>, i64)]| -> HashSet<u128> {
            let encoded = reducer_with(rows.iter().cloned(), 10).encode();
            encoded.chunks.iter().map(Chunk::digest).collect()
        };
        let before = digests(&rows);
        assert!(before.len() > 20, "{}", before.len());
        for at in [0, 7, 5_000, 12_345] {
            let mut others = [rows.clone(), rows.clone(), rows.clone()];
            others[0].remove(at);
            others[1].insert(at, row(99_999, 9));
            others[2][at] = row(u32::try_from(at).unwrap(), 200);
            for other in &others {
                let changed = digests(other).difference(&before).count();
                assert!((1..=6).contains(&changed), "{changed} chunks after a change at {at}");
            }
        }
    }
}
