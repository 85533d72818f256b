//! Open state as rows: its only encoding, for the store, exports and embedders.
//!
//! A reducer becomes chunks of rows ([`Stored::encode`]), which a store keeps one by one. [`write`] joins them to bytes that
//! need no store. `RowReader` is the only decoder of both.

mod chunk;
#[cfg(test)]
mod chunk_tests;
#[cfg(feature = "cli")]
mod counts;
mod encoded;
mod key;
mod pieces;
mod reader;
mod reducer;

pub(in crate::state) use chunk::{Chunk, LEAST_CHUNK_BYTES, digest_of, open_chunk};
#[cfg(feature = "cli")]
pub(in crate::state) use counts::{Counting, against_head};
pub use encoded::EncodedPartition;
pub(in crate::state) use key::time;
pub(in crate::state) use reader::RowReader;
pub use reducer::Stored;

use super::frame;
#[cfg(feature = "parquet")]
use crate::core::reducer::OpenCounts;
use crate::error::{Error, ErrorKind};
use chunk::{OpenChunk, rows_of_all};

/// Encodes the open state of `reducer` as bytes with a checksum and the format version. Linear in the open state.
pub fn write(reducer: &mut impl Stored) -> Vec<u8> {
    frame::of(&rows_of_all(reducer.encode().chunks()))
}

/// The same with the counts of what is open; no bytes if there is nothing to keep.
#[cfg(feature = "parquet")]
pub fn write_counted(reducer: &mut impl Stored) -> (Option<Vec<u8>>, OpenCounts) {
    let encoded = reducer.encode();
    (bytes_of(&encoded), encoded.open)
}

/// Encoded open state as bytes that need no store; none if there is nothing to keep.
#[cfg(feature = "parquet")]
pub fn bytes_of(encoded: &EncodedPartition) -> Option<Vec<u8>> {
    let chunks = encoded.chunks();
    (!chunks.is_empty()).then(|| frame::of(&rows_of_all(chunks)))
}

/// Restores what [`write`] has written into `reducer`, which must be empty.
///
/// # Errors
/// What is wrong with the bytes. No bytes may cause a panic, or use memory beyond a multiple of their length.
pub fn read(bytes: &[u8], reducer: &mut impl Stored) -> Result<(), String> {
    restore(Ok(open_bytes(bytes)?), reducer)
}

/// The rows in such bytes.
pub(in crate::state) fn open_bytes(bytes: &[u8]) -> Result<OpenChunk<'_>, String> {
    let (version, framed) = frame::open(bytes)?;
    let (count, rows) = framed.split_first_chunk::<4>().ok_or("it is truncated")?;
    Ok(OpenChunk { version, count: u32::from_le_bytes(*count), rows })
}

fn restore(chunk: Result<OpenChunk<'_>, String>, reducer: &mut impl Stored) -> Result<(), String> {
    let mut damage = None;
    let mut reader = RowReader::new(reducer.is_plain());
    let mut lost = |what: &str| {
        damage = Some(what.to_owned());
        Err(Error::new(ErrorKind::Checkpoint, what))
    };
    let read = reader.read(chunk, &mut |row| reducer.restore_row(row), &mut lost);
    let read = read.and_then(|_| reader.end(&mut lost));
    read.map_err(|error| damage.unwrap_or_else(|| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::chunk::{Chunk, open_chunk};
    use super::*;
    use crate::core::event::Timestamp;
    use crate::core::event::{Event, MAX_KEY_BYTES};
    use crate::core::gap::Gap;
    use crate::core::partition::KeyHash;
    use crate::core::reducer::{Fold, GapReducer};
    use crate::core::session::OpenSession;
    use crate::core::watermark::Watermark;
    use crate::migrations::checkpoint::MAX_CHUNK_BYTES;
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
        assert_eq!((encoded.open.keys, encoded.open.sessions, encoded.open.events), (5_006, 5_005, 25_005));
        assert_eq!(encoded.open.oldest_start, Some(at(0)));

        let mut after = GapReducer::new(Gap::from_us(5));
        for chunk in encoded.chunks() {
            assert!(chunk.bytes().len() <= MAX_CHUNK_BYTES);
            assert_eq!(restore(open_chunk(chunk.bytes(), chunk.digest()), &mut after), Ok(()));
        }
        assert_eq!(states(&mut after), states(&mut before));
    }

    #[test]
    fn a_foreign_chunk_and_one_with_a_flipped_bit_are_refused() {
        let encoded = reducer_with([(b"a".to_vec(), 1)].into_iter(), 10).encode();
        let chunk = &encoded.chunks()[0];
        let decode_as =
            |bytes: &[u8], digest| restore(open_chunk(bytes, digest), &mut GapReducer::new(Gap::from_us(5)));
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
            encoded.chunks().iter().map(Chunk::digest).collect()
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
