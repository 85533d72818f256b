//! Reports of commands, for machines.
//!
//! [`crate::cli`] makes the text for people from the same structures.

mod deliver;
mod explain;
mod maintenance;
mod page;
mod status;
mod times;

pub use deliver::{CleanReport, DeliverReport, DeliverStatusReport, FollowerReport, ForgetReport};
pub use explain::ExplainReport;
pub use maintenance::{
    BackupReport, ExportReport, MaintenanceReport, MigrateReport, PruneReport, VerifyReport,
};
pub use page::PageReport;
pub use status::{FolderReport, StatusReport, TotalsReport};
pub use times::{EarlyNumbersReport, RejectedTimeReport};

use crate::figures::OpenFigures;
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// A run was committed and published.
    Committed,
    /// There was nothing to do, and nothing has changed.
    #[default]
    NothingToDo,
    /// A dry run: the report shows what would have been committed.
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
    /// `processed`; `grown` if its beginning was ingested before; `known` if all of it was.
    pub status: &'static str,
    /// The length of the known beginning of a grown file, decompressed.
    #[serde(skip_serializing_if = "is_zero")]
    pub known_bytes: u64,
    /// The lines of that beginning.
    #[serde(skip_serializing_if = "is_zero")]
    pub known_lines: u64,
    /// The run that ingested that beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_from: Option<u64>,
    /// The bytes of an unfinished last row, which is left for a later run.
    #[serde(skip_serializing_if = "is_zero")]
    pub unfinished_bytes: u64,
    /// The run that ingested other content under the same path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<u64>,
    /// Its source, if the source has a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl FileReport {
    /// A file without further facts.
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

/// The paths of the files that a run published.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Outputs {
    /// Completed sessions.
    pub sessions: Option<String>,
    /// Late events.
    pub late: SidePaths,
    /// Rejected rows.
    pub rejects: SidePaths,
    /// Events of completed sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<String>,
    /// Open sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

/// The files of one side output: one, or one for each form of row where inputs have several. In JSON the path, or a list of them.
#[derive(Debug, Clone, Default)]
pub struct SidePaths(pub Vec<String>);

impl Serialize for SidePaths {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0[..] {
            [] => serializer.serialize_none(),
            [only] => only.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

/// Seconds spent in each part of a run.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Phases {
    /// Taking the lock, opening and recovering the checkpoint, loading open state.
    pub open: f64,
    /// Waiting for bytes and parsing them.
    pub read: f64,
    /// Folding.
    pub reduce: f64,
    /// Writing and syncing outputs and state.
    pub stage: f64,
    /// The atomic write.
    pub commit: f64,
    /// Renames, the manifest, removing old generations.
    pub publish: f64,
}

/// A summary of late events.
#[derive(Debug, Clone, Serialize)]
pub struct LateReport {
    /// How far before the watermark the earliest of them is, in seconds.
    pub latest_by_s: f64,
    /// The `--watermark-delay` with which all of them would have been accepted.
    pub watermark_delay_to_keep_all: String,
}

/// The report of a run or a finalize. The default is that there was nothing to do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunReport {
    /// The number of the run; `None` if nothing was done.
    pub run: Option<u64>,
    /// How it ended.
    pub status: Status,
    /// The files of the batch.
    pub files: Vec<FileReport>,
    /// Files of an inbox that changed a moment ago, and are left for the next run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files_left: Vec<String>,
    /// Lines of text: rows, headers, blank lines, comments, lines before the rows, and continuation lines.
    pub lines: u64,
    /// Lines at the beginning of grown files, which an earlier run ingested.
    pub known_lines: u64,
    /// The bytes of unfinished last rows, which are left for a later run.
    pub unfinished_bytes: u64,
    /// Lines that continue a row.
    pub continuation_lines: u64,
    /// Lines that are comments.
    pub comment_lines: u64,
    /// Lines before the rows that were skipped.
    pub skipped_lines: u64,
    /// Data rows.
    pub rows_read: u64,
    /// Rows that the row filter excluded.
    pub rows_filtered: u64,
    /// Accepted events.
    pub events_accepted: u64,
    /// Late events.
    pub events_late: u64,
    /// Events dropped as duplicates.
    pub events_duplicate: u64,
    /// Rejected rows.
    pub rows_rejected: u64,
    /// The same by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Sessions completed.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
    /// Retracted sessions.
    pub sessions_retracted: u64,
    /// Events in them.
    pub events_retracted: u64,
    /// Sessions that the session filter excluded, minus those that were retracted again.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
    /// Open sessions after the run.
    pub sessions_open: u64,
    /// Events in open sessions, and buffered events, after the run.
    pub events_open: u64,
    /// The watermark.
    pub watermark: Option<String>,
    /// The earliest accepted event of this run.
    pub first_event: Option<String>,
    /// The latest accepted event of this run.
    pub last_event: Option<String>,
    /// The summary of late events, if there were any.
    pub late: Option<LateReport>,
    /// The first rejected time, if another `--time-format` would have read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected_time: Option<RejectedTimeReport>,
    /// Accepted events whose time is a number before 1990, if there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numbers_before_1990: Option<EarlyNumbersReport>,
    /// The definition as text, if this run created or changed it.
    pub decided: Option<String>,
    /// The published files.
    pub outputs: Outputs,
    /// Bytes of the files that were read.
    pub bytes_read: u64,
    /// Wall time.
    pub seconds: f64,
    /// The same by phase.
    pub seconds_by_phase: Phases,
}

/// The definition of a checkpoint.
#[derive(Debug, Clone, Serialize)]
pub struct DefinitionReport {
    /// The gap as text.
    pub gap: String,
    /// The sources.
    pub sources: Vec<SourceReport>,
    /// The rules besides the gap: flags with their values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub rules: BTreeMap<&'static str, Vec<String>>,
}

/// A source: how its files are read.
#[derive(Debug, Clone, Serialize)]
pub struct SourceReport {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The key columns.
    pub key: Vec<String>,
    /// The time column.
    pub time: String,
    /// `yes` or `no`; `auto` while no file has shown it.
    pub header: &'static str,
    /// The value of `--time-format`.
    pub time_format: String,
    /// IANA name.
    pub timezone: String,
    /// The fixed properties of formats by name, such as the delimiter.
    #[serde(flatten)]
    pub options: BTreeMap<String, String>,
}

/// An open session, or a key with only buffered events.
#[derive(Debug, Clone, Serialize)]
pub struct OpenSessionReport {
    /// The key for people: the parts of a composite key joined by commas, U+FFFD for bytes that are not UTF-8.
    pub key: String,
    /// Its parts, byte for byte; written if `key` is not exact.
    #[serde(skip_serializing_if = "is_plain", serialize_with = "key_parts")]
    pub key_parts: Vec<Vec<u8>>,
    /// The first event.
    pub session_start: String,
    /// The last event, including buffered ones.
    pub session_end: String,
    /// The number of events, including buffered ones.
    pub event_count: u64,
}

/// A run of the ledger.
#[derive(Debug, Clone, Serialize)]
pub struct LedgerReport {
    /// Its number.
    pub run: u64,
    /// The kind of the run.
    pub kind: &'static str,
    /// For a rollback: the run whose state was restored; 0 is the state before the first run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u64>,
    /// Whether a rollback can return to it.
    pub state_kept: bool,
    /// The time at its start.
    pub as_of: String,
    /// Its files.
    pub files: Vec<FileReport>,
    /// Data rows.
    pub rows_read: u64,
    /// Accepted events.
    pub events_accepted: u64,
    /// Late events.
    pub events_late: u64,
    /// Rejected rows.
    pub rows_rejected: u64,
    /// Rows that the row filter excluded.
    pub rows_filtered: u64,
    /// Sessions completed.
    pub sessions_completed: u64,
    /// Sessions that the session filter excluded, minus those that were retracted again.
    pub sessions_filtered: i64,
    /// Events in them.
    pub events_filtered: i64,
    /// The watermark after it.
    pub watermark: Option<String>,
    /// The outputs that it recorded as removed on purpose.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_outputs: Vec<String>,
    /// Open sessions after it; only people see it, in a chart.
    #[serde(skip)]
    pub sessions_open: u64,
}

/// The report of `inspect`.
#[derive(Debug, Clone, Serialize)]
pub struct InspectReport {
    /// Version of the checkpoint format.
    pub format_version: u32,
    /// The definition; `None` before the first run.
    pub definition: Option<DefinitionReport>,
    /// The watermark.
    pub watermark: Option<String>,
    /// What set the watermark, as text.
    pub watermark_set_by: Option<String>,
    /// How many runs were committed.
    pub runs: u64,
    /// The last one.
    pub last_run: Option<LedgerReport>,
    /// The last run, if its outputs are not all published.
    pub unpublished_run: Option<u64>,
    /// Open sessions.
    pub sessions_open: u64,
    /// Keys with open state.
    pub keys_open: u64,
    /// Events in open sessions, and buffered events.
    pub events_open: u64,
    /// Start of the oldest open session.
    pub oldest_open_start: Option<String>,
    /// Size of the checkpoint.
    pub bytes_on_disk: u64,
    /// With `--sessions` or `--key`: the open sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Vec<OpenSessionReport>>,
    /// With `--runs`: the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Vec<LedgerReport>>,
    /// How old, long and full the open sessions are; only people see it, in charts.
    #[serde(skip)]
    pub open: Option<OpenFigures>,
}

/// A part of a key in JSON.
#[derive(Serialize)]
#[serde(untagged)]
enum KeyPart<'k> {
    Text(&'k str),
    /// Two hexadecimal digits for each byte of a part that is not UTF-8.
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
