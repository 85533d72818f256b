//! Help for a first run whose columns do not match its file: the columns of the file, and the command that would work.

use super::file_reader::FileToRead;
use super::read_stats::ReadStats;
use crate::definition::{ColumnRequest, SourceRequest};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{BatchFile, Format, Naming, Reason, Sample, ShownColumns};
use crate::proposal::{Advice, advise, command_with, doubt_about_unnamed};
use crate::settings::RunSettings;

/// The number of rows to analyze.
const ROWS: usize = 100;

/// The reasons for which rows are rejected if other columns are used than intended.
const ABOUT_COLUMNS: [Reason; 5] =
    [Reason::Time, Reason::ImpossibleTime, Reason::Future, Reason::EmptyKey, Reason::KeyType];

/// A file of a first run, and the requested columns.
#[derive(Debug)]
pub(super) struct FirstUse<'r> {
    file: &'r BatchFile,
    asked: &'r SourceRequest,
    /// The words of the command.
    command: &'r [String],
}

impl<'r> FirstUse<'r> {
    /// For `file`, which belongs to the source of this name.
    pub(super) fn of(file: &'r BatchFile, source: Option<&str>, settings: &'r RunSettings) -> Option<Self> {
        Some(Self { file, asked: settings.request.of_source(source)?, command: &settings.command })
    }

    /// Refuses default columns if the first rows show that they are not key and time.
    ///
    /// # Errors
    /// [`ErrorKind::DataRefused`], with the columns of the file.
    pub(super) fn check_unnamed(&self) -> Result<()> {
        if self.asked.time.is_some() && self.asked.key.is_some() {
            return Ok(());
        }
        let Some(sample) = self.sample() else { return Ok(()) };
        let Some(doubt) = doubt_about_unnamed(&sample, self.asked) else { return Ok(()) };
        let error = Error::new(ErrorKind::DataRefused, doubt).at(self.file.path().display());
        Err(self.explained(error.remedy("name the columns with --key and --time").nothing_changed(), &sample))
    }

    /// An error of opening the file. If the key or the time is not among its columns, the columns of the file are added.
    pub(super) fn explain(&self, error: Error) -> Error {
        let Some(sample) = self.sample() else { return error };
        let ShownColumns { names, naming, .. } = &sample.columns;
        let is_there = |request: &ColumnRequest| match request {
            ColumnRequest::Number(number) => *naming != Naming::Names && *number as usize <= names.len(),
            ColumnRequest::Name(name) => {
                names.contains(name) || self.file.path_columns().names().contains(name)
            }
        };
        let asked = |requests: &Option<Vec<ColumnRequest>>, number| {
            requests.clone().unwrap_or_else(|| vec![ColumnRequest::Number(number)])
        };
        let mut asked = asked(&self.asked.key, 1).into_iter().chain(asked(&self.asked.time, 2));
        if asked.all(|request| is_there(&request)) { error } else { self.explained(error, &sample) }
    }

    /// `None` for a file without columns, or one that cannot be read: the run reports that itself.
    fn sample(&self) -> Option<Sample> {
        let asked = self.asked.input_format.as_deref().and_then(Format::named);
        let sample = Sample::of(self.file, asked, &self.asked.create(&[]), ROWS).ok()?;
        (!sample.columns.names.is_empty()).then_some(sample)
    }

    /// Whether other columns are more likely the key and the time.
    fn knows_better(&self, sample: &Sample) -> bool {
        let Advice { flags, names_others, .. } = advise(sample, self.asked);
        names_others && !flags.is_empty()
    }

    /// The error, with the columns of the file and the command that would work.
    fn explained(&self, error: Error, sample: &Sample) -> Error {
        let Advice { flags, meant, table, .. } = advise(sample, self.asked);
        let error = error.with_details(table);
        let meant =
            if meant.is_empty() { String::new() } else { format!(" (did you mean {}?)", meant.join(", ")) };
        match (&flags[..], &self.asked.name) {
            ([], _) => error,
            (_, None) => {
                let command = command_with(self.command, &flags, &["time-format"]);
                error.remedy(format!("name the columns with --key and --time{meant}: {command}"))
            }
            (_, Some(name)) => {
                let keys: Vec<String> =
                    flags.iter().map(|(key, value)| [key, " = '", value, "'"].concat()).collect();
                error.remedy(format!("name the columns{meant} in the source {name}: {}", keys.join(", ")))
            }
        }
    }
}

/// The refusal of a first batch. If it exceeds its limit of rejects, and most rows are rejected for their key or time, the
/// columns of the file are added.
pub(super) fn explain_rejects(
    error: Error,
    files: &[FileToRead],
    settings: &RunSettings,
    stats: &ReadStats,
) -> Error {
    let rejects = |reason: &Reason| stats.counts.rejects.get(reason.name()).copied().unwrap_or(0);
    let about_columns: u64 = ABOUT_COLUMNS.iter().map(rejects).sum();
    let rows = stats.counts.rows_read - stats.counts.rows_filtered;
    let has_rows = |file: &(usize, &u64)| *file.1 > 0;
    let first = stats.rows_of_file.iter().enumerate().find(has_rows).and_then(|(at, _)| files.get(at));
    let is_about_columns = rows >= settings.min_rows && about_columns * 2 > rows;
    let first = first.filter(|_| is_about_columns);
    let first_use = first.and_then(|first| FirstUse::of(&first.file, first.source.as_deref(), settings));
    match first_use.as_ref().and_then(|first_use| Some((first_use, first_use.sample()?))) {
        Some((first_use, sample)) if first_use.knows_better(&sample) => first_use.explained(error, &sample),
        _ => error,
    }
}
