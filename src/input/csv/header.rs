//! The first row of a file: whether it is a header, and the positions of the columns.

use super::dialect::Dialect;
use super::fields::Fields;
use super::line_end::trim_line_end;
use super::quotes::QuoteMarks;
use super::schema::Schema;
use super::wide::first_wide_row;
use crate::core::rules::SIDE_COLUMNS;
use crate::definition::{Column, Source};
use crate::error::{Error, ErrorKind, Result};
use crate::input::blocks::Block;
use crate::input::columns::{Columns, join_time};
use crate::input::decoder::Units;
use crate::input::files::BatchFile;
use crate::input::projection::{Header, Projection, resolve_columns};
use crate::input::read_error::ReadError;
use crate::input::time::{NotATime, TimeParser, TimeShape};
use crate::input::usual_names::{key_likeness, time_likeness};
use std::collections::HashSet;

/// A file with more columns is not an event log: it has a wrong delimiter, or attacks the memory.
pub const MAX_COLUMNS: usize = 1 << 20;

/// The first row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FirstRow {
    pub(super) fields: Vec<Vec<u8>>,
    /// Its bytes, without the line end.
    line: Vec<u8>,
    /// The number of blank lines before it.
    pub(super) blank_lines: u64,
    /// The number of comments before it.
    pub(super) comment_lines: u64,
    /// Where it begins.
    pub(super) start: usize,
    /// Where the next row begins.
    pub(super) end: usize,
    /// The next rows, as far as they are needed.
    pub(super) next: Vec<Vec<Vec<u8>>>,
}

/// The number of rows after the first that are checked for a time.
const NEXT_ROWS: usize = 10;

/// Words for a missing value: no column has such a name.
const MISSING: [&str; 12] =
    ["null", "none", "nil", "nan", "nat", "na", "n/a", "unknown", "undefined", "invalid", "missing", "never"];

/// The schema of `file`, whose first row is `first`.
///
/// # Errors
/// [`ErrorKind::DataRefused`] if a column is missing.
pub(super) fn read_schema(
    first: &FirstRow,
    dialect: Dialect,
    file: &BatchFile,
    source: &mut Source,
    times: &mut TimeParser,
    projection: &mut Projection<'_>,
) -> Result<Schema> {
    let names: Vec<String> =
        first.fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let is_first_file = source.is_undecided();
    let mut is_guess = false;
    let mut file_header = Header { names: &names, is_there: false, is_first_file };
    file_header.is_there = match source.header {
        Some(header) => header,
        None if names_columns(source, file) => true,
        None => {
            let locate = |columns: &[Column]| {
                columns.iter().map(|column| file_header.locate(column, file)).collect::<Result<Vec<usize>>>()
            };
            let (key, time) = (locate(&source.key)?, locate(&source.time)?);
            let is_header = is_header(first, &key, &time, file, times);
            is_guess = is_header && !are_usual(&names, &key, &time);
            if is_guess {
                log::warn!(
                    "{}: its first row is taken for the header: {}; give --header no if it is an event",
                    file.path().display(),
                    String::from_utf8_lossy(&first.line)
                );
            }
            is_header
        }
    };
    let header = file_header.is_there;
    let columns = if is_guess && first.next.is_empty() {
        // A line alone that may as well be a row decides nothing for the files after it.
        let mut event_columns = projection.event_columns.clone();
        let mut projection = Projection { kept: projection.kept, event_columns: &mut event_columns };
        resolve_columns(&mut source.clone(), &file_header, file, &mut projection)?
    } else {
        resolve_columns(source, &file_header, file, projection)?
    };
    // Rows of several sources have no common header.
    let side_header = if header && source.name.is_none() { side_header(first, dialect) } else { Vec::new() };
    let first_time = first_time(first, header, &columns, times);
    if let Some(usual) = first_time {
        times.expect(usual);
    }
    Ok(Schema { columns, fields: names.len(), header, first_time, side_header })
}

/// The shape of the first time in the rows that were read.
fn first_time(
    first: &FirstRow,
    header: bool,
    columns: &Columns,
    times: &mut TimeParser,
) -> Option<TimeShape> {
    let rows = std::iter::once(&first.fields).skip(usize::from(header)).chain(&first.next);
    rows.into_iter().find_map(|row| {
        let mut text = Vec::new();
        join_time(&columns.time, |position| row.get(position).map_or(&[], Vec::as_slice), &mut text);
        times.shape(&text)
    })
}

/// The delimiter that a spreadsheet states in the first line of `bytes`, and where the next line begins: `sep=;`, which writers
/// that quote everything put in quotes.
pub(super) fn stated_delimiter(bytes: &[u8]) -> Option<(u8, usize)> {
    let is_quoted = bytes.starts_with(b"\"");
    let (word, rest) = bytes[usize::from(is_quoted)..].split_at_checked(4)?;
    let (&delimiter, rest) = rest.split_first().filter(|_| word.eq_ignore_ascii_case(b"sep="))?;
    let rest = if is_quoted { rest.strip_prefix(b"\"")? } else { rest };
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let is_delimiter = !matches!(delimiter, b'"' | b'\r' | b'\n');
    is_delimiter.then_some((delimiter, bytes.len() - rest.len()))
}

/// The first row in `blocks` of `file`, with the rows after it; `None` if there is none in the first `max_bytes` bytes.
///
/// # Errors
/// [`ErrorKind::NoInput`] if the file cannot be read, [`ErrorKind::DataRefused`] if its rows are not text.
pub(super) fn read_first_row(
    file: &BatchFile,
    mut blocks: impl Units<Unit = Block<QuoteMarks>>,
    dialect: Dialect,
    max_bytes: u64,
) -> Result<Option<FirstRow>> {
    let (mut bytes, mut is_start) = (0, true);
    while bytes <= max_bytes {
        let block = match blocks.next(Vec::new()) {
            Ok(Some(block)) => block,
            Err(ReadError::Read(error)) => return Err(file.read_error(&error)),
            // The run itself finds such an error again, and knows the line.
            Ok(None) | Err(_) => return Ok(None),
        };
        bytes += block.bytes().len() as u64;
        if block.is_skipped {
            continue;
        }
        let stated = stated_delimiter(block.bytes()).filter(|_| is_start);
        is_start = false;
        let rows = &block.bytes()[stated.map_or(0, |(_, end)| end)..];
        let rows = &rows[dialect.rows_start(rows)..];
        if first_wide_row(rows, dialect, MAX_COLUMNS).is_some_and(|wide| wide.start == 0) {
            return Err(too_many_columns(file));
        }
        if let Some(first) = first_rows(rows, dialect) {
            return Ok(Some(first));
        }
    }
    Ok(None)
}

/// The first row of `bytes`.
pub(super) fn first_row(bytes: &[u8], dialect: Dialect) -> Option<FirstRow> {
    rows_of(bytes, dialect).next()
}

/// The same with the next rows, as far as they are needed.
pub(super) fn first_rows(bytes: &[u8], dialect: Dialect) -> Option<FirstRow> {
    let mut all = rows_of(bytes, dialect);
    let first = all.next()?;
    Some(FirstRow { next: all.take(NEXT_ROWS).map(|row| row.fields).collect(), ..first })
}

/// The rows of `bytes`, each with the blank lines and comments before it.
pub(super) fn rows_of(bytes: &[u8], dialect: Dialect) -> impl Iterator<Item = FirstRow> {
    let mut fields = Fields::default();
    let mut end = 0;
    std::iter::from_fn(move || {
        let (mut blank_lines, mut comment_lines) = (0, 0);
        while end < bytes.len() {
            let rest = &bytes[end..];
            if let Some(length) = dialect.comment_line(rest) {
                comment_lines += 1;
                end += length;
                continue;
            }
            let start = end;
            end += fields.read(rest, dialect);
            let line = trim_line_end(&bytes[start..end]);
            if !line.is_empty() {
                let (fields, line) = (fields.to_vec(), line.to_vec());
                return Some(FirstRow {
                    fields,
                    line,
                    blank_lines,
                    comment_lines,
                    start,
                    end,
                    next: Vec::new(),
                });
            }
            blank_lines += 1;
        }
        None
    })
}

/// Whether `source` names a column that only a header can show: neither the path nor the name of the source is it.
fn names_columns(source: &Source, file: &BatchFile) -> bool {
    let is_of_rule = |column: &&Column| source.name.is_none() || !column.is_name_of_source();
    let mut columns = source.key.iter().chain(&source.time).chain(source.kept.iter().filter(is_of_rule));
    columns.any(|column| {
        let is_in_path = |name: &String| file.path_columns().names().contains(name);
        column.name.as_ref().is_some_and(|name| !is_in_path(name))
    })
}

/// Whether the first row is a header: its fields are names, the time of a row behind it is a time, and those of the key and the time
/// are no values of these columns in other rows. With no row behind it the names are enough.
fn is_header(
    first: &FirstRow,
    key: &[usize],
    time: &[usize],
    file: &BatchFile,
    times: &mut TimeParser,
) -> bool {
    let is_value = |row: &Vec<Vec<u8>>| {
        let mut used =
            key.iter().chain(time).filter_map(|&position| first.fields.get(position).zip(row.get(position)));
        // Files that were joined have their header again.
        *row != first.fields && used.any(|(name, value)| name == value && !name.is_empty())
    };
    if first.next.iter().any(is_value) || first.fields.iter().any(|field| times.parse(field).is_ok()) {
        return false;
    }
    // A date that does not exist is a row to reject: no header says February 31.
    let mut is_time = |row: &Vec<Vec<u8>>| {
        let mut text = Vec::new();
        let in_row = |position| row.get(position).map_or(&[][..], Vec::as_slice);
        join_time(time, |position| file.path_columns().value(position, in_row), &mut text);
        times.parse(&text) != Err(NotATime::Unreadable)
    };
    !is_time(&first.fields)
        && time.iter().any(|&position| first.fields.get(position).is_some_and(|field| is_word(field)))
        && first.fields.iter().all(|field| may_be_name(field))
        && (first.next.is_empty() || first.next.iter().any(&mut is_time))
}

/// Whether one of the columns of key and time has a usual name.
fn are_usual(names: &[String], key: &[usize], time: &[usize]) -> bool {
    let name = |&position: &usize| names.get(position);
    let is_key = key.iter().filter_map(name).any(|name| key_likeness(name) > 0);
    is_key || time.iter().filter_map(name).any(|name| time_likeness(name) > 0)
}

/// Whether `field` is a word, but not one for a missing value.
pub(super) fn is_word(field: &[u8]) -> bool {
    let text = String::from_utf8_lossy(field).trim().to_lowercase();
    text.chars().any(char::is_alphabetic)
        && !MISSING.contains(&text.trim_matches(['(', ')', '<', '>', '[', ']']))
}

/// Whether `field` may be the name of a column: it is neither a number nor a path.
pub(super) fn may_be_name(field: &[u8]) -> bool {
    let text = String::from_utf8_lossy(field);
    let is_number = !text.is_empty() && text.trim().parse::<f64>().is_ok();
    !is_number && !text.starts_with('/') && !text.contains("://")
}

/// The header for rows of side outputs. There is none if two columns would have one name, as the file is split or as commas
/// split the output.
fn side_header(first: &FirstRow, dialect: Dialect) -> Vec<u8> {
    let are_distinct = |delimiter| {
        let mut seen: HashSet<Vec<u8>> = SIDE_COLUMNS.iter().map(|name| name.as_bytes().to_vec()).collect();
        let cut = first_row(&first.line, Dialect { delimiter, comment: None, ..dialect });
        cut.map_or_else(Vec::new, |row| row.fields).into_iter().all(|name| seen.insert(name))
    };
    if are_distinct(dialect.delimiter) && are_distinct(b',') { first.line.clone() } else { Vec::new() }
}

fn too_many_columns(file: &BatchFile) -> Error {
    Error::new(ErrorKind::DataRefused, format!("the first row has more than {MAX_COLUMNS} columns"))
        .at(file.path().display())
        .remedy("check that this is a CSV file, and its --delimiter")
        .nothing_changed()
}
