//! A checkpoint of format version 0, for the tests that migrate one to version 1.

use super::checkpoint::Checkpoint;
use super::frame;
use super::keys;
use super::rows::digest_of;
use super::store::Changes;
use crate::core::partition::KeyHash;
use crate::durable::Disk;
use crate::error::Result;
use crate::ledger::{FileDigest, HeadMark, KnownFiles, RunId, StreamId};
use crate::migrations::checkpoint::read::encode_into;
use crate::migrations::checkpoint::{v0, v1};
use bincode::Encode;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_128;

/// The file that the only run ingested.
pub const FILE: FileDigest = FileDigest { hash: 7, bytes: 30, beginning: 5 };

/// Writes the checkpoint of a program of version 0 after one run, which left one open session and one waiting event. Returns
/// the digest of its head and the stream for the manifest.
///
/// # Errors
/// Those of the store.
pub fn write_predecessor(folder: &Path) -> Result<(HeadMark, StreamId)> {
    let Checkpoint { store, .. } = Checkpoint::open(folder, &Disk::default())?;
    let key = b"ann";
    let row = v0::StateRow {
        open: Some(v1::OpenSession { start_us: 0, last_us: 60_000_000, events: 2 }),
        tail_us: vec![120_000_000],
        key,
    };
    let (chunk, digest) = chunk(&encoded(&row));
    let partition = KeyHash::of(key).partition();
    store.put(&keys::chunk(1, partition, 0), &chunk)?;
    let named = v1::NamedChunk {
        partition: partition.number(),
        generation: 1,
        number: 0,
        digest,
        bytes: u32::try_from(chunk.len()).unwrap_or(0),
        is_change: false,
        changes_after: 0,
    };
    let list = v1::ListPart { chunks: vec![named] };
    store.put(&keys::list_part(1, 0), &frame::of_version(v0::VERSION, &encoded(&list)))?;
    let head = head(digest);
    let counts = v1::Counts {
        rows_read: 3,
        events_accepted: 3,
        events_late: 0,
        rejects: Vec::new(),
        sessions_completed: 0,
        events_completed: 0,
        events_open_before: 0,
        events_open_after: 3,
        events_removed: 0,
        events_duplicate: 0,
        sessions_retracted: 0,
        events_retracted: 0,
        rows_filtered: 0,
        sessions_filtered: 0,
        events_filtered: 0,
    };
    let files = vec![v1::FileRow {
        path: "old.csv".to_owned(),
        hash: FILE.hash,
        bytes: FILE.bytes,
        beginning: FILE.beginning,
        known_bytes: 0,
        rows: 3,
        source: None,
        place: None,
    }];
    let run = v0::RunRow { kind: v1::RunKind::Batch, files, counts, head: head.clone() };
    let head = frame::of_version(v0::VERSION, &encoded(&head));
    let stream = StreamId::of_random([7; 16]);
    let puts = vec![
        (keys::STREAM.to_vec(), frame::of_version(v0::VERSION, &stream.bytes())),
        (keys::HEAD.to_vec(), head.clone()),
        (keys::run(RunId::new(1)), frame::of_version(v0::VERSION, &encoded(&run))),
        (keys::file(&FILE), 1_u64.to_be_bytes().to_vec()),
    ];
    store.commit(Changes { puts, removals: Vec::new() })?;
    Ok((HeadMark { run: RunId::new(1), digest: xxh3_128(&head) }, stream))
}

fn head(chunk: u128) -> v0::Head {
    let known = KnownFiles::default().with(FILE, RunId::new(1));
    let column = |position| v1::Column { position: Some(position), name: None };
    v0::Head {
        run: 1,
        generation: 1,
        chunks: 1,
        state_digest: digest_of(std::iter::once(chunk)),
        keys_open: 1,
        sessions_open: 1,
        events_open: 3,
        oldest_open_start_us: Some(0),
        watermark_us: Some(100_000_000),
        latest_us: Some(120_000_000),
        known_files: known.count,
        known_files_sum: known.sum,
        definition: v1::Definition {
            gap_us: 300_000_000,
            sources: vec![v1::Source {
                name: None,
                key: vec![column(0)],
                time: vec![column(1)],
                header: Some(false),
                options: vec![("delimiter".to_owned(), ",".to_owned())],
                time_format: "auto".to_owned(),
                timezone: "UTC".to_owned(),
                kept: Vec::new(),
            }],
            rules: Vec::new(),
            event_columns: None,
        },
    }
}

fn encoded<T: Encode>(row: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(row, &mut bytes);
    bytes
}

/// A chunk with one row of version 0, and its digest.
fn chunk(row: &[u8]) -> (Vec<u8>, u128) {
    let bytes = [&v0::VERSION.to_le_bytes()[..], &1_u32.to_le_bytes(), row].concat();
    let digest = xxh3_128(&bytes);
    (bytes, digest)
}
