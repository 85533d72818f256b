//! A checkpoint in memory with three runs, for the tests of all that reads one.

use super::checkpoint::Checkpoint;
use super::rows::EncodedPartition;
use super::writer::StagedState;
use crate::core::event::{MAX_KEY_BYTES, Timestamp};
use crate::core::partition::{KeyHash, PartitionId};
use crate::core::reducer::OpenCounts;
use crate::core::watermark::Watermark;
use crate::definition::DefinitionRequest;
use crate::ledger::{Counts, FileDigest, FileEntry, FilePlace, FileStamp, Head, RunEntry, RunId, RunKind};
use crate::migrations::checkpoint::OpenRow;
use crate::migrations::checkpoint::v1::OpenSession;

pub(super) const WATERMARK_US: i64 = 100;
pub(super) const LATEST_US: i64 = 10_000;
/// The runs of [`three_runs`].
pub(super) const RUNS: u64 = 3;
/// Where each of them has found its file.
pub(super) const STAMP: FileStamp = FileStamp::Object { bytes: 8, e_tag: 9 };

pub(super) fn time(us: i64) -> Timestamp {
    Timestamp::from_us(us).unwrap()
}

pub(super) fn row(key: &[u8], events: u64, tail_us: impl IntoIterator<Item = i64>) -> OpenRow<'static> {
    let open = (events > 0).then_some(OpenSession { start_us: 5, last_us: 7, events });
    OpenRow { key: key.to_vec().into(), open, tail_us: tail_us.into_iter().collect(), ruled: None }
}

/// A state in which every form of a key occurs, the longest key and a tail of several rows among them.
pub(super) fn state() -> Vec<OpenRow<'static>> {
    let mut state = vec![
        row(b"ann", 3, []),
        row(b"bob", 2, [200, 201]),
        row(b"cat", 0, [300]),
        row(b"dan", 1, 1_000..2_500),
        row(&vec![7; MAX_KEY_BYTES], 4, []),
    ];
    state.extend((0..200_u32).map(|number| row(format!("key-{number}").as_bytes(), 1, [LATEST_US])));
    state
}

pub(super) fn digest(run: u64) -> FileDigest {
    FileDigest { hash: u128::from(run) << 64, bytes: 100 + run, beginning: 7 }
}

pub(super) fn counts_of(row: &OpenRow<'_>) -> OpenCounts {
    OpenCounts::of_key(row.open.map(|open| time(open.start_us)), row.events())
}

/// The head of a run that leaves this state.
pub(super) fn head_of(run: RunId, staged: StagedState, open: OpenCounts) -> Head {
    let StagedState { generation, chunks, digest: state_digest } = staged;
    Head {
        run,
        generation,
        chunks,
        state_digest,
        keys_open: open.keys,
        sessions_open: open.sessions,
        events_open: open.events,
        oldest_open_start: open.oldest_start,
        ..Head::before_all()
    }
}

/// Commits a run that reads one file and leaves `state`.
pub(super) fn commit(checkpoint: &mut Checkpoint, state: &[OpenRow<'static>]) {
    let before = checkpoint.head().cloned().unwrap_or_else(Head::before_all);
    let run = before.run.next();
    let mut writer = checkpoint.stage_state().unwrap();
    let mut open = OpenCounts::default();
    for partition in PartitionId::all() {
        let mut encoded = EncodedPartition::default();
        for row in state.iter().filter(|row| KeyHash::of(&row.key).partition() == partition) {
            encoded.open.add(counts_of(row));
            encoded.push(row.clone());
        }
        open.add(encoded.open);
        writer.put(partition, &encoded).unwrap();
    }
    let staged = writer.finish().unwrap();
    let file = FileEntry {
        path: format!("{}.csv", run.number()),
        digest: digest(run.number()),
        known_bytes: 0,
        rows: 1,
        source: None,
        place: Some(FilePlace { path_hash: run.number().into(), stamp: Some(STAMP) }),
    };
    let head = Head {
        watermark: Watermark::at(time(WATERMARK_US)),
        latest: Some(time(LATEST_US)),
        accepts_from: Watermark::at(time(WATERMARK_US)),
        known_files: before.known_files.with(file.digest, run),
        definition: DefinitionRequest::default().create(),
        ..head_of(run, staged, open)
    };
    let as_of = time(1_000 * i64::try_from(run.number()).unwrap());
    let counts = Counts {
        events_open_before: before.events_open,
        events_open_after: open.events,
        ..Counts::default()
    };
    checkpoint.commit(&RunEntry { kind: RunKind::Batch, as_of, files: vec![file], counts, head }).unwrap();
}

pub(super) fn empty() -> Checkpoint {
    Checkpoint::begin_in_memory("memory".as_ref()).unwrap()
}

/// The first two runs leave the first keys of the state, the third all of it.
pub(super) fn three_runs() -> Checkpoint {
    let mut checkpoint = empty();
    checkpoint.keep_stream().unwrap();
    for keys in [1, 4, usize::MAX] {
        commit(&mut checkpoint, &state().into_iter().take(keys).collect::<Vec<_>>());
    }
    checkpoint
}
