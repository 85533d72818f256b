//! What the commands that check, repair and carry a checkpoint have done.

use super::Status;
use serde::Serialize;

/// What a command that writes a run of its own, without a batch, has done.
#[derive(Debug, Clone, Serialize)]
pub struct MaintenanceReport {
    /// Its number; `None` where nothing was done.
    pub run: Option<u64>,
    /// How it ended.
    pub status: Status,
    /// Open sessions after it.
    pub sessions_open: u64,
    /// Events in open sessions and tails after it.
    pub events_open: u64,
    /// How far event time has come.
    pub watermark: Option<String>,
    /// Of a rollback: the run whose state was taken up again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u64>,
    /// Of a rollback: the runs that no longer stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retracted_runs: Vec<u64>,
    /// Of a rollback: files that may be taken in again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forgotten_files: Vec<String>,
    /// Of a rollback: outputs of the retracted runs that somebody has taken away before, relative to the output folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_outputs: Vec<String>,
    /// Events that left without a session.
    pub events_removed: u64,
    /// The earliest run that a rollback can still go back to.
    pub rollback_reaches: Option<u64>,
}

/// What a verify has looked at, and what it has found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct VerifyReport {
    /// `ok`, `missing` where nothing is wrong but that outputs are gone, or `damaged`.
    pub status: &'static str,
    /// Runs in the ledger.
    pub runs: u64,
    /// Active ones: those that no rollback has rolled back.
    pub runs_active: u64,
    /// The last one, while its outputs are not all in their places.
    pub unpublished_run: Option<u64>,
    /// Generations of open state.
    pub generations: u64,
    /// Chunks in them.
    pub chunks: u64,
    /// Keys with anything open now.
    pub keys_open: u64,
    /// Open sessions now.
    pub sessions_open: u64,
    /// Events held now.
    pub events_open: u64,
    /// Rows that active runs have read.
    pub rows_read: u64,
    /// Of them left out by the row filter.
    pub rows_filtered: u64,
    /// Of them rejected.
    pub rows_rejected: u64,
    /// Of them late.
    pub events_late: u64,
    /// Of them in completed sessions.
    pub events_completed: u64,
    /// Of them in completed sessions that were not written.
    pub events_filtered: i64,
    /// Of them removed.
    pub events_removed: u64,
    /// Manifests.
    pub manifests: u64,
    /// Published files.
    pub output_files: u64,
    /// Their bytes.
    pub output_bytes: u64,
    /// Sessions in them.
    pub output_sessions: u64,
    /// Published outputs that are gone and of which no run before has recorded that this is meant, relative to the output
    /// folder.
    pub missing_outputs: Vec<String>,
    /// How many are gone besides, on purpose.
    pub missing_accepted: u64,
    /// The run that has recorded `missing_outputs` as taken away on purpose, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_in_run: Option<u64>,
    /// What is damaged or does not fit, in words.
    pub findings: Vec<String>,
}

/// What an export has written.
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    /// The last run.
    pub run: u64,
    /// Entries of the ledger.
    pub runs: u64,
    /// Known files.
    pub files: u64,
    /// Events in open sessions and tails.
    pub events: u64,
    /// What could not be read.
    pub losses: Vec<String>,
}

/// What a backup has copied.
#[derive(Debug, Clone, Serialize)]
pub struct BackupReport {
    /// Where it is.
    pub folder: String,
    /// The last run in it.
    pub run: u64,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Published outputs that are gone, whether that was recorded or not: the copy does not have them either.
    pub outputs_missing: u64,
}

/// What a migrate has done.
#[derive(Debug, Clone, Serialize)]
pub struct MigrateReport {
    /// The run that wrote the state again; `None` where nothing was to be done.
    pub run: Option<u64>,
    /// The version before.
    pub from: u32,
    /// The version now.
    pub to: u32,
}
