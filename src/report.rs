//! What a command has done: counts for machines.
//!
//! The text for people is made from the same structures in [`crate::cli`].

mod maintenance;
mod times;

pub use maintenance::{BackupReport, ExportReport, MaintenanceReport, MigrateReport, VerifyReport};
pub use times::{EarlyNumbersReport, RejectedTimeReport};

use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A run was committed and published.
    Committed,
    /// There was nothing to do, and nothing was changed.
    #[default]
    NothingToDo,
    /// A dry run: this is what would have been committed.
    DryRun,
}

/// A file of a batch.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    /// As the user named it.
    pub path: String,
    /// `xxh3-128:HEX:BYTES`.
    pub digest: String,
    /// Rows read from it.
    pub rows: u64,
    /// `processed`; `grown` if its beginning was taken in before; `known` if all of it was.
    pub status: &'static str,
    /// Length of the beginning of a grown file that was taken in before, decompressed.
    #[serde(skip_serializing_if = "is_zero")]
    pub known_bytes: u64,
    /// The lines of that beginning.
    #[serde(skip_serializing_if = "is_zero")]
    pub known_lines: u64,
    /// The run that took that beginning in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_from: Option<u64>,
    /// Bytes of a last row without an end, which is left for a later run.
    #[serde(skip_serializing_if = "is_zero")]
    pub unfinished_bytes: u64,
    /// The run that took in another content under the same path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
    /// The source that it was read as, if that has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl FileReport {
    /// A file of which nothing more is known.
    pub const fn new(path: String, digest: String, status: &'static str) -> Self {
        Self {
            path,
            digest,
            rows: 0,
            status,
            known_bytes: 0,
            known_lines: 0,
            known_from: None,
            unfinished_bytes: 0,
            replaces: None,
            source: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Paths of the files that a run has published.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outputs {
    /// Completed sessions.
    pub sessions: Option<String>,
    /// Late events.
    pub late: Option<String>,
    /// Rejected rows.
    pub rejects: Option<String>,
    /// Events of completed sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// What is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

/// Seconds spent in each part of a run.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Phases {
    /// Taking the lock, opening and recovering the checkpoint, loading what is open.
    pub open: f64,
    /// Waiting for bytes and parsing them.
    pub read: f64,
    /// Folding.
    pub reduce: f64,
    /// Writing and syncing outputs and state.
    pub stage: f64,
    /// The atomic write.
    pub commit: f64,
    /// Renames, the manifest, dropping what is old.
    pub publish: f64,
}

/// Late events in short.
#[derive(Debug, Clone, Serialize)]
pub struct LateReport {
    /// How far before the watermark the earliest of them lies, in seconds.
    pub latest_by_s: f64,
    /// The `--watermark-delay` that would have kept all of them, as a duration.
    pub watermark_delay_to_keep_all: String,
}

/// What a run or a finalize has done; the default is that it found nothing to do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunReport {
    /// Its number; `None` where nothing was done.
    pub run: Option<u64>,
    /// How it ended.
    pub status: Status,
    /// The files of the batch.
    pub files: Vec<FileReport>,
    /// Lines of text: rows, headers, blank lines, comments, lines before the rows, and lines in which rows go on.
    pub lines: u64,
    /// Further lines that an earlier run has taken in, at the beginning of files that have grown.
    pub known_lines: u64,
    /// Bytes of last rows without an end, which are left for a later run.
    pub unfinished_bytes: u64,
    /// Lines in which a row goes on that has begun before.
    pub continuation_lines: u64,
    /// Lines that are comments.
    pub comment_lines: u64,
    /// Lines before the rows that were skipped.
    pub skipped_lines: u64,
    /// Data rows.
    pub rows_read: u64,
    /// Rows that the row filter left out.
    pub rows_filtered: u64,
    /// Events taken in.
    pub events_accepted: u64,
    /// Late events.
    pub events_late: u64,
    /// Events that were there already and are dropped.
    pub events_duplicate: u64,
    /// Rejected rows.
    pub rows_rejected: u64,
    /// The same by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Sessions completed.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
    /// Completed sessions that corrections took back.
    pub sessions_retracted: u64,
    /// Events in them.
    pub events_retracted: u64,
    /// Sessions that were completed and not written, less those that corrections took back.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
    /// Open sessions after the run.
    pub sessions_open: u64,
    /// Events in open sessions and tails after the run.
    pub events_open: u64,
    /// How far event time has come.
    pub watermark: Option<String>,
    /// The earliest accepted event of this run.
    pub first_event: Option<String>,
    /// The latest accepted event of this run.
    pub last_event: Option<String>,
    /// About late events, if there were any.
    pub late: Option<LateReport>,
    /// The first time that was rejected, where another `--time-format` would have read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_time: Option<RejectedTimeReport>,
    /// Accepted events whose time is a number before 1990, if there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers_before_1990: Option<EarlyNumbersReport>,
    /// The definition in words, where this run has created or changed it.
    pub decided: Option<String>,
    /// What was published.
    pub outputs: Outputs,
    /// Bytes of the files that were read.
    pub bytes_read: u64,
    /// Wall time.
    pub seconds: f64,
    /// The same by phase.
    pub seconds_by_phase: Phases,
}

/// The columns and rules of a checkpoint.
#[derive(Debug, Clone, Serialize)]
pub struct DefinitionReport {
    /// As people write it.
    pub gap: String,
    /// Where events come from.
    pub sources: Vec<SourceReport>,
    /// Rules besides the gap: flags with their values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<&'static str, Vec<String>>,
}

/// How the files of one source are read.
#[derive(Debug, Clone, Serialize)]
pub struct SourceReport {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The key columns.
    pub key: Vec<String>,
    /// The time column.
    pub time: String,
    /// `yes`, `no` or `auto` while no file has shown it.
    pub header: &'static str,
    /// In the words of `--time-format`.
    pub time_format: String,
    /// IANA name.
    pub timezone: String,
    /// Properties of formats that are fixed, such as the delimiter, by name.
    #[serde(flatten)]
    pub options: BTreeMap<String, String>,
}

/// An open session, or a key with nothing but a tail.
#[derive(Debug, Clone, Serialize)]
pub struct OpenSessionReport {
    /// The key for people: the parts of a composite key joined by commas, U+FFFD for bytes that are not UTF-8.
    pub key: String,
    /// Its parts, byte for byte; written where `key` does not say it all.
    #[serde(skip_serializing_if = "is_plain", serialize_with = "key_parts")]
    pub key_parts: Vec<Vec<u8>>,
    /// First event.
    pub session_start: String,
    /// Last event, the tail included.
    pub session_end: String,
    /// Events, the tail included.
    pub event_count: u64,
}

/// A run of the ledger.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerReport {
    /// Its number.
    pub run: u64,
    /// What it was.
    pub kind: &'static str,
    /// Of a rollback: the run whose state was taken up again; 0 is before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u64>,
    /// Whether a rollback can go back to it.
    pub state_kept: bool,
    /// Wall clock at its start.
    pub as_of: String,
    /// Its files.
    pub files: Vec<FileReport>,
    /// Data rows.
    pub rows_read: u64,
    /// Events taken in.
    pub events_accepted: u64,
    /// Late events.
    pub events_late: u64,
    /// Rejected rows.
    pub rows_rejected: u64,
    /// Rows that the row filter left out.
    pub rows_filtered: u64,
    /// Sessions completed.
    pub sessions_completed: u64,
    /// Completed sessions that the session filter left out, less those that corrections took back.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
    /// Where it left the watermark.
    pub watermark: Option<String>,
    /// The outputs that it has recorded as taken away on purpose.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_outputs: Vec<String>,
}

/// What `inspect` shows.
#[derive(Debug, Clone, Serialize)]
pub struct InspectReport {
    /// Version of the checkpoint format.
    pub format_version: u32,
    /// What a session means here; `None` before the first run.
    pub definition: Option<DefinitionReport>,
    /// How far event time has come.
    pub watermark: Option<String>,
    /// What set it, in words.
    pub watermark_set_by: Option<String>,
    /// How many runs were committed.
    pub runs: u64,
    /// The last one.
    pub last_run: Option<LedgerReport>,
    /// Its number, while its outputs are not all in their places.
    pub unpublished_run: Option<u64>,
    /// Open sessions.
    pub sessions_open: u64,
    /// Keys with anything open.
    pub keys_open: u64,
    /// Events in open sessions and tails.
    pub events_open: u64,
    /// Start of the oldest open session.
    pub oldest_open_start: Option<String>,
    /// Size of the checkpoint.
    pub bytes_on_disk: u64,
    /// With `--sessions` or `--key`: what is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<OpenSessionReport>>,
    /// With `--runs`: the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Vec<LedgerReport>>,
}

/// A part of a key in JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum KeyPart<'k> {
    Text(&'k str),
    /// Two digits for each byte, where they are not UTF-8.
    Hex {
        hex: String,
    },
}

fn is_plain(parts: &[Vec<u8>]) -> bool {
    matches!(parts, [only] if std::str::from_utf8(only).is_ok())
}

fn key_parts<S: Serializer>(parts: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
    let hex = |part: &[u8]| part.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    serializer.collect_seq(parts.iter().map(|part| match std::str::from_utf8(part) {
        Ok(text) => KeyPart::Text(text),
        Err(_) => KeyPart::Hex { hex: hex(part) },
    }))
}
