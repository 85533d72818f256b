//! Head, ledger entries, lists and the stream id as bytes.

use super::{frame, ledger_rows};
use crate::definition::Definition;
use crate::ledger::{Head, HeadMark, RunEntry, StreamId};
use crate::migrations::checkpoint::read::encode_into;
use crate::migrations::checkpoint::{read, v1};
use xxhash_rust::xxh3::xxh3_128;

pub(super) fn encode_head(head: &Head) -> Vec<u8> {
    frame::seal(&ledger_rows::head_row(head))
}

/// A head, and the digest that ties manifests to it.
pub(super) fn decode_head(bytes: &[u8]) -> Result<(Head, HeadMark), String> {
    let (version, row) = frame::open(bytes)?;
    let head = ledger_rows::head(read::head(version, row)?)?;
    let mark = HeadMark { run: head.run, digest: xxh3_128(bytes) };
    Ok((head, mark))
}

pub(super) fn encode_run(entry: &RunEntry) -> Vec<u8> {
    frame::seal(&ledger_rows::run_row(entry))
}

/// An entry of the ledger, and the digest of the head after it.
pub(super) fn decode_run(bytes: &[u8]) -> Result<(RunEntry, HeadMark), String> {
    let (version, row) = frame::open(bytes)?;
    let stored = read::run(version, row)?;
    let digest = xxh3_128(&frame::of_version(version, &stored.head));
    let entry = ledger_rows::run(stored.row)?;
    let mark = HeadMark { run: entry.head.run, digest };
    Ok((entry, mark))
}

/// A part of the list of a generation.
pub(super) fn decode_list(bytes: &[u8]) -> Result<v1::ListPart, String> {
    let (version, row) = frame::open(bytes)?;
    read::list_part(version, row)
}

/// The digest that ties a manifest to a head before its commit: xxh3-128 of the head's bytes in the checkpoint.
pub fn head_digest(head: &Head) -> HeadMark {
    HeadMark { run: head.run, digest: xxh3_128(&encode_head(head)) }
}

/// The digest of a definition: xxh3-128 of its bytes in the head.
pub fn definition_digest(definition: &Definition) -> u128 {
    let mut row = Vec::new();
    encode_into(&ledger_rows::definition_row(definition), &mut row);
    xxh3_128(&row)
}

pub(super) fn encode_stream(stream: StreamId) -> Vec<u8> {
    frame::of(&stream.bytes())
}

pub(super) fn decode_stream(bytes: &[u8]) -> Result<StreamId, String> {
    let (_, row) = frame::open(bytes)?;
    row.try_into().map(StreamId::of_bytes).map_err(|_| "its length is wrong".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_and_an_unknown_version_are_refused_with_their_numbers() {
        let refusal = decode_head(&frame::of_version(9, b"")).unwrap_err();
        assert!(refusal.contains("version 9") && refusal.contains("up to version 1:"), "{refusal}");
        let refusal = read::head(7, b"").unwrap_err();
        assert!(refusal.contains("version 7"), "{refusal}");
    }
}
