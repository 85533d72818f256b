//! The analysis of the beginning of files, for a proposal. It only reads.

use super::cancellation::Cancellation;
use super::plan::time_parser;
use crate::core::event::Timestamp;
use crate::core::rules::{ProjectedColumns, RowSelection};
use crate::core::watermark::Watermark;
use crate::definition::{ColumnRequest, Source, SourceRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::input::time::TimeFormat;
use crate::input::{
    BatchFile, EventBatch, Extent, FileDecoder, Intake, Projection, RowRules, Sample, UnitDecoder,
};
use crate::proposal::{self, ColumnChoice, Findings, choose, facts, flags, propose_gap, table};
use crate::purged::PurgedKeys;

/// The number of rows whose columns are analyzed.
const SAMPLED_ROWS: usize = 1_000;

/// The number of bytes whose events are analyzed, decompressed: a unit may exceed it.
const LOOKED_AT_BYTES: u64 = 64 << 20;

/// The number of sessions that are shown.
const SHOWN_SESSIONS: usize = 5;

/// The events at the beginning of files.
#[derive(Debug, Default)]
struct Beginning {
    events: Vec<(Vec<u8>, Timestamp)>,
    rows: u64,
    rows_rejected: u64,
    bytes: u64,
    is_cut: bool,
}

/// Analyzes the beginning of `files`, 64 MiB in all, and proposes key, time and gap. The same files give the same findings.
/// Memory: some hundred bytes for each event.
///
/// # Errors
/// [`ErrorKind::NoInput`] if a file cannot be read. [`ErrorKind::DataRefused`], with the columns of the file, if no file has
/// rows, or no column is a key or a time.
pub fn look_at_files(files: &[BatchFile], cancellation: &Cancellation) -> Result<Findings> {
    let (first, sample) = first_sample(files)?;
    let facts = facts(&sample, &TimeFormat::Auto);
    let choice = choose(&facts, ColumnChoice::default());
    let columns = flags(&choice, &sample.columns, &facts);
    let table = table(&sample.columns, &facts);
    if choice.key.is_empty() || choice.time.is_empty() || columns.len() < 2 {
        return Err(no_columns(first, &choice).with_details(table));
    }
    let mut source = source_with(&columns, &sample);
    let mut beginning = Beginning::default();
    for file in files {
        beginning.add(file, &sample, &mut source, cancellation)?;
    }
    let mut events: Vec<(&[u8], Timestamp)> =
        beginning.events.iter().map(|(key, time)| (key.as_slice(), *time)).collect();
    let pauses = proposal::pauses_of(&mut events);
    let gap = propose_gap(&pauses);
    let examples = proposal::examples(&events, gap.minutes, SHOWN_SESSIONS);
    let examples =
        examples.map_err(|error| Error::new(ErrorKind::Failed, error.to_string()).nothing_changed())?;
    Ok(Findings {
        files: files.iter().filter_map(name_of_file).collect(),
        form: form_of(first, &sample),
        decided: decided(&source, &columns, &sample),
        columns,
        table,
        keys: events.chunk_by(|one, other| one.0 == other.0).count(),
        rows: beginning.rows,
        rows_rejected: beginning.rows_rejected,
        is_whole: !beginning.is_cut,
        pauses,
        gap,
        examples,
    })
}

/// The names of the columns of the first of `files` with rows; none if they have only numbers.
///
/// # Errors
/// As [`look_at_files`], for its first rows.
#[cfg(feature = "shell")]
pub fn columns_of(files: &[BatchFile]) -> Result<Vec<String>> {
    let (_, sample) = first_sample(files)?;
    let has_names = sample.columns.header() != Some(false);
    Ok(if has_names { sample.columns.names } else { Vec::new() })
}

/// The first file with rows, and their columns.
fn first_sample(files: &[BatchFile]) -> Result<(&BatchFile, Sample)> {
    let undecided = SourceRequest::default().create(&[]);
    for file in files {
        let sample = Sample::of(file, None, &undecided, SAMPLED_ROWS)?;
        if !sample.rows.is_empty() {
            return Ok((file, sample));
        }
    }
    let error = Error::new(ErrorKind::DataRefused, "there are no rows to analyze");
    Err(error.remedy("name a file with rows, such as yesterday's log").nothing_changed())
}

fn no_columns(file: &BatchFile, choice: &ColumnChoice) -> Error {
    let what = if choice.time.is_empty() {
        "no column of this file has times in a known format"
    } else {
        "no column of this file looks like a key"
    };
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("sessions need a key and a time: export them too, or name their columns with --key, --time and --time-format")
        .nothing_changed()
}

/// The source with these columns.
fn source_with(columns: &[(&str, String)], sample: &Sample) -> Source {
    let value = |name: &str| columns.iter().find(|(flag, _)| *flag == name).map(|(_, value)| value.clone());
    let requests = |name| {
        value(name).map(|value| value.split(',').map(ColumnRequest::read).collect::<Vec<ColumnRequest>>())
    };
    let request = SourceRequest {
        key: requests("key"),
        time: requests("time"),
        time_format: value("time-format"),
        header: sample.columns.header(),
        options: sample.source.options.clone(),
        ..SourceRequest::default()
    };
    request.create(&[])
}

impl Beginning {
    /// Adds the events of `file`, up to the limit.
    fn add(
        &mut self,
        file: &BatchFile,
        sample: &Sample,
        source: &mut Source,
        cancellation: &Cancellation,
    ) -> Result<()> {
        let kept = ProjectedColumns::default();
        let mut projection = Projection { kept: &kept, event_columns: &mut None };
        let mut times = time_parser(source)?;
        let format = Some(sample.format);
        let decoder = FileDecoder::open(file, format, source, &mut times, &mut projection, u64::MAX)?;
        let mut rows = UnitDecoder::new(Intake::new(times, file.path_columns(), accepting_all()));
        let content = file.reader().map_err(|error| file.read_error(&error))?;
        let mut units = decoder.units(content, Extent::default());
        let mut batch = EventBatch::default();
        // What cannot be read ends the analysis: the run reports what is wrong, and where.
        while let Ok(Some(unit)) = units.next(Vec::new()) {
            cancellation.check()?;
            self.is_cut = self.bytes >= LOOKED_AT_BYTES;
            if self.is_cut || rows.decode(&unit, &mut batch).is_err() {
                break;
            }
            self.bytes += unit.byte_count();
            self.rows += batch.rows;
            self.rows_rejected += batch.rows - batch.accepted;
            for event in batch.events() {
                self.events.push((event.key.to_vec(), event.time));
            }
        }
        Ok(())
    }
}

/// Rules by which no event is late or in the future.
fn accepting_all() -> RowRules {
    RowRules {
        accepts_from: Watermark::default(),
        purged: PurgedKeys::default(),
        latest_allowed: Timestamp::LAST_EVENT,
        selection: RowSelection::default(),
        key_hasher: None,
    }
}

fn name_of_file(file: &BatchFile) -> Option<String> {
    let name = file.path().to_string_lossy().into_owned();
    (name != "-").then_some(name)
}

/// The format and the compression of a file.
fn form_of(file: &BatchFile, sample: &Sample) -> String {
    let compression = file.compression_name().map_or_else(String::new, |name| format!(" in {name}"));
    format!("{}{compression}", sample.format.name())
}

/// What the file determines of `source` besides the columns: whether there is a header, if not all columns are given by name,
/// and the properties of its format.
fn decided(source: &Source, columns: &[(&str, String)], sample: &Sample) -> Vec<(String, String)> {
    let is_number = |value: &String| value.split(',').any(|word| word.parse::<u32>().is_ok());
    let has_numbers = columns.iter().any(|(flag, value)| *flag != "time-format" && is_number(value));
    let header = sample.columns.header().filter(|_| has_numbers);
    let header = header.map(|header| ("header".to_owned(), if header { "yes" } else { "no" }.to_owned()));
    let options = source.options.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    header.into_iter().chain(options).collect()
}
