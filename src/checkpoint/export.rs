//! The checkpoint as lines of JSON: the rows of its format as text, for other machines, other programs, and as the way out
//! of a checkpoint of which a part is damaged.

use super::{Checkpoint, codec, head_digest, keys, rows};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{FileDigest, Head};
use crate::migrations::checkpoint::{CURRENT_VERSION, ExportedState, v1};
use crate::partition::PartitionId;
use serde::{Deserialize, Serialize};

/// One line. The first is `export`, the last `end`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    Export(Header),
    Run(v1::RunRow),
    File(KnownFile),
    State(ExportedState),
    End(Trailer),
}

/// What the lines are, and the head of the checkpoint that they come from.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) format_version: u32,
    pub(super) head_digest: String,
    pub(super) head: v1::Head,
}

/// A file that must not be taken in again.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KnownFile {
    pub(super) digest: String,
    pub(super) run: u64,
}

/// How many lines of each kind stand before it: a cut file shows here.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) runs: u64,
    pub(super) files: u64,
    pub(super) rows: u64,
}

/// What an export has written.
#[derive(Debug, Clone, Default)]
pub struct Exported {
    /// The last run; 0 where nothing was committed.
    pub run: u64,
    /// Entries of the ledger.
    pub runs: u64,
    /// Files that are known.
    pub files: u64,
    /// Events in the open sessions and tails that were written.
    pub events: u64,
    /// What could not be read, in words.
    pub losses: Vec<String>,
}

/// Whether an export goes on where something cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing may be lost.
    Refused,
    /// What can be read is written, the rest is reported.
    Accepted,
}

impl Exported {
    fn lose(&mut self, loss: Loss, error: Error) -> Result<()> {
        match loss {
            Loss::Refused => Err(error),
            Loss::Accepted => {
                self.losses.push(error.to_string());
                Ok(())
            }
        }
    }
}

impl Checkpoint {
    /// Opens a checkpoint of which something is damaged: where the head cannot be read, that of the last ledger entry that
    /// can stands in for it. What is wrong is returned in words.
    ///
    /// # Errors
    /// If the store does not open, or neither a head nor a ledger entry can be read.
    pub fn open_damaged(folder: &std::path::Path) -> Result<(Self, Vec<String>)> {
        let mut checkpoint = Self { store: super::Store::open(folder)?, head: None };
        let mut findings = Vec::new();
        let stored = checkpoint.store.get(keys::HEAD)?;
        let decoded =
            stored.map_or_else(|| Err("it is missing".to_owned()), |bytes| codec::decode_head(&bytes));
        checkpoint.head = match decoded {
            Ok(head) => Some(head),
            Err(damage) => {
                let error = checkpoint.store.damaged("the head", &damage);
                findings.push(error.to_string());
                let mut unreadable = Vec::new();
                let last = checkpoint.readable_runs(&mut unreadable)?.pop();
                Some(last.ok_or(error)?.head)
            }
        };
        Ok((checkpoint, findings))
    }

    /// Writes every line of the export to `out`.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] for damage where no loss is accepted, and those of `out`.
    pub fn export(&self, loss: Loss, mut out: impl FnMut(String) -> Result<()>) -> Result<Exported> {
        let mut exported = Exported::default();
        let Some(head) = &self.head else {
            return Err(Error::new(ErrorKind::Failed, "there is nothing to export: no run was committed"));
        };
        let digest = format!("{:032x}", head_digest(head).digest);
        let header =
            Header { format_version: CURRENT_VERSION, head_digest: digest, head: rows::head_row(head) };
        out(text(&Line::Export(header)))?;
        self.export_runs(loss, &mut exported, &mut out)?;
        self.export_files(loss, &mut exported, &mut out)?;
        let rows = self.export_state(head, loss, &mut exported, &mut out)?;
        exported.run = head.run.number();
        out(text(&Line::End(Trailer { runs: exported.runs, files: exported.files, rows })))?;
        Ok(exported)
    }

    fn export_runs(
        &self,
        loss: Loss,
        exported: &mut Exported,
        out: &mut impl FnMut(String) -> Result<()>,
    ) -> Result<()> {
        self.store.scan(keys::RUNS, |_, bytes| match codec::decode_run(bytes) {
            Ok(entry) => {
                exported.runs += 1;
                out(text(&Line::Run(rows::run_row(&entry))))
            }
            Err(damage) => exported.lose(loss, self.store.damaged("a ledger entry", &damage)),
        })
    }

    fn export_files(
        &self,
        loss: Loss,
        exported: &mut Exported,
        out: &mut impl FnMut(String) -> Result<()>,
    ) -> Result<()> {
        self.store.scan(keys::FILES, |key, run| {
            let run = run.try_into().ok().map(u64::from_be_bytes);
            let Some((digest, run)) = keys::digest_of_file(key).zip(run) else {
                return exported.lose(loss, self.store.damaged("a file entry", "its length is wrong"));
            };
            exported.files += 1;
            out(text(&Line::File(KnownFile { digest: digest.to_string(), run })))
        })
    }

    fn export_state(
        &self,
        head: &Head,
        loss: Loss,
        exported: &mut Exported,
        out: &mut impl FnMut(String) -> Result<()>,
    ) -> Result<u64> {
        let audit = self.audit_state(head)?;
        for finding in audit.findings {
            exported.lose(loss, self.store.damaged("the open state", &finding))?;
        }
        let mut rows = 0;
        for partition in PartitionId::all() {
            let mut lines = Vec::new();
            let visit = |row: &ExportedState| {
                lines.push(text(&Line::State(row.clone())));
                exported.events += row.events();
            };
            // What is damaged was reported by the audit.
            self.visit_rows(head, partition, visit, |_| Ok(()))?;
            rows += lines.len() as u64;
            lines.into_iter().try_for_each(&mut *out)?;
        }
        Ok(rows)
    }
}

/// A line without its end. Rows have no values that JSON cannot hold.
fn text(line: &Line) -> String {
    serde_json::to_string(line).unwrap_or_default()
}

/// Reads the text of a digest.
pub(super) fn read_digest(text: &str) -> Option<FileDigest> {
    let (hash, bytes) = text.strip_prefix("xxh3-128:")?.split_once(':')?;
    Some(FileDigest { hash: u128::from_str_radix(hash, 16).ok()?, bytes: bytes.parse().ok()? })
}
