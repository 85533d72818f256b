//! Frames of rows: checksum, format version, row.

use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::migrations::checkpoint::read::encode_into;
use bincode::Encode;
use xxhash_rust::xxh3::xxh3_64;

/// The bytes before the row: xxh3-64 of what follows the checksum (8), version (4), both little-endian.
const FRAME_BYTES: usize = 12;

pub(super) fn seal<T: Encode>(row: &T) -> Vec<u8> {
    let mut encoded = Vec::new();
    encode_into(row, &mut encoded);
    of(&encoded)
}

/// A framed row, in the newest version.
pub(super) fn of(row: &[u8]) -> Vec<u8> {
    of_version(CURRENT_VERSION, row)
}

pub(super) fn of_version(version: u32, row: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 8];
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(row);
    let checksum = xxh3_64(&bytes[8..]);
    bytes[..8].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The version of the row inside a frame.
pub(super) fn version_of(bytes: &[u8]) -> Option<u32> {
    open(bytes).ok().map(|(version, _)| version)
}

/// The row inside a frame.
pub(super) fn unframed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.split_off(FRAME_BYTES.min(bytes.len()))
}

/// The version and the row in a frame. A frame has the same form in every version, so damage is always detected.
pub(super) fn open(bytes: &[u8]) -> Result<(u32, &[u8]), String> {
    let (checksum, framed) = bytes.split_first_chunk::<8>().ok_or("it is truncated")?;
    let (version, row) = framed.split_first_chunk::<4>().ok_or("it is truncated")?;
    if xxh3_64(framed) != u64::from_le_bytes(*checksum) {
        return Err("its checksum does not match".to_owned());
    }
    Ok((u32::from_le_bytes(*version), row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_of_a_frame_is_noticed() {
        let sealed = seal(&("a ledger entry".to_owned(), 7_u64));
        for bit in 0..sealed.len() * 8 {
            let mut damaged = sealed.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&damaged).is_err(), "bit {bit}");
        }
        assert!(open(&sealed[..sealed.len() - 1]).is_err());
        assert!(open(&sealed).is_ok());
    }
}
