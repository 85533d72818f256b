//! The import of an export into an empty checkpoint.

use super::checkpoint::{Checkpoint, file_entry, path_entries};
use super::lines::{Header, Line, Trailer};
use super::rows::{Counting, EncodedPartition, against_head, time};
use super::store::Changes;
use super::writer::StagedState;
use super::{entry, keys, ledger_rows};
use crate::core::event::MAX_KEY_BYTES;
use crate::core::partition::{KeyHash, PARTITIONS, PartitionId};
use crate::core::reducer::OpenCounts;
use crate::error::Result;
#[cfg(feature = "parquet")]
use crate::error::{Error, ErrorKind};
use crate::ledger::{FileDigest, Head, HeadMark, KnownFiles, RunEntry, RunId, StreamId, without_gaps};
use crate::migrations::checkpoint::{CURRENT_VERSION, OpenRow};
use std::collections::BTreeMap;
use std::io::BufRead;

/// More lost entries than this are no damage: somebody invented the number.
const MAX_LOST_RUNS: u64 = 100_000;

/// A complete and consistent export.
#[derive(Debug)]
pub struct Imported {
    /// The head from which it was exported.
    pub head: Head,
    /// That head and its digest.
    pub mark: HeadMark,
    /// The stream of the exported checkpoint.
    pub stream: StreamId,
    /// The sums of its rows.
    pub open: OpenCounts,
    /// The digest of its known files.
    pub known_files: KnownFiles,
    counting: Counting,
    runs: Vec<RunEntry>,
    /// By their key in the checkpoint.
    files: BTreeMap<Vec<u8>, (FileDigest, RunId)>,
    partitions: Vec<EncodedPartition>,
    last_key: Vec<u8>,
}

/// Reads the lines of an export. Memory: the open state in encoded form.
///
/// # Errors
/// The line, from 1, and what is wrong with it.
pub fn read_export(from: impl BufRead) -> Result<Imported, (u64, String)> {
    let mut imported: Option<Imported> = None;
    let mut read = Trailer::default();
    let mut line_number = 0;
    for line in from.lines() {
        line_number += 1;
        let wrong = |what: String| (line_number, what);
        let line = line.map_err(|error| wrong(error.to_string()))?;
        let line: Line<'_> = serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))?;
        match (line, &mut imported) {
            (Line::Export(header), None) => imported = Some(Imported::begin(header).map_err(wrong)?),
            (Line::End(trailer), Some(_)) if trailer.counts() == read.counts() => {
                let imported = imported.ok_or_else(|| wrong("there is no first line".to_owned()))?;
                return imported.finish(!trailer.lost.is_empty()).map_err(wrong);
            }
            (Line::End(trailer), Some(_)) => {
                let (expected, read) = (trailer.counts(), read.counts());
                return Err(wrong(format!("{expected:?} runs, files and rows expected, {read:?} read")));
            }
            (line, Some(imported)) => imported.take(line, &mut read).map_err(wrong)?,
            (_, None) => return Err(wrong("an export begins with its export line".to_owned())),
        }
    }
    Err((line_number, "it ends before its end line: it is truncated".to_owned()))
}

impl Imported {
    fn begin(header: Header) -> Result<Self, String> {
        if header.format_version > CURRENT_VERSION {
            return Err(format!(
                "it has format version {}; this program reads up to version {CURRENT_VERSION}: use a newer program",
                header.format_version
            ));
        }
        let digest = u128::from_str_radix(&header.head_digest, 16).map_err(|error| error.to_string())?;
        let stream = StreamId::read(&header.stream_id).ok_or("its stream id is not a UUID")?;
        let head = ledger_rows::head(header.head)?;
        Ok(Self {
            stream,
            mark: HeadMark { run: head.run, digest },
            counting: Counting::of(&head),
            head,
            open: OpenCounts::default(),
            known_files: KnownFiles::default(),
            runs: Vec::new(),
            files: BTreeMap::new(),
            partitions: vec![EncodedPartition::default(); PARTITIONS],
            last_key: Vec::new(),
        })
    }

    /// Checks all lines against the head: something may be missing only in a salvage that lost something.
    fn finish(mut self, has_losses: bool) -> Result<Self, String> {
        let is_sorted = self.runs.is_sorted_by(|one, next| one.head.run < next.head.run);
        let begins = self.runs.first().is_none_or(|first| first.head.run.number() > 0);
        if !is_sorted || !begins || self.runs.last().is_some_and(|last| last.head.run > self.head.run) {
            return Err("its runs do not follow each other up to that of its head".to_owned());
        }
        let missing = self.head.run.number().saturating_sub(self.runs.len() as u64);
        if missing > MAX_LOST_RUNS {
            return Err(format!("{missing} entries of its ledger are missing"));
        }
        let all = missing == 0;
        let known = self.files.values().fold(KnownFiles::default(), |all, &(file, run)| all.with(file, run));
        if !has_losses {
            let is_last = self.runs.last().is_some_and(|last| last.head == self.head);
            if !all || !is_last {
                return Err(
                    "an entry of its ledger is missing, or the last one is not that of its head".to_owned()
                );
            }
            if known != self.head.known_files {
                return Err("its known files are not those of its head".to_owned());
            }
            against_head(self.open, &self.head).map_or(Ok(()), Err)?;
        }
        self.known_files = known;
        let files: Vec<_> = self.files.values().copied().collect();
        self.runs = without_gaps(std::mem::take(&mut self.runs), &self.head, &files);
        Ok(self)
    }

    fn take(&mut self, line: Line<'_>, read: &mut Trailer) -> Result<(), String> {
        match line {
            Line::Run(row) => {
                self.runs.push(ledger_rows::run(row)?);
                read.runs += 1;
            }
            Line::File(file) => {
                let digest = file.read().ok_or("its digest is not that of a file")?;
                let run = RunId::new(file.run);
                if run > self.head.run || self.files.insert(keys::file(&digest), (digest, run)).is_some() {
                    return Err("it occurs twice, or belongs to a later run".to_owned());
                }
                read.files += 1;
            }
            Line::State(row) => {
                self.take_state(row)?;
                read.rows += 1;
            }
            Line::Export(_) | Line::End(_) => return Err("an export has one first line".to_owned()),
        }
        Ok(())
    }

    fn take_state(&mut self, row: OpenRow<'_>) -> Result<(), String> {
        if row.key.is_empty() || row.key.len() > MAX_KEY_BYTES {
            return Err(format!("a key has 1 to {MAX_KEY_BYTES} bytes"));
        }
        let session = row.session();
        let times = session.iter().flat_map(|open| [open.start_us, open.last_us]).chain(row.tail());
        for us in times {
            time(us)?;
        }
        let goes_on = session.is_none() && *row.key == *self.last_key;
        let counts = self.counting.count(&row, goes_on);
        self.open.add(counts);
        (*row.key).clone_into(&mut self.last_key);
        let partition = &mut self.partitions[KeyHash::of(&row.key).partition().index()];
        partition.open.add(counts);
        partition.push(row);
        Ok(())
    }
}

#[cfg(feature = "parquet")]
fn no_runs() -> Error {
    Error::new(ErrorKind::DataRefused, "the export has no runs")
}

impl Checkpoint {
    /// Writes the open state of an import. Nothing points to it before [`Checkpoint::commit_import`].
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if the store cannot be written.
    pub fn stage_import(&self, imported: &Imported) -> Result<StagedState> {
        let mut writer = self.stage_state()?;
        for (partition, encoded) in PartitionId::all().zip(&imported.partitions) {
            writer.put(partition, encoded)?;
        }
        writer.finish()
    }

    /// Becomes what was exported, in an empty store: the state, the ledger and the known files, and no run of its own.
    ///
    /// # Errors
    /// As [`Checkpoint::commit`]; [`crate::error::ErrorKind::DataRefused`] for a salvage, whose head is not the exported one.
    #[cfg(feature = "parquet")]
    pub fn restore(&mut self, imported: &Imported) -> Result<()> {
        let staged = self.stage_import(imported)?;
        let head = Head {
            generation: staged.generation,
            chunks: staged.chunks,
            state_digest: staged.digest,
            known_files: imported.known_files,
            ..imported.head.clone()
        };
        let (last, before) = imported.runs.split_last().ok_or_else(no_runs)?;
        let last = RunEntry { head, ..last.clone() };
        let entries = before.iter().chain([&last]).flat_map(entry::parts_of);
        let files = imported.files.iter().map(|(key, (_, run))| file_entry(key.clone(), *run));
        let paths = imported.runs.iter().flat_map(path_entries);
        let puts = entries.chain(files).chain(paths).collect();
        self.commit_head(&last.head, Changes { puts, removals: Vec::new() })
    }

    /// The commit of an import: its ledger, its known files and the entry of the import itself in one write.
    ///
    /// # Errors
    /// As [`Checkpoint::commit`].
    pub fn commit_import(&mut self, imported: &Imported, entry: &RunEntry) -> Result<()> {
        let entries = imported.runs.iter().chain([entry]).flat_map(entry::parts_of);
        let files = imported.files.iter().map(|(key, (_, run))| file_entry(key.clone(), *run));
        // If two runs found a file at one path, the later one counts. If that run was rolled back, the content is unknown.
        let paths = imported.runs.iter().flat_map(path_entries);
        let puts = entries.chain(files).chain(paths).collect();
        self.commit_head(&entry.head, Changes { puts, removals: Vec::new() })
    }
}
