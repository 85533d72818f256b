//! A source: files with one schema. A run with several sources joins them to one stream of events.

use super::column::{Column, ColumnRequest, columns_text, requests_text, same_columns};
use super::difference::Differences;
use super::options::FormatOptions;

/// The option of all formats that makes columns of folders, and its flag.
pub const PATH_COLUMNS: &str = "path-columns";

/// How the files of one source are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name; `None` if the checkpoint has only one source without a name.
    pub name: Option<String>,
    /// The columns that make the key, one or more, as many as in every other source.
    pub key: Vec<Column>,
    /// The columns of the event time, one or more: their texts, joined by spaces, are the time.
    pub time: Vec<Column>,
    /// Whether files begin with a header row; `None` until a file has shown it.
    pub header: Option<bool>,
    /// Properties of the formats of its files.
    pub options: FormatOptions,
    /// The form of the times, as a value of `--time-format`.
    pub time_format: String,
    /// The IANA name of the zone of times without one.
    pub timezone: String,
    /// The columns that rules use, in the order of the rules.
    pub kept: Vec<Column>,
}

impl Source {
    /// Whether no file has shown the positions and names of the columns yet.
    pub fn is_undecided(&self) -> bool {
        let mut columns = self.key.iter().chain(&self.time);
        let is_unseen = self.header.is_none() || columns.clone().any(|column| column.position.is_none());
        // Columns requested by number, with `--header yes`.
        is_unseen || (self.header == Some(true) && columns.all(|column| column.name.is_none()))
    }

    /// Whether folders in the paths of its files are columns. What it does not have from the first run on it never has: with them the
    /// content of a file is another one.
    pub fn has_path_columns(&self) -> bool {
        is_yes(&self.options, PATH_COLUMNS)
    }

    /// Whether `columns`, the key or the time of a source, is not named.
    pub fn is_open(columns: &[Column]) -> bool {
        columns == [Column::OPEN]
    }

    /// Sets a key and a time that are not named to the default columns of a format. No columns leave it open.
    pub fn fill_open(&mut self, key: &[ColumnRequest], time: &[ColumnRequest]) {
        for (columns, custom) in [(&mut self.key, key), (&mut self.time, time)] {
            if Self::is_open(columns) && !custom.is_empty() {
                *columns = custom.iter().map(ColumnRequest::unresolved).collect();
            }
        }
    }
}

/// The request for one source. `None` takes the value of the checkpoint, or the default in a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceRequest {
    /// Its name.
    pub name: Option<String>,
    /// `--key`
    pub key: Option<Vec<ColumnRequest>>,
    /// `--time`
    pub time: Option<Vec<ColumnRequest>>,
    /// `--header yes` or `no`; `None` for `auto`.
    pub header: Option<bool>,
    /// Properties of formats, each by the name of its flag.
    pub options: FormatOptions,
    /// `--time-format`
    pub time_format: Option<String>,
    /// `--timezone`
    pub timezone: Option<String>,
    /// `--input-format`; `None` goes by the content of each file. It belongs to a run: a source has no fixed format.
    pub input_format: Option<String>,
}

impl SourceRequest {
    /// The source of a new checkpoint, with defaults for what is not requested. Rules use the columns `kept`.
    pub fn create(&self, kept: &[ColumnRequest]) -> Source {
        let unresolved = |columns: &Option<Vec<ColumnRequest>>| match columns {
            Some(columns) => columns.iter().map(ColumnRequest::unresolved).collect(),
            None => vec![Column::OPEN],
        };
        Source {
            name: self.name.clone(),
            key: unresolved(&self.key),
            time: unresolved(&self.time),
            header: self.header,
            options: self.options.clone(),
            time_format: self.time_format.clone().unwrap_or_else(|| "auto".to_owned()),
            timezone: self.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
            kept: kept.iter().map(ColumnRequest::unresolved).collect(),
        }
    }

    /// This request, with everything that it leaves open taken from `other`, except the name.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            name: self.name,
            key: self.key.or_else(|| other.key.clone()),
            time: self.time.or_else(|| other.time.clone()),
            header: self.header.or(other.header),
            options: self.options.or(&other.options),
            time_format: self.time_format.or_else(|| other.time_format.clone()),
            timezone: self.timezone.or_else(|| other.timezone.clone()),
            input_format: self.input_format.or_else(|| other.input_format.clone()),
        }
    }

    /// This request with everything that it leaves open taken from `kept`.
    #[must_use]
    pub(super) fn over(&self, kept: &Source) -> Self {
        Self {
            name: self.name.clone().or_else(|| kept.name.clone()),
            key: self.key.clone().or_else(|| kept.key.iter().map(Column::request).collect()),
            time: self.time.clone().or_else(|| kept.time.iter().map(Column::request).collect()),
            header: self.header.or(kept.header),
            options: self.options.or(&kept.options),
            time_format: self.time_format.clone().or_else(|| Some(kept.time_format.clone())),
            timezone: self.timezone.clone().or_else(|| Some(kept.timezone.clone())),
            input_format: self.input_format.clone(),
        }
    }

    /// The differences between this request and `kept`, except the name.
    pub(super) fn differences(&self, kept: &Source) -> Differences {
        let mut found = Differences::of_source(kept.name.as_ref());
        if let Some(key) = self.key.as_ref().filter(|key| !same_columns(key, &kept.key)) {
            found.add("key", columns_text(&kept.key), requests_text(key));
        }
        if let Some(time) = self.time.as_ref().filter(|time| !same_columns(time, &kept.time)) {
            found.add("time", columns_text(&kept.time), requests_text(time));
        }
        if let Some(header) = &kept.header {
            found.compare("header", header, self.header.as_ref(), |&header| yes_no(header).to_owned());
        }
        kept.options.compare(&self.options, &mut found);
        if is_yes(&self.options, PATH_COLUMNS) && !kept.has_path_columns() {
            found.add(PATH_COLUMNS, yes_no(false).to_owned(), yes_no(true).to_owned());
        }
        found.compare("time-format", &kept.time_format, self.time_format.as_ref(), String::clone);
        found.compare("timezone", &kept.timezone, self.timezone.as_ref(), String::clone);
        found
    }
}

fn is_yes(options: &FormatOptions, name: &str) -> bool {
    options.get(name) == Some(yes_no(true))
}

fn yes_no(header: bool) -> &'static str {
    if header { "yes" } else { "no" }
}
