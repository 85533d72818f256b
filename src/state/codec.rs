//! Head and ledger entries as bytes: checksum, format version, row.

use super::rows;
use crate::ledger::{Head, HeadMark, RunEntry, StreamId};
use crate::migrations::checkpoint::{CURRENT_VERSION, read, v1};
use bincode::Encode;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// Bytes before the row: xxh3-64 of what follows the checksum (8), version (4), both little-endian.
const FRAME_BYTES: usize = 12;

pub(super) use read::encode_into;

pub(super) fn encode_head(head: &Head) -> Vec<u8> {
    seal(&rows::head_row(head))
}

/// A head, and the digest that ties manifests to it.
pub(super) fn decode_head(bytes: &[u8]) -> Result<(Head, HeadMark), String> {
    let (version, row) = open(bytes)?;
    let head = rows::head(read::head(version, row)?)?;
    let mark = HeadMark { run: head.run, digest: xxh3_128(bytes) };
    Ok((head, mark))
}

pub(super) fn encode_run(entry: &RunEntry) -> Vec<u8> {
    seal(&rows::run_row(entry))
}

/// An entry of the ledger, and the digest of the head that it left.
pub(super) fn decode_run(bytes: &[u8]) -> Result<(RunEntry, HeadMark), String> {
    let (version, row) = open(bytes)?;
    let stored = read::run(version, row)?;
    let digest = xxh3_128(&frame_of(version, &stored.head));
    let entry = rows::run(stored.row)?;
    let mark = HeadMark { run: entry.head.run, digest };
    Ok((entry, mark))
}

/// A part of the list of a generation.
pub(super) fn decode_list(bytes: &[u8]) -> Result<v1::ListPart, String> {
    let (version, row) = open(bytes)?;
    read::list_part(version, row)
}

/// The digest that ties a manifest to a head that is about to be committed: xxh3-128 of the head's bytes in the checkpoint.
pub fn head_digest(head: &Head) -> HeadMark {
    HeadMark { run: head.run, digest: xxh3_128(&encode_head(head)) }
}

pub(super) fn encode_stream(stream: StreamId) -> Vec<u8> {
    frame(&stream.bytes())
}

pub(super) fn decode_stream(bytes: &[u8]) -> Result<StreamId, String> {
    let (_, row) = open(bytes)?;
    row.try_into().map(StreamId::of_bytes).map_err(|_| "its length is wrong".to_owned())
}

pub(super) fn seal<T: Encode>(row: &T) -> Vec<u8> {
    let mut encoded = Vec::new();
    encode_into(row, &mut encoded);
    frame(&encoded)
}

/// An encoded row behind its checksum and the newest version.
pub(super) fn frame(row: &[u8]) -> Vec<u8> {
    frame_of(CURRENT_VERSION, row)
}

pub(super) fn frame_of(version: u32, row: &[u8]) -> Vec<u8> {
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

/// The version and the row in a frame. A frame is the same in every version: so is what it takes to see that it is damaged.
pub(super) fn open(bytes: &[u8]) -> Result<(u32, &[u8]), String> {
    let (checksum, framed) = bytes.split_first_chunk::<8>().ok_or("it is cut short")?;
    let (version, row) = framed.split_first_chunk::<4>().ok_or("it is cut short")?;
    if xxh3_64(framed) != u64::from_le_bytes(*checksum) {
        return Err("its checksum does not match".to_owned());
    }
    Ok((u32::from_le_bytes(*version), row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_and_an_unknown_version_are_refused_with_their_numbers() {
        let refusal = decode_head(&frame_of(9, b"")).unwrap_err();
        assert!(refusal.contains("version 9") && refusal.contains("knows 1"), "{refusal}");
        let refusal = read::head(7, b"").unwrap_err();
        assert!(refusal.contains("version 7"), "{refusal}");
    }

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
