//! The lines of an export: JSON, one value a line.

use crate::ledger::{FileDigest, RunId};
use crate::migrations::checkpoint::{OpenRow, v1};
use serde::{Deserialize, Serialize};

/// One line. The first is `export`, the last `end`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line<'a> {
    Export(Header),
    Run(v1::RunRow),
    File(KnownFile),
    State(OpenRow<'a>),
    End(Trailer),
}

/// What the lines are, and the head of the exported checkpoint.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format_version: u32,
    pub(super) stream_id: String,
    pub(super) head_digest: String,
    pub(super) head: v1::Head,
}

/// A known file, which must not be ingested again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KnownFile {
    pub(super) digest: String,
    pub(super) beginning: String,
    pub(super) run: u64,
}

impl KnownFile {
    pub(super) fn new(digest: &FileDigest, run: RunId) -> Self {
        Self {
            digest: digest.to_string(),
            beginning: format!("{:016x}", digest.beginning),
            run: run.number(),
        }
    }

    /// The digest, if it is valid.
    pub(super) fn read(&self) -> Option<FileDigest> {
        FileDigest::read(&self.digest, &self.beginning)
    }
}

/// The number of lines of each kind before it, which shows a truncated file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) runs: u64,
    pub(super) files: u64,
    pub(super) rows: u64,
    /// What a salvage could not read, as text. Only if something was lost may anything be missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lost: Vec<String>,
}

impl Trailer {
    pub(super) const fn counts(&self) -> (u64, u64, u64) {
        (self.runs, self.files, self.rows)
    }
}

/// A line without its end. All values of rows can be written as JSON.
pub(super) fn text(line: &Line<'_>) -> String {
    serde_json::to_string(line).unwrap_or_default()
}
