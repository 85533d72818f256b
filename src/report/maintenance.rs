//! Reports of the commands that check, repair and move a checkpoint.

use super::Status;
use serde::Serialize;

/// The report of a command that writes its own run, without a batch.
#[derive(Debug, Clone, Serialize)]
pub struct MaintenanceReport {
    /// The number of the run; `None` if nothing was done.
    pub run: Option<u64>,
    /// How it ended.
    pub status: Status,
    /// Open sessions after it.
    pub sessions_open: u64,
    /// Events in open sessions, and buffered events, after it.
    pub events_open: u64,
    /// The watermark.
    pub watermark: Option<String>,
    /// For a rollback: the run whose state was restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u64>,
    /// For a rollback: the runs that are no longer active.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub retracted_runs: Vec<u64>,
    /// For a rollback: the files that can be ingested again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forgotten_files: Vec<String>,
    /// For a rollback: outputs of the retracted runs that were missing, relative to the output folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_outputs: Vec<String>,
    /// Events that left without a session.
    pub events_removed: u64,
    /// The earliest run to which a rollback can still return.
    pub rollback_reaches: Option<u64>,
}

/// The report of a verify.
#[derive(Debug, Clone, Default, Serialize)]
pub struct VerifyReport {
    /// `ok`; `missing` if outputs are missing and nothing else is wrong; or `damaged`.
    pub status: &'static str,
    /// Runs in the ledger.
    pub runs: u64,
    /// Active runs: those that no rollback has undone.
    pub runs_active: u64,
    /// The last run, if its outputs are not all published.
    pub unpublished_run: Option<u64>,
    /// Generations of open state.
    pub generations: u64,
    /// Chunks in them.
    pub chunks: u64,
    /// Keys with open state.
    pub keys_open: u64,
    /// Open sessions.
    pub sessions_open: u64,
    /// Events in open sessions, and buffered events.
    pub events_open: u64,
    /// The rows that active runs read.
    pub rows_read: u64,
    /// Of them excluded by the row filter.
    pub rows_filtered: u64,
    /// Of them rejected.
    pub rows_rejected: u64,
    /// Of them late.
    pub events_late: u64,
    /// Of them in completed sessions.
    pub events_completed: u64,
    /// Of them in completed sessions that the session filter excluded.
    pub events_filtered: i64,
    /// Of them removed by a purge or a salvage.
    pub events_removed: u64,
    /// Manifests.
    pub manifests: u64,
    /// Published files.
    pub output_files: u64,
    /// Their bytes.
    pub output_bytes: u64,
    /// Sessions in them.
    pub output_sessions: u64,
    /// Missing published outputs that no run has recorded as removed on purpose, relative to the output folder.
    pub missing_outputs: Vec<String>,
    /// The number of outputs that were removed on purpose.
    pub missing_accepted: u64,
    /// The run that recorded `missing_outputs` as removed on purpose, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_in_run: Option<u64>,
    /// The last run that was pruned: nothing of it and of the runs before it is in the output folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruned_through: Option<u64>,
    /// What is damaged or inconsistent, as text.
    pub findings: Vec<String>,
}

/// What a prune has removed, or would.
#[derive(Debug, Clone, Serialize)]
pub struct PruneReport {
    /// How it ended.
    pub status: Status,
    /// The last run of which nothing stays; 0 if there is none.
    pub pruned_through: u64,
    /// Why it is the last: `age`, `rollback`, `followers` or `newest-run`.
    pub limited_by: &'static str,
    /// Outputs that were removed.
    pub outputs: u64,
    /// Manifests that were removed.
    pub manifests: u64,
    /// The bytes of both.
    pub bytes: u64,
}

/// The report of an export.
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    /// The last run.
    pub run: u64,
    /// Entries of the ledger.
    pub runs: u64,
    /// Known files.
    pub files: u64,
    /// Events in open sessions, and buffered events.
    pub events: u64,
    /// What could not be read.
    pub losses: Vec<String>,
}

/// The report of a backup.
#[derive(Debug, Clone, Serialize)]
pub struct BackupReport {
    /// Its folder.
    pub folder: String,
    /// The last run in it.
    pub run: u64,
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Missing published outputs, recorded or not: the copy does not have them either.
    pub outputs_missing: u64,
}

/// The report of a migrate.
#[derive(Debug, Clone, Serialize)]
pub struct MigrateReport {
    /// The run that wrote the state again; `None` if there was nothing to do.
    pub run: Option<u64>,
    /// The version before.
    pub from: u32,
    /// The version now.
    pub to: u32,
}
