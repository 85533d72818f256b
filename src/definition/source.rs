//! A source: files that have one schema. Several sources make one stream of events when a run names them.

use super::column::{Column, ColumnRequest, SOURCE_COLUMN, columns_text, requests_text, same_columns};
use super::difference::Differences;
use super::options::FormatOptions;

/// How the files of one source are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name; `None` where the checkpoint has only one source and nobody has named it.
    pub name: Option<String>,
    /// The columns that make the key, one or more, as many as in every other source.
    pub key: Vec<Column>,
    /// The columns of the event time, one or more: their texts joined by blanks are the time.
    pub time: Vec<Column>,
    /// Whether files begin with a header row; `None` until a file has shown it.
    pub header: Option<bool>,
    /// Properties of the formats of its files.
    pub options: FormatOptions,
    /// How times are written, in the words of `--time-format`.
    pub time_format: String,
    /// The zone of times that name none, as an IANA name.
    pub timezone: String,
    /// The columns that rules look at, in the order in which the rules name them.
    pub kept: Vec<Column>,
}

impl Source {
    /// Whether no file has shown yet where the columns stand and what they are called.
    pub fn is_undecided(&self) -> bool {
        let mut columns = self.key.iter().chain(&self.time);
        let is_unseen = self.header.is_none() || columns.clone().any(|column| column.position.is_none());
        // Columns that were asked for by number, below a header that was promised.
        is_unseen || (self.header == Some(true) && columns.all(|column| column.name.is_none()))
    }

    /// Whether nobody has named `columns`, the key or the time of a source.
    pub fn is_open(columns: &[Column]) -> bool {
        columns == [Column::OPEN]
    }

    /// Gives a key and a time that nobody has named the columns that are the custom of a format; none leave it open.
    pub fn fill_open(&mut self, key: &[ColumnRequest], time: &[ColumnRequest]) {
        for (columns, custom) in [(&mut self.key, key), (&mut self.time, time)] {
            if Self::is_open(columns) && !custom.is_empty() {
                *columns = custom.iter().map(ColumnRequest::unresolved).collect();
            }
        }
    }
}

/// What a run asks of one source; `None` takes what the checkpoint has, or the default in a new one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceRequest {
    /// Its name.
    pub name: Option<String>,
    /// `--key`
    pub key: Option<Vec<ColumnRequest>>,
    /// `--time`
    pub time: Option<Vec<ColumnRequest>>,
    /// `--header yes` or `no`; `auto` asks for nothing.
    pub header: Option<bool>,
    /// Properties of formats, each the flag of its name.
    pub options: FormatOptions,
    /// `--time-format`
    pub time_format: Option<String>,
    /// `--timezone`
    pub timezone: Option<String>,
    /// `--input-format`; `None` goes by the content of each file. It belongs to a run: no source has a format for ever.
    pub input_format: Option<String>,
}

impl SourceRequest {
    /// The source of a new checkpoint, with the defaults where nothing is asked for; rules look at the columns `kept`.
    pub fn create(&self, kept: &[ColumnRequest]) -> Source {
        let columns = self.key.iter().chain(&self.time).flatten().chain(kept);
        let by_name = columns.into_iter().any(|column| self.needs_header(column));
        let unresolved = |columns: &Option<Vec<ColumnRequest>>| match columns {
            Some(columns) => columns.iter().map(ColumnRequest::unresolved).collect(),
            None => vec![Column::OPEN],
        };
        Source {
            name: self.name.clone(),
            key: unresolved(&self.key),
            time: unresolved(&self.time),
            header: self.header.or(by_name.then_some(true)),
            options: self.options.clone(),
            time_format: self.time_format.clone().unwrap_or_else(|| "auto".to_owned()),
            timezone: self.timezone.clone().unwrap_or_else(|| "UTC".to_owned()),
            kept: kept.iter().map(ColumnRequest::unresolved).collect(),
        }
    }

    /// Whether only a header can tell where `column` is. The name of the source stands in no file.
    fn needs_header(&self, column: &ColumnRequest) -> bool {
        match column {
            ColumnRequest::Number(_) => false,
            ColumnRequest::Name(name) => self.name.is_none() || name != SOURCE_COLUMN,
        }
    }

    /// This request with everything that it leaves open taken from `other`, its name aside.
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

    /// Every point in which this request differs from `kept`, names aside.
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
        found.compare("time-format", &kept.time_format, self.time_format.as_ref(), String::clone);
        found.compare("timezone", &kept.timezone, self.timezone.as_ref(), String::clone);
        found
    }
}

fn yes_no(header: bool) -> &'static str {
    if header { "yes" } else { "no" }
}
