//! How a checkpoint is: for monitoring.

use super::FollowerReport;
use serde::Serialize;
use std::collections::BTreeMap;

/// The health of a checkpoint, its outputs and its followers.
#[derive(Debug, Clone, Default, Serialize)]
pub struct StatusReport {
    /// What needs attention, in words; empty if nothing does.
    pub problems: Vec<String>,
    /// The last run; `None` before the first.
    pub run: Option<u64>,
    /// The time at which it started.
    pub last_run_at: Option<String>,
    /// The same as seconds since 1970.
    pub last_run_at_s: Option<f64>,
    /// The seconds since then.
    pub age_s: Option<f64>,
    /// The watermark.
    pub watermark: Option<String>,
    /// The same as seconds since 1970.
    pub watermark_s: Option<f64>,
    /// The seconds from the watermark to now.
    pub watermark_lag_s: Option<f64>,
    /// Open sessions.
    pub sessions_open: u64,
    /// Events in open sessions, and buffered events.
    pub events_open: u64,
    /// The last run, if it is committed but not published.
    pub unpublished_run: Option<u64>,
    /// Days or hours of which no file was taken in, as `--expect` asks.
    pub missing_batches: Vec<String>,
    /// The registered followers.
    pub followers: Vec<FollowerReport>,
    /// The folders of state and outputs.
    pub folders: Vec<FolderReport>,
    /// The sums of all runs.
    pub totals: TotalsReport,
}

/// A folder and the disk that it is on.
#[derive(Debug, Clone, Serialize)]
pub struct FolderReport {
    /// `state` or `out`.
    pub name: &'static str,
    /// Its path.
    pub path: String,
    /// The bytes that the user of the process can still write there.
    pub bytes_free: u64,
}

/// The sums over the runs that stand: those that a rollback undid do not count.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TotalsReport {
    /// Rows read.
    pub rows_read: u64,
    /// Late events.
    pub events_late: u64,
    /// Rejected rows by reason.
    pub rejects: BTreeMap<String, u64>,
    /// Completed sessions.
    pub sessions_completed: u64,
    /// Events in them.
    pub events_completed: u64,
}
