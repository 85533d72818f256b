//! The export: the rows of a checkpoint as lines of JSON, for other machines and programs, and to salvage a damaged checkpoint.

use super::checkpoint::Checkpoint;
use super::files::known_files;
use super::lines::{Header, KnownFile, Line, Trailer, text};
use super::reader::StateReader;
use super::{keys, ledger_rows};
use crate::core::partition::PartitionId;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{FileDigest, FileEntry, Head, KnownFiles, RunEntry, RunId, active_runs};
use crate::migrations::checkpoint::{CURRENT_VERSION, OpenRow};
use std::collections::{BTreeMap, BTreeSet};

/// Known files by their key in the checkpoint.
type Files = BTreeMap<Vec<u8>, (FileDigest, RunId)>;

/// The result of an export.
#[derive(Debug, Clone, Default)]
pub struct Exported {
    /// The last run; 0 if no run was committed.
    pub run: u64,
    /// The entries of the ledger.
    pub runs: u64,
    /// The known files.
    pub files: u64,
    /// The events in the open sessions and buffers that were written.
    pub events: u64,
    /// What could not be read, as text.
    pub losses: Vec<String>,
}

/// Whether an export continues when something cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Nothing may be lost.
    Refused,
    /// What can be read is written, and the rest is reported.
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
    /// Writes every line of the export to `out`. What is `missing` is already known.
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
            head: ledger_rows::head_row(head),
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
        for stored in self.stored_entries()? {
            match stored.decode() {
                // A later run than that of the state.
                Ok((entry, _)) if entry.head.run > head.run => {}
                Ok((entry, _)) => {
                    out(text(&Line::Run(ledger_rows::run_row(&entry))))?;
                    entries.push(entry);
                }
                Err(damage) => {
                    damages.insert(stored.run(), damage);
                }
            }
        }
        exported.runs = entries.len() as u64;
        let found: BTreeSet<RunId> = entries.iter().map(|entry| entry.head.run).collect();
        for run in (1..=head.run.number()).map(RunId::new).filter(|run| !found.contains(run)) {
            let damage = damages.get(&Some(run)).map_or("it is missing", String::as_str);
            exported.lose(loss, self.damaged(&keys::run_name(&keys::run(run)), damage))?;
        }
        Ok(entries)
    }

    /// The known files. If their list differs from the head, the ledger's files are used as well.
    fn export_files(
        &self,
        head: &Head,
        entries: &[RunEntry],
        loss: Loss,
        exported: &mut Exported,
        out: &mut impl FnMut(String) -> Result<()>,
    ) -> Result<()> {
        let mut files = BTreeMap::new();
        for known in known_files(&*self.store) {
            match known? {
                // What a later run ingested is not in this state.
                Ok((_, run)) if run > head.run => {}
                Ok((digest, run)) => {
                    files.insert(keys::file(&digest), (digest, run));
                }
                Err(damage) => exported.lose(loss, self.damaged("a file entry", damage))?,
            }
        }
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
                    "{} files found, {} expected; one that is missing would be ingested again",
                    found.count, expected.count
                );
                exported.lose(loss, self.damaged("the list of known files", &damage))?;
            }
        }
        exported.files = files.len() as u64;
        files.values().try_for_each(|(digest, run)| out(text(&Line::File(KnownFile::new(digest, *run)))))
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
                Loss::Refused => return Err(self.damaged("the open state", &finding)),
                Loss::Accepted => exported.losses.push(finding),
            }
        }
        exported.events = audit.open.events;
        let mut rows = 0;
        let list = self.list_of(head, &mut Vec::new())?;
        let state = StateReader::new(self, &list, head);
        for partition in PartitionId::all() {
            let mut lines = Vec::new();
            let visit = |row: OpenRow<'_>| {
                lines.push(text(&Line::State(row)));
                Ok(())
            };
            // The audit has reported what is damaged.
            state.visit(partition, visit, |_| Ok(()))?;
            rows += lines.len() as u64;
            lines.into_iter().try_for_each(&mut *out)?;
        }
        Ok(rows)
    }
}
