//! What a delivery has done, and how far each follower is.

use serde::Serialize;

/// What one delivery has done.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DeliverReport {
    /// `delivered`; `nothing-to-do` if the target had everything.
    pub status: &'static str,
    /// The name of the follower.
    pub follower: String,
    /// Its target, for people.
    pub target: String,
    /// The stream that it follows.
    pub stream_id: String,
    /// The run at which the target is; 0 before the first.
    pub run: u64,
    /// Transactions: one for each run, and one for each rollback with the runs that it takes back.
    pub runs_delivered: u64,
    /// Rows of sessions that were sent.
    pub session_rows: u64,
    /// Rows of events that were sent.
    pub event_rows: u64,
}

/// The followers of an output folder.
#[derive(Debug, Clone, Serialize)]
pub struct DeliverStatusReport {
    /// The newest published run.
    pub run: Option<u64>,
    /// The registered followers.
    pub followers: Vec<FollowerReport>,
}

/// A registered follower.
#[derive(Debug, Clone, Serialize)]
pub struct FollowerReport {
    /// Its name.
    pub name: String,
    /// Its target, for people.
    pub target: String,
    /// The run at which its target is; 0 before the first.
    pub run: u64,
    /// Published runs that it lacks.
    pub runs_behind: u64,
    /// Rows of sessions and events in them.
    pub rows_behind: u64,
}

/// A follower that was forgotten.
#[derive(Debug, Clone, Serialize)]
pub struct ForgetReport {
    /// Its name.
    pub forgotten: String,
}

/// What was removed from a target.
#[derive(Debug, Clone, Serialize)]
pub struct CleanReport {
    /// The target, for people.
    pub target: String,
    /// Files that no manifest named.
    pub files_removed: u64,
}
