//! The documents of a root: what never changes, and what each run has come to. Each is sealed as manifests are.

use super::job::EventTimeRow;
use crate::core::event::Timestamp;
use crate::ledger::{Counts, Head};
use crate::migrations::checkpoint::v1;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The name of what never changes.
pub const META_NAME: &str = "meta.json";

/// The kind of the commit that has the state of a checkpoint.
pub const IMPORT: &str = "import";

/// What never changes.
#[derive(Debug, Serialize, Deserialize)]
pub struct Meta {
    /// The stream, as in manifests.
    pub stream_id: String,
    /// A power of two from 256 on.
    pub buckets: u32,
    /// The number of the first run under this root.
    pub first_run: u64,
    /// The kind of its commit: a root that begins with [`IMPORT`] has no state of its own before that commit is there.
    pub first_kind: String,
    /// What a session means.
    pub definition: v1::Definition,
}

/// What a run has come to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Commit {
    /// As in [`Meta`].
    pub stream_id: String,
    /// Its number.
    pub run: u64,
    /// The UUID of the attempt that has committed it.
    pub attempt: String,
    /// `batch`, `finalize`, `finalize-as-of` or `import`.
    pub kind: String,
    /// The clock at its start.
    pub now_us: i64,
    /// Event time after it.
    pub event_time: EventTimeRow,
    /// Purged keys after it.
    pub purged: Vec<v1::PurgedKey>,
    /// What it counted.
    pub counts: CommitCounts,
    /// The name of the batch.
    pub batch: Option<String>,
    /// The files that it read; none if its rows came as a data frame.
    pub inputs: Vec<CommitInput>,
    /// The files that it wrote.
    pub files: Vec<CommitFile>,
}

/// The counts of a run, by the names of the command's report.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct CommitCounts {
    pub rows_read: u64,
    pub rows_filtered: u64,
    pub events_accepted: u64,
    pub events_late: u64,
    pub rejects: BTreeMap<String, u64>,
    pub first_us: Option<i64>,
    pub latest_us: Option<i64>,
    pub sessions_completed: u64,
    pub events_completed: u64,
    pub sessions_retracted: u64,
    pub events_retracted: u64,
    pub sessions_filtered: i64,
    pub events_filtered: i64,
    pub events_duplicate: u64,
    pub keys_open: u64,
    pub sessions_open: u64,
    pub events_open: u64,
    pub events_open_before: u64,
    pub oldest_open_start_us: Option<i64>,
}

impl CommitCounts {
    /// Those of the state that a checkpoint with this head has: nothing was read.
    pub fn of_state(head: &Head) -> Self {
        Self {
            keys_open: head.keys_open,
            sessions_open: head.sessions_open,
            events_open: head.events_open,
            events_open_before: head.events_open,
            oldest_open_start_us: head.oldest_open_start.map(Timestamp::us),
            ..Self::default()
        }
    }

    /// The counts of the run in a ledger.
    pub fn of_run(&self) -> Counts {
        Counts {
            rows_read: self.rows_read,
            events_accepted: self.events_accepted,
            events_late: self.events_late,
            rejects: self.rejects.clone(),
            sessions_completed: self.sessions_completed,
            events_completed: self.events_completed,
            events_open_before: self.events_open_before,
            events_open_after: self.events_open,
            events_removed: 0,
            events_duplicate: self.events_duplicate,
            sessions_retracted: self.sessions_retracted,
            events_retracted: self.events_retracted,
            rows_filtered: self.rows_filtered,
            sessions_filtered: self.sessions_filtered,
            events_filtered: self.events_filtered,
        }
    }
}

/// A file that a run has taken in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommitInput {
    /// As it was given, absolute.
    pub path: String,
    /// `xxh3-128:HEX:BYTES` of its content.
    pub digest: String,
    /// The hash of its beginning, as in an export.
    pub beginning: String,
    /// Its rows.
    pub rows: u64,
}

/// A file that a commit names.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommitFile {
    /// Below the root.
    pub path: String,
    /// `sessions`, `events`, `state`, `late`, `rejects` or `ledger`.
    pub kind: String,
    /// Its rows.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// xxh3-128 of its bytes, in hexadecimal.
    pub digest: String,
}

/// The name of the commit of a run.
pub fn commit_name(run: u64) -> String {
    format!("_commits/{run:010}.json")
}
