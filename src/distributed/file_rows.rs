//! Files to rows for the shuffle, by the decoders of the command: so rows, rejects, their reasons and their order are those of the command.

use super::decoding::{open_decoder, open_file};
use super::documents::CommitInput;
use super::event_rows::EventRows;
use super::job::Job;
use super::known::{Identity, KnownContents};
use super::read_counts::ReadCounts;
use super::side_rows::side_rows;
use crate::error::{Error, ErrorKind, Result};
use crate::input::time::TimeParser;
use crate::input::{BatchFile, EventBatch, Extent, FileDecoder, Intake, UnitDecoder, beginnings};
use crate::ledger::MAX_BEGINNING_BYTES;
use crate::run::refusal;
use arrow_array::RecordBatch;
use serde::Serialize;

/// Files may have any number of bytes.
const MAX_BYTES: u64 = u64::MAX;

/// The bits of a number that count the events of a file. Those above number the files.
const EVENT_BITS: u32 = 40;

/// A file of a batch that one task reads.
#[derive(Debug)]
pub struct FileRows {
    job: Job,
    path: String,
    file: BatchFile,
    decoder: FileDecoder,
    times: TimeParser,
}

/// What a survey of a file has found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Survey {
    /// Its content, and what it has.
    New {
        input: CommitInput,
        counts: ReadCounts,
        /// The beginnings by which contents are found with which it begins: length and hash. The last one is that of its own.
        found_by: Vec<(u64, u64)>,
    },
    /// The run that took in all of it.
    Known { run: u64 },
}

impl FileRows {
    /// Opens a file, which must fit the definition of the job.
    ///
    /// # Errors
    /// [`ErrorKind::NoInput`] if it cannot be read, [`ErrorKind::DataRefused`] if it is of no kind that can be read, or lacks a column.
    pub fn open(job: Job, path: &str, format: Option<&str>) -> Result<Self> {
        let file = open_file(path)?;
        let mut definition = job.definition.clone();
        let (decoder, times) = open_decoder(&file, format, &mut definition, job.rules())?;
        // What only its format has, such as a delimiter, each file decides where the first one has not.
        for (source, kept) in definition.sources.iter_mut().zip(&job.definition.sources) {
            source.options.clone_from(&kept.options);
            source.header = kept.header;
        }
        if definition != job.definition {
            return Err(Error::new(
                ErrorKind::DataRefused,
                "this file would decide what the first one has left open in the definition",
            )
            .at(path)
            .remedy("begin with a file that has all columns and rows")
            .nothing_changed());
        }
        Ok(Self { job, path: path.to_owned(), file, decoder, times })
    }

    /// Counts its rows, and visits those that do not become events, as tables. Returns what it has found, as JSON: the file is not read if
    /// all of it is `known`, a list of contents as JSON.
    ///
    /// # Errors
    /// [`ErrorKind::DataRefused`] if the file begins with a known content, or cannot be decoded. Those of `visit`.
    pub fn survey(&self, known: &str, mut visit: impl FnMut(RecordBatch) -> Result<()>) -> Result<String> {
        let known = KnownContents::read(known).map_err(|what| Error::new(ErrorKind::Failed, what))?;
        let found = match known.identity(&self.file)? {
            Identity::Known(run) => Survey::Known { run },
            Identity::Grown(run) => return Err(self.grown(run)),
            Identity::New => {
                let mut counts = ReadCounts::default();
                self.for_each_batch(|batch, lines_before| {
                    counts.add(batch);
                    side_rows(&self.path, lines_before, batch)?.map_or(Ok(()), &mut visit)
                })?;
                let digest = self.file.digest(0, false)?;
                let input = CommitInput {
                    path: self.path.clone(),
                    digest: digest.to_string(),
                    beginning: format!("{:016x}", digest.beginning),
                    rows: counts.rows(),
                };
                let found_by = beginnings(&self.file.beginning(MAX_BEGINNING_BYTES)?);
                Survey::New { input, counts, found_by }
            }
        };
        serde_json::to_string(&found).map_err(|error| Error::new(ErrorKind::Failed, error.to_string()))
    }

    /// The run of the longest of these `contents`, a list as JSON, that is shorter than this file and with which it begins.
    ///
    /// # Errors
    /// [`ErrorKind::NoInput`] if the file cannot be read.
    pub fn begins_with(&self, contents: &str) -> Result<Option<u64>> {
        let contents = KnownContents::read(contents).map_err(|what| Error::new(ErrorKind::Failed, what))?;
        contents.beginning_of(&self.file)
    }

    /// Visits its rows for the shuffle. It is the file of this `number` in the batch, by which events at one instant are ordered.
    ///
    /// # Errors
    /// As [`FileRows::survey`].
    pub fn rows(&self, number: u32, mut visit: impl FnMut(RecordBatch) -> Result<()>) -> Result<()> {
        let mut rows = EventRows::of(&self.job);
        let mut seq = i64::from(number) << EVENT_BITS;
        self.for_each_batch(|batch, _| {
            let batches = rows.take(batch, seq)?;
            seq += i64::try_from(batch.accepted).unwrap_or_default();
            batches.into_iter().try_for_each(&mut visit)
        })?;
        rows.finish()?.into_iter().try_for_each(&mut visit)
    }

    /// Visits the decoded units, each with the number of lines before it.
    fn for_each_batch(&self, mut visit: impl FnMut(&EventBatch, u64) -> Result<()>) -> Result<()> {
        let content = self.file.content().map_err(|error| self.file.read_error(&error))?;
        let intake = Intake::new(self.times.clone(), self.file.path_columns(), self.job.row_rules.clone());
        let mut decoder = UnitDecoder::new(intake);
        let mut units = self.decoder.units(content, Extent::WHOLE);
        let (mut batch, mut lines, mut memory) = (EventBatch::default(), 0, Vec::new());
        loop {
            let refused = |error| refusal(&error, &self.file, lines, MAX_BYTES);
            let Some(unit) = units.next(memory).map_err(refused)? else { return Ok(()) };
            decoder.decode(&unit, &mut batch).map_err(refused)?;
            visit(&batch, lines)?;
            lines += batch.lines.lines;
            memory = unit.into_memory();
        }
    }

    fn grown(&self, run: u64) -> Error {
        Error::new(ErrorKind::DataRefused, format!("this file begins with what run {run} has taken in"))
            .at(&self.path)
            .remedy("give what was added as a file of its own: growing files are for the command")
            .nothing_changed()
    }
}
