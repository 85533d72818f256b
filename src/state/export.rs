//! The checkpoint as lines of JSON: the rows of its format as text, for other machines, other programs, and as the way out
//! of a checkpoint of which a part is damaged.

use super::list::StateList;
use super::{Checkpoint, codec, keys, rows, stream};
use crate::core::partition::PartitionId;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{FileDigest, FileEntry, Head, KnownFiles, RunEntry, RunId, active_runs};
use crate::migrations::checkpoint::{CURRENT_VERSION, ExportedState, v1};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Known files by their key in the checkpoint.
type Files = BTreeMap<Vec<u8>, (FileDigest, RunId)>;

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
    pub(super) stream_id: String,
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
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Trailer {
    pub(super) runs: u64,
    pub(super) files: u64,
    pub(super) rows: u64,
    /// What a salvage could not read, in words. Only where something is lost may anything be missing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lost: Vec<String>,
}

impl Trailer {
    pub(super) const fn counts(&self) -> (u64, u64, u64) {
        (self.runs, self.files, self.rows)
    }
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
    /// Opens a copy of a checkpoint (see [`Checkpoint::open_copy`]) of which something is damaged: where the head cannot be
    /// read, that of the last ledger entry that can stands in for it. What is wrong is returned in words.
    ///
    /// # Errors
    /// If the store does not open, or neither a head nor a ledger entry can be read.
    pub fn open_damaged(copy: &Path, folder: &Path) -> Result<(Self, Vec<String>)> {
        let store = super::Store::open_copy(copy, folder)?;
        let mut findings = Vec::new();
        let stream =
            match stream::stored(&store).and_then(|stored| stored.ok_or_else(|| stream::missing(&store))) {
                Ok(stream) => stream,
                Err(error) => {
                    findings.push(error.to_string());
                    // It has no output that it could take over.
                    stream::new_stream()?
                }
            };
        let mut checkpoint = Self { store, head: None, mark: None, stream, list: StateList::default() };
        let stored = checkpoint.store.get(keys::HEAD)?;
        stored.as_ref().map_or(Ok(()), |head| super::check_version(head, folder))?;
        let decoded =
            stored.map_or_else(|| Err("it is missing".to_owned()), |bytes| codec::decode_head(&bytes));
        let (head, mark) = match decoded {
            Ok(head) => head,
            Err(damage) => {
                let error = checkpoint.store.damaged("the head", &damage);
                findings.push(error.to_string());
                let last = checkpoint.readable_runs(&mut Vec::new())?.pop();
                let (entry, mark) = last.ok_or(error)?;
                (entry.head, mark)
            }
        };
        findings.extend(checkpoint.runs_after(head.run)?);
        checkpoint.list = checkpoint.list_of(&head, &mut Vec::new())?;
        (checkpoint.head, checkpoint.mark) = (Some(head), Some(mark));
        Ok((checkpoint, findings))
    }

    /// Says so if there are traces of runs after `run`, whose state is all that can be read.
    fn runs_after(&self, run: RunId) -> Result<Option<String>> {
        let mut last = run;
        let mut see = |seen: Option<RunId>| last = last.max(seen.unwrap_or(run));
        self.scan_runs(|key, _| {
            see(keys::run_of_key(key));
            Ok(())
        })?;
        self.store.scan(keys::FILES, |_, number| {
            see(run_in(number));
            Ok(())
        })?;
        let (run, last) = (run.number(), last.number());
        Ok((last > run).then(|| {
            format!(
                "the runs after run {run}, up to run {last}: the state is that after run {run}, so their files may come \
                 again, and their outputs must not be used beside what follows"
            )
        }))
    }

    /// Writes every line of the export to `out`; what is `missing` is known already.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] for damage where no loss is accepted, and those of `out`.
    pub fn export(
        &self,
        loss: Loss,
        missing: Vec<String>,
        mut out: impl FnMut(String) -> Result<()>,
    ) -> Result<Exported> {
        let mut exported = Exported { losses: missing, ..Exported::default() };
        let Some((head, mark)) = self.head.as_ref().zip(self.mark) else {
            return Err(Error::new(ErrorKind::Failed, "there is nothing to export: no run was committed"));
        };
        let digest = format!("{:032x}", mark.digest);
        let header = Header {
            format_version: CURRENT_VERSION,
            stream_id: self.stream.to_string(),
            head_digest: digest,
            head: rows::head_row(head),
        };
        out(text(&Line::Export(header)))?;
        let entries = self.export_runs(head, loss, &mut exported, &mut out)?;
        self.export_files(head, &entries, loss, &mut exported, &mut out)?;
        let rows = self.export_state(head, loss, &mut exported, &mut out)?;
        exported.run = head.run.number();
        let trailer =
            Trailer { runs: exported.runs, files: exported.files, rows, lost: exported.losses.clone() };
        out(text(&Line::End(trailer)))?;
        Ok(exported)
    }

    fn export_runs(
        &self,
        head: &Head,
        loss: Loss,
        exported: &mut Exported,
        out: &mut impl FnMut(String) -> Result<()>,
    ) -> Result<Vec<RunEntry>> {
        let mut entries: Vec<RunEntry> = Vec::new();
        let mut damages = BTreeMap::new();
        self.scan_runs(|key, bytes| {
            match codec::decode_run(bytes) {
                // A later run than that of the state.
                Ok((entry, _)) if entry.head.run > head.run => {}
                Ok((entry, _)) => {
                    out(text(&Line::Run(rows::run_row(&entry))))?;
                    entries.push(entry);
                }
                Err(damage) => {
                    damages.insert(keys::run_of_key(key), damage);
                }
            }
            Ok(())
        })?;
        exported.runs = entries.len() as u64;
        let found: BTreeSet<RunId> = entries.iter().map(|entry| entry.head.run).collect();
        for run in (1..=head.run.number()).map(RunId::new).filter(|run| !found.contains(run)) {
            let damage = damages.get(&Some(run)).map_or("it is missing", String::as_str);
            exported.lose(loss, self.store.damaged(&keys::run_name(&keys::run(run)), damage))?;
        }
        Ok(entries)
    }

    /// The known files. Where the list is not what the head expects, the ledger knows those of its entries too.
    fn export_files(
        &self,
        head: &Head,
        entries: &[RunEntry],
        loss: Loss,
        exported: &mut Exported,
        out: &mut impl FnMut(String) -> Result<()>,
    ) -> Result<()> {
        let mut files = BTreeMap::new();
        self.store.scan(keys::FILES, |key, run| {
            match keys::digest_of_file(key).zip(run_in(run)) {
                // What a later run took in is not in this state.
                Some((_, run)) if run > head.run => {}
                Some((digest, run)) => {
                    files.insert(keys::file(&digest), (digest, run));
                }
                None => exported.lose(loss, self.store.damaged("a file entry", "its length is wrong"))?,
            }
            Ok(())
        })?;
        let known = |files: &Files| {
            files.values().fold(KnownFiles::default(), |all, (digest, run)| all.with(*digest, *run))
        };
        if known(&files) != head.known_files {
            let active = active_runs(entries);
            for entry in entries.iter().filter(|entry| active.contains(&entry.head.run)) {
                let of_entry = |file: &FileEntry| (keys::file(&file.digest), (file.digest, entry.head.run));
                files.extend(entry.files.iter().map(of_entry));
            }
            let (found, expected) = (known(&files), head.known_files);
            if loss == Loss::Refused || found != expected {
                let damage = format!(
                    "{} files found, {} expected; one that is missing would be taken in again",
                    found.count, expected.count
                );
                exported.lose(loss, self.store.damaged("the list of known files", &damage))?;
            }
        }
        exported.files = files.len() as u64;
        files.values().try_for_each(|(digest, run)| {
            out(text(&Line::File(KnownFile { digest: digest.to_string(), run: run.number() })))
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
            match loss {
                Loss::Refused => return Err(self.store.damaged("the open state", &finding)),
                Loss::Accepted => exported.losses.push(finding),
            }
        }
        exported.events = audit.survey.events;
        let mut rows = 0;
        let list = self.list_of(head, &mut Vec::new())?;
        for partition in PartitionId::all() {
            let mut lines = Vec::new();
            let visit = |row: &ExportedState| lines.push(text(&Line::State(row.clone())));
            // What is damaged was reported by the audit.
            self.visit_rows(head, &list, partition, visit, |_| Ok(()))?;
            rows += lines.len() as u64;
            lines.into_iter().try_for_each(&mut *out)?;
        }
        Ok(rows)
    }
}

fn run_in(bytes: &[u8]) -> Option<RunId> {
    bytes.try_into().ok().map(|number| RunId::new(u64::from_be_bytes(number)))
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
