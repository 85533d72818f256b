//! Chunks of encoded rows, cut by size and content.

use crate::migrations::checkpoint::read::encode_into;
use crate::migrations::checkpoint::{CURRENT_VERSION, MAX_CHUNK_BYTES};
use bincode::Encode;
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

/// The most bytes of a chunk before a further row: the longest row must still fit.
const FULL_CHUNK_BYTES: usize = 12 << 10;

/// From this size on, a chunk ends after a row that marks an end.
pub(in crate::state) const LEAST_CHUNK_BYTES: usize = 9 << 10;

/// On average, one row in this many bytes marks an end.
const BYTES_BETWEEN_ENDS: u64 = 1 << 10;

const _: () = assert!(FULL_CHUNK_BYTES < MAX_CHUNK_BYTES);

/// The bytes before the rows of a chunk: version (4), row count (4).
const HEADER_BYTES: usize = 8;

/// Encoded rows in their stored form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    bytes: Vec<u8>,
    count: u32,
}

impl Chunk {
    /// `count` encoded rows.
    pub(in crate::state) fn of(rows: &[u8], count: u32) -> Self {
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

    /// Stored bytes in the newest version, for further rows; `None` for any other version.
    pub(in crate::state) fn of_stored(bytes: Vec<u8>) -> Option<Self> {
        let (version, rest) = bytes.split_first_chunk()?;
        let count = u32::from_le_bytes(*rest.first_chunk()?);
        (u32::from_le_bytes(*version) == CURRENT_VERSION).then_some(Self { bytes, count })
    }

    pub(in crate::state) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of its bytes. Rows are far shorter than the number allows.
    pub(in crate::state) fn length(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }

    pub(in crate::state) fn digest(&self) -> u128 {
        xxh3_128(&self.bytes)
    }
}

/// Chunks to which rows are appended.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Chunks {
    pub(super) chunks: Vec<Chunk>,
    /// Whether the next row begins a chunk.
    is_cut: bool,
}

impl Chunks {
    /// Chunks of which the first one, if there is one, has rows already.
    pub(super) fn behind(first: Option<Chunk>) -> Self {
        Self { chunks: first.into_iter().collect(), is_cut: false }
    }

    pub(super) fn bytes(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.bytes.len()).sum()
    }

    /// Appends a row. A chunk that has ended is followed by a new one. The end of a chunk depends only on the rows near it, if
    /// they are short, so a change in one chunk does not shift the rows of all chunks after it.
    pub(super) fn push<T: Encode>(&mut self, row: &T) {
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

/// The rows of all `chunks`, after their count.
pub(in crate::state) fn rows_of_all(chunks: &[Chunk]) -> Vec<u8> {
    let count: u32 = chunks.iter().map(|chunk| chunk.count).sum();
    let rows = chunks.iter().flat_map(|chunk| &chunk.bytes[HEADER_BYTES..]);
    count.to_le_bytes().iter().chain(rows).copied().collect()
}

/// Whether a chunk that is long enough ends after this row. Long rows mark an end more often, because a chunk has few of them.
fn is_end(row: &[u8]) -> bool {
    xxh3_64(row) % BYTES_BETWEEN_ENDS < row.len() as u64
}

/// A chunk whose digest is the one in the list of its generation.
pub(in crate::state) struct OpenChunk<'b> {
    /// The version of its rows.
    pub(in crate::state) version: u32,
    /// The number of rows.
    pub(in crate::state) count: u32,
    pub(in crate::state) rows: &'b [u8],
}

/// Checks a chunk against its digest.
pub(in crate::state) fn open_chunk(bytes: &[u8], digest: u128) -> Result<OpenChunk<'_>, String> {
    if xxh3_128(bytes) != digest {
        return Err("its digest does not match".to_owned());
    }
    let (version, rest) = bytes.split_first_chunk::<4>().ok_or("it is truncated")?;
    let (count, rows) = rest.split_first_chunk::<4>().ok_or("it is truncated")?;
    Ok(OpenChunk { version: u32::from_le_bytes(*version), count: u32::from_le_bytes(*count), rows })
}

/// The digest of a state, from those of its chunks in order.
pub(in crate::state) fn digest_of(digests: impl Iterator<Item = u128>) -> u128 {
    let mut hash = Xxh3::new();
    digests.for_each(|digest| hash.update(&digest.to_le_bytes()));
    hash.digest128()
}
