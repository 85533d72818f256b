//! A predecessor of version 1 that was never released: with it the tests go the way of a checkpoint from one version to the
//! next before there are two. Only builds with debug assertions have it, like the fault hook. Rows under rules had none.

#![allow(missing_docs, reason = "says what it says beside the fields of version 1")]

use super::v1;
use bincode::{BorrowDecode, Decode, Encode};

/// The number of this version.
pub const VERSION: u32 = 0;

/// A head that did not know from where on events are accepted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Head {
    pub run: u64,
    pub generation: u64,
    pub chunks: u64,
    pub state_digest: u128,
    pub keys_open: u64,
    pub sessions_open: u64,
    pub events_open: u64,
    pub oldest_open_start_us: Option<i64>,
    pub watermark_us: Option<i64>,
    pub latest_us: Option<i64>,
    pub known_files: u64,
    pub known_files_sum: u128,
    pub definition: v1::Definition,
}

impl From<Head> for v1::Head {
    fn from(row: Head) -> Self {
        Self {
            run: row.run,
            generation: row.generation,
            chunks: row.chunks,
            state_digest: row.state_digest,
            keys_open: row.keys_open,
            sessions_open: row.sessions_open,
            events_open: row.events_open,
            oldest_open_start_us: row.oldest_open_start_us,
            watermark_us: row.watermark_us,
            watermark_origin: None,
            latest_us: row.latest_us,
            accepts_from_us: row.watermark_us,
            purged: Vec::new(),
            known_files: row.known_files,
            known_files_sum: row.known_files_sum,
            definition: row.definition,
        }
    }
}

/// A run that did not know its clock.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RunRow {
    pub kind: v1::RunKind,
    pub files: Vec<v1::FileRow>,
    pub counts: v1::Counts,
    pub head: Head,
}

impl From<RunRow> for v1::RunRow {
    fn from(row: RunRow) -> Self {
        Self { kind: row.kind, as_of_us: 0, files: row.files, counts: row.counts, head: row.head.into() }
    }
}

/// The key stood last.
#[derive(Debug, Clone, PartialEq, Eq, Encode, BorrowDecode)]
pub struct StateRow<'a> {
    pub open: Option<v1::OpenSession>,
    pub tail_us: Vec<i64>,
    pub key: &'a [u8],
}

impl<'a> From<StateRow<'a>> for v1::StateRow<'a> {
    fn from(row: StateRow<'a>) -> Self {
        Self { key: row.key, open: row.open, tail_us: row.tail_us }
    }
}
