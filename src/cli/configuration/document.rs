//! A configuration file: tables of keys, each with its line. This module does not know what the keys mean.
#![expect(clippy::disallowed_methods, reason = "reads the configuration file")]

use crate::error::{Error, ErrorKind, Result};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The file that is read if no other is named.
pub(super) const DEFAULT_FILE: &str = "sessionize.toml";

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: Value,
    /// From 1.
    pub(super) line: usize,
}

/// A value, in the kinds that flags distinguish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// `true` or `false`.
    Switch(bool),
    /// A text, a number or a time, in the form that a flag takes.
    One(String),
    /// A list of them.
    Many(Vec<String>),
}

/// A table below the top of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) settings: Vec<Setting>,
    /// From 1.
    pub(super) line: usize,
}

/// A configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// The path as it was given.
    pub(super) path: PathBuf,
    /// The keys at the top.
    pub(super) top: Vec<Setting>,
    /// `[name]`
    pub(super) tables: Vec<Table>,
    /// `[[source]]`
    pub(super) sources: Vec<Table>,
}

impl Document {
    /// Reads the file that is `named`, or else the one in the working folder if there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] if it cannot be read, or is not TOML.
    pub(super) fn find(named: Option<&Path>) -> Result<Option<Self>> {
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => return Ok(None),
            read => read
                .map_err(|error| Error::io(ErrorKind::Usage, "read the configuration file", path, &error))?,
        };
        Self::read(path, &bytes).map(Some)
    }

    pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let valid = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            mistake(path, line_after(&valid), "the configuration file is not UTF-8")
        })?;
        let reader = Reader { path, text };
        let top = DeTable::parse(text).map_err(|error| {
            let line = error.span().map_or(1, |span| reader.line(&span));
            let message = error.message().replace('\n', " ");
            mistake(path, line, format!("the configuration file is not TOML: {message}"))
        })?;
        reader.document(top.get_ref())
    }

    /// An error about one line of this file.
    pub(super) fn mistake(&self, line: usize, what: impl Into<String>) -> Error {
        mistake(&self.path, line, what)
    }

    /// A place in this file, for people.
    pub(super) fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path.display())
    }
}

fn mistake(path: &Path, line: usize, what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Usage, what).at(format!("{}:{line}", path.display()))
}

/// The line after `text`.
fn line_after(text: &str) -> usize {
    1 + text.matches('\n').count()
}

struct Reader<'t> {
    path: &'t Path,
    text: &'t str,
}

impl Reader<'_> {
    fn line(&self, span: &Range<usize>) -> usize {
        line_after(self.text.get(..span.start).unwrap_or(self.text))
    }

    fn document(&self, top: &DeTable<'_>) -> Result<Document> {
        let path = self.path.to_owned();
        let mut document = Document { path, top: Vec::new(), tables: Vec::new(), sources: Vec::new() };
        for (key, value) in in_order(top) {
            let line = self.line(&key.span());
            let name = key.get_ref().to_string();
            match value.get_ref() {
                DeValue::Table(table) => {
                    document.tables.push(Table { name, settings: self.settings(table)?, line });
                }
                DeValue::Array(tables) if tables.iter().any(|table| table.get_ref().is_table()) => {
                    if name != "source" {
                        let what = format!("[[{name}]] is in double brackets, but only [[source]] may be");
                        return Err(mistake(self.path, line, what));
                    }
                    for table in tables {
                        document.sources.push(self.source(table)?);
                    }
                }
                _ => document.top.push(self.setting(key, value)?),
            }
        }
        Ok(document)
    }

    fn source(&self, table: &Spanned<DeValue<'_>>) -> Result<Table> {
        let line = self.line(&table.span());
        let DeValue::Table(table) = table.get_ref() else {
            return Err(mistake(self.path, line, "source is a list of tables: write [[source]]"));
        };
        Ok(Table { name: "source".to_owned(), settings: self.settings(table)?, line })
    }

    fn settings(&self, table: &DeTable<'_>) -> Result<Vec<Setting>> {
        in_order(table).into_iter().map(|(key, value)| self.setting(key, value)).collect()
    }

    fn setting(&self, key: &Spanned<impl ToString>, value: &Spanned<DeValue<'_>>) -> Result<Setting> {
        let (line, key) = (self.line(&key.span()), key.get_ref().to_string());
        let value = match value.get_ref() {
            DeValue::Boolean(value) => Some(Value::Switch(*value)),
            DeValue::Array(values) => {
                values.iter().map(|value| plain(value.get_ref())).collect::<Option<_>>().map(Value::Many)
            }
            value => plain(value).map(Value::One),
        };
        match value {
            Some(value) => Ok(Setting { key, value, line }),
            None => Err(mistake(self.path, line, format!("{key} takes a value or a list of plain values"))),
        }
    }
}

/// A text, number or time in the form that a flag takes.
fn plain(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.to_string()),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// The entries of a table in the order of the file.
fn in_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}
