//! The open state of a partition as chunks of rows, cut by bytes.

use super::codec::encode_into;
use super::ruled::Pieces;
use super::stored::Stored;
use crate::event::Timestamp;
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::session::OpenSession;
use bincode::Encode;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// sled moves pages beyond a quarter of its segment into files that it never removes, and a page holds up to 17
/// chunks.
pub use crate::migrations::checkpoint::MAX_CHUNK_BYTES;

/// Rows are added until a chunk has reached this; the longest row must fit behind it.
const FULL_CHUNK_BYTES: usize = 16 << 10;

/// The longest piece of a tail in one row: nine bytes at most for each time.
pub(super) const MAX_TAIL: usize = 512;

/// Bytes before the rows of a sealed chunk: xxh3-64 of what follows the checksum (8), version (4), generation (8), row
/// count (4).
const HEADER_BYTES: usize = 24;

/// What a partition leaves open, ready to be written.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EncodedPartition {
    /// The rows, cut into chunks.
    pub chunks: Vec<Chunk>,
    /// Keys with anything open.
    pub keys: u64,
    /// Open sessions.
    pub sessions: u64,
    /// Events in open sessions and tails.
    pub events: u64,
    /// Start of the oldest open session.
    pub oldest_start: Option<Timestamp>,
}

/// Encoded rows, not sealed yet.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Chunk {
    rows: Vec<u8>,
    count: u32,
}

impl Chunk {
    /// `count` rows that are encoded already.
    pub(super) const fn of(rows: Vec<u8>, count: u32) -> Self {
        Self { rows, count }
    }
}

/// The rows of all `chunks`, their count before them.
pub(super) fn rows_of_all(chunks: &[Chunk]) -> Vec<u8> {
    let count: u32 = chunks.iter().map(|chunk| chunk.count).sum();
    let rows = chunks.iter().flat_map(|chunk| &chunk.rows);
    count.to_le_bytes().iter().chain(rows).copied().collect()
}

/// A chunk as it is stored.
pub(super) struct SealedChunk {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: u64,
}

impl EncodedPartition {
    /// Counts a key.
    pub(super) fn count(&mut self, open: Option<&OpenSession>, events: u64) {
        self.keys += 1;
        self.sessions += u64::from(open.is_some());
        self.events += events;
        self.oldest_start = self.oldest_start.into_iter().chain(open.map(|open| open.start)).min();
    }

    /// Appends a row; a chunk that is full is followed by a new one.
    pub(super) fn push_row<T: Encode>(&mut self, row: &T) {
        if self.chunks.last().is_none_or(|chunk| chunk.rows.len() >= FULL_CHUNK_BYTES) {
            self.chunks.push(Chunk::default());
        }
        if let Some(chunk) = self.chunks.last_mut() {
            encode_into(row, &mut chunk.rows);
            chunk.count += 1;
        }
    }
}

pub(super) fn seal_chunk(chunk: &Chunk, generation: u64) -> SealedChunk {
    let mut body = Vec::with_capacity(HEADER_BYTES + chunk.rows.len());
    body.extend_from_slice(&[0; 8]);
    body.extend_from_slice(&CURRENT_VERSION.to_le_bytes());
    body.extend_from_slice(&generation.to_le_bytes());
    body.extend_from_slice(&chunk.count.to_le_bytes());
    body.extend_from_slice(&chunk.rows);
    let digest = xxh3_64(&body[8..]);
    body[..8].copy_from_slice(&digest.to_le_bytes());
    debug_assert!(body.len() <= MAX_CHUNK_BYTES);
    SealedChunk { bytes: body, digest }
}

/// Restores the rows of a sealed chunk into `reducer` and returns the digest of the chunk. `pieces` goes from chunk to chunk
/// of a partition.
pub(super) fn decode_chunk(
    bytes: &[u8],
    generation: u64,
    reducer: &mut impl Stored,
    pieces: &mut Pieces,
) -> Result<u64, String> {
    let OpenChunk { digest, version, count, mut rows } = open_chunk(bytes, generation)?;
    for _ in 0..count {
        let used = reducer.restore_row(version, rows, pieces)?;
        rows = &rows[used..];
    }
    if rows.is_empty() { Ok(digest) } else { Err("it has bytes behind its last row".to_owned()) }
}

/// A sealed chunk whose checksum holds.
pub(super) struct OpenChunk<'b> {
    pub(super) digest: u64,
    /// The version of its rows.
    pub(super) version: u32,
    /// How many rows it has.
    pub(super) count: u32,
    pub(super) rows: &'b [u8],
}

/// Holds a sealed chunk against its checksum and its generation.
pub(super) fn open_chunk(bytes: &[u8], generation: u64) -> Result<OpenChunk<'_>, String> {
    let (digest, body) = bytes.split_first_chunk::<8>().ok_or("it is cut short")?;
    let (version, rest) = body.split_first_chunk::<4>().ok_or("it is cut short")?;
    let (found, rest) = rest.split_first_chunk::<8>().ok_or("it is cut short")?;
    let (count, rows) = rest.split_first_chunk::<4>().ok_or("it is cut short")?;
    let digest = u64::from_le_bytes(*digest);
    if xxh3_64(body) != digest {
        return Err("its checksum does not match".to_owned());
    }
    if u64::from_le_bytes(*found) != generation {
        return Err(format!("it is of generation {}, not {generation}", u64::from_le_bytes(*found)));
    }
    let (version, count) = (u32::from_le_bytes(*version), u32::from_le_bytes(*count));
    Ok(OpenChunk { digest, version, count, rows })
}

pub(super) fn digest_of(digests: &[u64]) -> u128 {
    let mut hash = Xxh3::new();
    for digest in digests {
        hash.update(&digest.to_le_bytes());
    }
    hash.digest128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, MAX_KEY_BYTES};
    use crate::gap::Gap;
    use crate::partition::KeyHash;
    use crate::reducer::{Fold, Reducer};
    use crate::watermark::Watermark;

    fn at(us: i64) -> Timestamp {
        Timestamp::from_us(us).unwrap()
    }

    fn reducer_with(events: impl Iterator<Item = (Vec<u8>, i64)>, horizon: i64) -> Reducer {
        let mut reducer = Reducer::new(Gap::from_us(5));
        for (key, us) in events {
            let event =
                Event { key: &key, table_hash: KeyHash::of(&key).table(), time: at(us), payload: b"" };
            reducer.take(event, Watermark::at(at(horizon)), &mut |_| ()).unwrap();
        }
        reducer
    }

    fn states(reducer: &mut Reducer) -> Vec<(Vec<u8>, Option<OpenSession>, Vec<Timestamp>)> {
        let mut all = Vec::new();
        reducer.open_state(|state| all.push((state.key.to_vec(), state.open, state.tail.to_vec())));
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

        let mut after = Reducer::new(Gap::from_us(5));
        for chunk in &encoded.chunks {
            let sealed = seal_chunk(chunk, 4);
            assert!(sealed.bytes.len() <= MAX_CHUNK_BYTES);
            assert_eq!(decode_chunk(&sealed.bytes, 4, &mut after, &mut Pieces::default()), Ok(sealed.digest));
        }
        assert_eq!(states(&mut after), states(&mut before));
    }

    #[test]
    fn a_chunk_of_another_generation_or_with_a_flipped_bit_is_refused() {
        let encoded = reducer_with([(b"a".to_vec(), 1)].into_iter(), 10).encode();
        let sealed = seal_chunk(&encoded.chunks[0], 4).bytes;
        let decode_at = |bytes: &[u8], generation| {
            decode_chunk(bytes, generation, &mut Reducer::new(Gap::from_us(5)), &mut Pieces::default())
        };
        let decode = |bytes: &[u8]| decode_at(bytes, 4);
        assert!(decode_at(&sealed, 5).unwrap_err().contains("generation"));
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert!(decode(&sealed[..length]).is_err(), "cut to {length}");
        }
    }
}
