//! The keys of the one tree. Numbers are big-endian, so that the order of keys is the order of numbers.

use crate::core::partition::PartitionId;
use crate::ledger::{FileDigest, RunId, beginning_bytes};
use std::ops::Range;

/// The head.
pub(super) const HEAD: &[u8] = b"head";
/// The id of the stream.
pub(super) const STREAM: &[u8] = b"stream";
/// All entries of the ledger.
pub(super) const RUNS: &[u8] = b"run/";

/// All file digests.
pub(super) const FILES: &[u8] = b"file/";
const PATHS: &[u8] = b"path/";
/// The lists of all generations.
const LISTS: &[u8] = b"state-list/";
const STATE: &[u8] = b"state/";

/// All keys that begin with `prefix`, which has a byte below 255.
pub(super) fn below(prefix: &[u8]) -> Range<Vec<u8>> {
    let mut end = prefix.to_vec();
    while end.pop_if(|last| *last == u8::MAX).is_some() {}
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    prefix.to_vec()..end
}

/// All keys.
pub(super) fn all() -> Range<Vec<u8>> {
    Vec::new()..vec![u8::MAX]
}

/// The lists of the generations from this one on.
pub(super) fn lists_from(generation: u64) -> Range<Vec<u8>> {
    list(generation)..below(LISTS).end
}

/// The run in a key made by [`run`].
pub(super) fn run_of_key(key: &[u8]) -> Option<RunId> {
    key.strip_prefix(RUNS)?.try_into().ok().map(|number| RunId::new(u64::from_be_bytes(number)))
}

/// The ledger entry with this key, for people.
pub(super) fn run_name(key: &[u8]) -> String {
    let run =
        run_of_key(key).map_or_else(|| "an unknown run".to_owned(), |run| format!("run {}", run.number()));
    format!("the ledger entry of {run}")
}

/// The partition and the number in a key made by [`chunk`], for people.
pub(super) fn chunk_name(key: &[u8]) -> String {
    let number = key.last_chunk().map_or(0, |number| u32::from_be_bytes(*number));
    let partition = key.get(STATE.len() + 8).copied().unwrap_or_default();
    format!("chunk {number} of partition {partition} of the open state")
}

/// The part of a list with this key, for people.
pub(super) fn list_part_name(key: &[u8]) -> String {
    let number = key.last_chunk().map_or(0, |number| u32::from_be_bytes(*number));
    format!("part {number} of the list of the open state")
}

pub(super) fn run(run: RunId) -> Vec<u8> {
    [RUNS, &run.number().to_be_bytes()].concat()
}

pub(super) fn run_part(of: RunId, number: u32) -> Vec<u8> {
    [&run(of)[..], &number.to_be_bytes()].concat()
}

/// The key made by [`run`] in one made by [`run_part`].
pub(super) fn run_of_part(key: &[u8]) -> &[u8] {
    &key[..key.len().min(RUNS.len() + size_of::<u64>())]
}

/// Contents with one beginning are neighbours, the shorter ones first.
pub(super) fn file(digest: &FileDigest) -> Vec<u8> {
    let of_length = files_of_length(beginning_bytes(digest.bytes), digest.beginning, digest.bytes);
    [&of_length[..], &digest.hash.to_be_bytes()].concat()
}

/// All keys made by [`file`] of contents whose beginning has this length.
pub(super) fn files_beginning(beginning_bytes: u64, beginning: u64) -> Vec<u8> {
    [FILES, &beginning_bytes.to_be_bytes(), &beginning.to_be_bytes()].concat()
}

/// Those of them with this length.
pub(super) fn files_of_length(beginning_bytes: u64, beginning: u64, bytes: u64) -> Vec<u8> {
    [&files_beginning(beginning_bytes, beginning)[..], &bytes.to_be_bytes()].concat()
}

/// The digest in a key made by [`file`].
pub(super) fn digest_of_file(key: &[u8]) -> Option<FileDigest> {
    let (found_by, rest) = key.strip_prefix(FILES)?.split_first_chunk()?;
    let (beginning, rest) = rest.split_first_chunk()?;
    let (bytes, hash) = rest.split_first_chunk()?;
    let bytes = u64::from_be_bytes(*bytes);
    let hash = u128::from_be_bytes(hash.try_into().ok()?);
    let is_whole = u64::from_be_bytes(*found_by) == beginning_bytes(bytes);
    is_whole.then_some(FileDigest { hash, bytes, beginning: u64::from_be_bytes(*beginning) })
}

/// The content at the path with this hash.
pub(super) fn path(hash: u128) -> Vec<u8> {
    [PATHS, &hash.to_be_bytes()].concat()
}

pub(super) fn generation(generation: u64) -> Vec<u8> {
    [STATE, &generation.to_be_bytes()].concat()
}

pub(super) fn list(of: u64) -> Vec<u8> {
    [LISTS, &of.to_be_bytes()].concat()
}

pub(super) fn list_part(of: u64, number: u32) -> Vec<u8> {
    [&list(of)[..], &number.to_be_bytes()].concat()
}

/// The generation in a key made by [`list_part`].
pub(super) fn generation_of_list(key: &[u8]) -> Option<u64> {
    key.strip_prefix(LISTS)?.first_chunk().map(|number| u64::from_be_bytes(*number))
}

fn state_of_partition(of: u64, partition: PartitionId) -> Vec<u8> {
    [&generation(of)[..], &[partition.number()]].concat()
}

pub(super) fn chunk(of: u64, partition: PartitionId, number: u32) -> Vec<u8> {
    [&state_of_partition(of, partition)[..], &number.to_be_bytes()].concat()
}
