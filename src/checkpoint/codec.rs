//! Head and ledger entries as bytes: format version, checksum, row.

use super::rows;
use super::state::MAX_CHUNK_BYTES;
use crate::ledger::{Head, HeadMark, RunEntry};
use crate::migrations::checkpoint::{CURRENT_VERSION, v1};
use bincode::{BorrowDecode, Decode, Encode};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Bytes before the row: version (4), xxh3-64 of the row (8), both little-endian.
const FRAME_BYTES: usize = 12;

/// Rows come from our own encoder; a length beyond this is damage, not data.
pub(super) const MAX_ROW_BYTES: usize = 1 << 30;

pub(super) fn encode_head(head: &Head) -> Vec<u8> {
    seal(&rows::head_row(head))
}

pub(super) fn decode_head(bytes: &[u8]) -> Result<Head, String> {
    rows::head(open::<v1::Head>(bytes)?)
}

pub(super) fn encode_run(entry: &RunEntry) -> Vec<u8> {
    seal(&rows::run_row(entry))
}

pub(super) fn decode_run(bytes: &[u8]) -> Result<RunEntry, String> {
    rows::run(open::<v1::RunRow>(bytes)?)
}

/// The digest that ties a manifest to a head: xxh3-128 of the head's bytes in the checkpoint.
pub fn head_digest(head: &Head) -> HeadMark {
    HeadMark { run: head.run, digest: xxh3_128(&encode_head(head)) }
}

fn seal<T: Encode>(row: &T) -> Vec<u8> {
    let mut encoded = Vec::new();
    encode_into(row, &mut encoded);
    frame(&encoded)
}

/// An encoded row behind its version and checksum.
pub(super) fn frame(row: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; FRAME_BYTES];
    bytes.extend_from_slice(row);
    let checksum = xxh3_64(&bytes[FRAME_BYTES..]);
    bytes[..4].copy_from_slice(&CURRENT_VERSION.to_le_bytes());
    bytes[4..FRAME_BYTES].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The version of the row inside a frame.
pub(super) fn version_of(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|version| u32::from_le_bytes(*version))
}

/// The row inside a frame.
pub(super) fn unframed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.split_off(FRAME_BYTES.min(bytes.len()))
}

fn open<T: Decode<()>>(bytes: &[u8]) -> Result<T, String> {
    let (version, rest) = bytes.split_first_chunk::<4>().ok_or("it is cut short")?;
    let (checksum, row) = rest.split_first_chunk::<8>().ok_or("it is cut short")?;
    let version = u32::from_le_bytes(*version);
    if version > CURRENT_VERSION {
        return Err(format!(
            "it has format version {version}, this program knows {CURRENT_VERSION}: use a newer program"
        ));
    }
    if xxh3_64(row) != u64::from_le_bytes(*checksum) {
        return Err("its checksum does not match".to_owned());
    }
    let config = bincode::config::standard().with_limit::<MAX_ROW_BYTES>();
    let (value, used) = bincode::decode_from_slice(row, config).map_err(|error| error.to_string())?;
    if used == row.len() { Ok(value) } else { Err("it has bytes behind its end".to_owned()) }
}

/// The row at the start of the rows of a chunk, and its length.
pub(super) fn decode_row<'r, T: BorrowDecode<'r, ()>>(rows: &'r [u8]) -> Result<(T, usize), String> {
    let config = bincode::config::standard().with_limit::<MAX_CHUNK_BYTES>();
    bincode::borrow_decode_from_slice(rows, config).map_err(|error| error.to_string())
}

/// Appends an encoded row.
///
/// Encoding plain data into memory cannot fail; if it did, the row would be cut and its checksum would tell at the next
/// open, so there is nothing better to do here than to assert it.
pub(super) fn encode_into<T: Encode>(row: &T, bytes: &mut Vec<u8>) {
    let encoded = bincode::encode_into_std_write(row, bytes, bincode::config::standard());
    debug_assert!(encoded.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_version_is_refused_with_both_numbers() {
        let mut bytes = seal(&7_u32);
        bytes[0] = 9;
        let refusal = open::<u32>(&bytes).unwrap_err();
        assert!(refusal.contains("version 9") && refusal.contains("knows 1"), "{refusal}");
    }

    #[test]
    fn every_flipped_bit_of_a_row_is_noticed() {
        let sealed = seal(&("a ledger entry".to_owned(), 7_u64));
        for bit in 4 * 8..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open::<(String, u64)>(&damaged).is_err(), "bit {bit}");
        }
        assert!(open::<(String, u64)>(&sealed[..sealed.len() - 1]).is_err());
        assert!(open::<(String, u64)>(&sealed).is_ok());
    }
}
