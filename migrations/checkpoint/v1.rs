//! Version 1 of the checkpoint format. Frozen: never edit a type or the order of its fields.
//!
//! Rows are encoded by bincode 2 in its standard configuration: little endian, variable-length integers. Times are
//! microseconds since 1970-01-01 UTC.

use super::text;
use bincode::{BorrowDecode, Decode, Encode};
use serde::{Deserialize, Serialize};

/// The number of this version.
pub const VERSION: u32 = 1;

/// A column of the batch files.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Column {
    /// From 0.
    pub position: Option<u32>,
    /// The header's name.
    pub name: Option<String>,
}

/// How the files of one source are read.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Source {
    /// `None` where there is only one and nobody has named it.
    pub name: Option<String>,
    /// The columns of the key.
    pub key: Vec<Column>,
    /// The columns of the time.
    pub time: Vec<Column>,
    /// `None` while no file has shown it.
    pub header: Option<bool>,
    /// Properties of the formats of its files with their values, sorted by name.
    pub options: Vec<(String, String)>,
    /// In the words of `--time-format`.
    pub time_format: String,
    /// IANA name.
    pub timezone: String,
    /// The columns that rules look at, in the order in which the rules name them.
    pub kept: Vec<Column>,
}

/// What a session means.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Definition {
    /// Microseconds.
    pub gap_us: i64,
    /// Where events come from.
    pub sources: Vec<Source>,
    /// Rules besides the gap: flags with their values, in the words of the command line, sorted by flag.
    pub rules: Vec<(String, Vec<String>)>,
    /// The columns of emitted events; `None` while no file has shown them, or where none are emitted.
    pub event_columns: Option<Vec<String>>,
}

/// A row of a batch file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Place {
    /// Bytes of the path.
    #[serde(with = "text::bytes")]
    pub file: Vec<u8>,
    /// From 1.
    pub line: u64,
}

/// What set the watermark.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct WatermarkOrigin {
    /// The run.
    pub run: u64,
    /// `None` where it was stated.
    pub place: Option<Place>,
}

/// A key that was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct PurgedKey {
    /// xxh3-64 of the key.
    #[serde(with = "text::hexadecimal_64")]
    pub key_hash: u64,
    /// Its events up to this time are late, those at this time among them.
    pub until_us: i64,
}

/// The state of the checkpoint after a run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Head {
    /// The last committed run.
    pub run: u64,
    /// The generation of the state.
    pub generation: u64,
    /// Chunks of the state.
    pub chunks: u64,
    /// xxh3-128 over the xxh3-128 of each chunk, little endian, in the order of the list.
    #[serde(with = "text::hexadecimal")]
    pub state_digest: u128,
    /// Keys with anything open.
    pub keys_open: u64,
    /// Open sessions.
    pub sessions_open: u64,
    /// Events in open sessions and tails.
    pub events_open: u64,
    /// Start of the oldest open session.
    pub oldest_open_start_us: Option<i64>,
    /// `None` is minus infinity.
    pub watermark_us: Option<i64>,
    /// What set it.
    pub watermark_origin: Option<WatermarkOrigin>,
    /// The latest event ever accepted.
    pub latest_us: Option<i64>,
    /// Events from here on are accepted: the watermark, or earlier where completed sessions stay correctable.
    pub accepts_from_us: Option<i64>,
    /// Keys that were removed and whose events could still be accepted, by hash.
    pub purged: Vec<PurgedKey>,
    /// How many file digests the ledger knows.
    pub known_files: u64,
    /// Their sum: over all of them `(hash + bytes + beginning) * (2 * run + 1)`, modulo 2 to the 128.
    #[serde(with = "text::hexadecimal")]
    pub known_files_sum: u128,
    /// What a session means.
    pub definition: Definition,
}

/// What shows that a file is still the one that was read, without reading all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum FileStamp {
    /// Of a file in a file system.
    File {
        /// Length of the stored bytes.
        bytes: u64,
        /// When its content was changed, in nanoseconds since 1970.
        modified_ns: i64,
        /// When its content or its properties were changed, in nanoseconds since 1970.
        changed_ns: i64,
        /// Its number in the file system.
        inode: u64,
        /// xxh3-64 of the first and the last 64 KiB of the stored bytes.
        ends: u64,
    },
    /// Of an object in a store, or a file of a web server.
    Object {
        /// Length of the stored bytes.
        bytes: u64,
        /// xxh3-128 of its `ETag` without quotes.
        #[serde(with = "text::hexadecimal")]
        e_tag: u128,
    },
}

/// Where a content was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct FilePlace {
    /// xxh3-128 of the bytes of the absolute path, or of the URL.
    #[serde(with = "text::hexadecimal")]
    pub path_hash: u128,
    /// `None` where a change of the file might not show.
    pub stamp: Option<FileStamp>,
}

/// The content that was last found under a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct PathRow {
    /// xxh3-128 of the content.
    pub hash: u128,
    /// Length of the content.
    pub bytes: u64,
    /// xxh3-64 of the beginning that the content is found by.
    pub beginning: u64,
    /// As in [`FilePlace`].
    pub stamp: Option<FileStamp>,
}

/// A file of a run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct FileRow {
    /// As the user named it.
    pub path: String,
    /// xxh3-128 of the content, decompressed, as far as it was taken in.
    #[serde(with = "text::hexadecimal")]
    pub hash: u128,
    /// Length of that content.
    pub bytes: u64,
    /// xxh3-64 of the beginning that the content is found by.
    #[serde(with = "text::hexadecimal_64")]
    pub beginning: u64,
    /// How many of the bytes were taken in before, from the first one.
    pub known_bytes: u64,
    /// Rows read.
    pub rows: u64,
    /// The source that it was read as; `None` where that has no name.
    pub source: Option<String>,
    /// Where it was found; `None` for a stream.
    pub place: Option<FilePlace>,
}

/// What a run was.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub enum RunKind {
    /// A batch of files.
    Batch,
    /// The explicit cut.
    Finalize,
    /// Only the watermark was moved.
    FinalizeAsOf,
    /// The state after an earlier run was taken up again.
    Rollback {
        /// That run.
        to: u64,
    },
    /// What was open of one key was removed.
    Purge,
    /// The state of another checkpoint was taken in.
    Import,
    /// The state was written again in a newer format.
    Migrate,
    /// A run whose entry was lost with a damaged checkpoint: its counts are those that close the gap.
    Lost,
    /// Outputs that are gone were recorded as taken away on purpose.
    AcceptMissing {
        /// Those outputs, relative to the output folder.
        outputs: Vec<String>,
    },
}

/// What a run counted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Counts {
    /// Data rows.
    pub rows_read: u64,
    /// Events taken in.
    pub events_accepted: u64,
    /// Late events.
    pub events_late: u64,
    /// Rejected rows by reason, in the order of the reasons.
    pub rejects: Vec<(String, u64)>,
    /// Completed sessions.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
    /// Events held before.
    pub events_open_before: u64,
    /// Events held after.
    pub events_open_after: u64,
    /// Events that left without a session.
    pub events_removed: u64,
    /// Events that were there already.
    pub events_duplicate: u64,
    /// Completed sessions taken back by corrections.
    pub sessions_retracted: u64,
    /// Events in them.
    pub events_retracted: u64,
    /// Rows that the row filter left out.
    pub rows_filtered: u64,
    /// Completed sessions that were not written, less those that corrections took back.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
}

/// A run in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct RunRow {
    /// What it was.
    pub kind: RunKind,
    /// Wall clock at its start.
    pub as_of_us: i64,
    /// Its files.
    pub files: Vec<FileRow>,
    /// Its counts.
    pub counts: Counts,
    /// Where it left the checkpoint.
    pub head: Head,
}

/// A chunk of open state as the list of a generation names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct NamedChunk {
    /// The partition.
    pub partition: u8,
    /// The generation that has written it.
    pub generation: u64,
    /// Its number among the chunks of the partition at that time.
    pub number: u32,
    /// xxh3-128 of its bytes.
    pub digest: u128,
    /// Its length.
    pub bytes: u32,
    /// Whether its rows are changes of those before it. A row with nothing open removes its key.
    pub is_change: bool,
    /// How many chunks of changes the partition has behind it: where one of them is lost, what is before it may be out of date.
    pub changes_after: u32,
}

/// A part of the list of the chunks that the open state of a generation is made of. The parts follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ListPart {
    /// By partition, first the base of each, then its changes, the oldest first.
    pub chunks: Vec<NamedChunk>,
}

/// An open session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct OpenSession {
    /// First event.
    pub start_us: i64,
    /// Last event.
    pub last_us: i64,
    /// Events.
    pub events: u64,
}

/// What is open of one key. A long tail goes on in further rows of the same key, which have no open session.
#[derive(Debug, Clone, PartialEq, Eq, Encode, BorrowDecode)]
pub struct StateRow<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The session that may grow.
    pub open: Option<OpenSession>,
    /// Events not folded yet.
    pub tail_us: Vec<i64>,
}

/// A piece of what is open of one key under rules. The pieces of a key follow each other; joined, their parts are one
/// encoded [`RuledState`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, BorrowDecode)]
pub struct RuledRow<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The number of the piece, from 0: where one before it is lost, it is known to be no first one.
    pub number: u32,
    /// The piece.
    pub part: &'a [u8],
    /// Whether further pieces follow.
    pub more: bool,
}

/// What is open of one key under rules.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct RuledState {
    /// The session that may grow.
    pub open: Option<RuledSession>,
    /// What is remembered of the session before it.
    pub before: Option<Before>,
    /// Events not folded yet: microseconds, kept values.
    #[serde(with = "text::tail")]
    pub tail: Vec<(i64, Vec<u8>)>,
}

/// An open session under rules.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct RuledSession {
    /// Start, last event, number of events.
    pub open: OpenSession,
    /// Sessions of the key with the same start before it.
    pub ordinal: u32,
    /// The end of what its events cover.
    pub end_us: i64,
    /// The last instant at which an event keeps the gap.
    pub reach_us: i64,
    /// The states of the split rules, in the order of the table of split rules.
    #[serde(with = "text::states")]
    pub splits: Vec<Vec<Vec<u8>>>,
    /// The states of the accumulators, in the order of the aggregates.
    #[serde(with = "text::states")]
    pub accumulators: Vec<Vec<Vec<u8>>>,
    /// Identities of its events, sorted.
    #[serde(with = "text::hexadecimals")]
    pub identities: Vec<u128>,
    /// The packed values of its events, where events are emitted.
    #[serde(with = "text::pieces")]
    pub rows: Vec<Vec<u8>>,
}

/// What is remembered of a completed session.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Before {
    /// Its start.
    pub start_us: i64,
    /// Its ordinal.
    pub ordinal: u32,
    /// Its last event.
    pub end_us: i64,
    /// Identities of events at that time, sorted.
    #[serde(with = "text::hexadecimals")]
    pub identities: Vec<u128>,
}

#[cfg(test)]
#[path = "v1_tests.rs"]
mod tests;
