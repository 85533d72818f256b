//! The first row of a file: whether it is a header, and where the columns stand.
#![expect(clippy::cast_possible_truncation, reason = "positions in a block")]

use super::quotes::QuotedRowEnds;
use super::reference::{csv_reader, mark_before, trim_row, without_line_end};
use super::schema::Schema;
use super::wide::first_wide_row;
use crate::core::rules::SIDE_COLUMNS;
use crate::definition::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::input::blocks::BlockReader;
use crate::input::columns::join_time;
use crate::input::decoder::Units;
use crate::input::files::BatchFile;
use crate::input::names::locate;
use crate::input::projection::{Header, Projection, resolve_columns};
use crate::input::read_error::ReadError;
use crate::input::time::{NotATime, TimeParser};
use std::collections::HashSet;

/// More columns than this are no event log, but a wrong delimiter or an attack on the memory.
pub const MAX_COLUMNS: usize = 1 << 20;

/// The first row of a file that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FirstRow {
    fields: Vec<Vec<u8>>,
    /// Its bytes, without the line end.
    line: Vec<u8>,
    /// How many blank lines stand before it.
    pub(super) blank_lines: u64,
    /// Where the next row begins.
    pub(super) end: usize,
    /// The rows behind it, as far as they are looked at.
    next: Vec<Vec<Vec<u8>>>,
}

/// How many rows behind the first one are looked at for a time.
const NEXT_ROWS: usize = 10;

/// Words that stand for a missing value: no column is named so.
const MISSING: [&str; 12] =
    ["null", "none", "nil", "nan", "nat", "na", "n/a", "unknown", "undefined", "invalid", "missing", "never"];

/// The schema of `file`; `None` if it has no row in its first `max_bytes` bytes.
///
/// # Errors
/// [`ErrorKind::NoInput`] if the file cannot be read, [`ErrorKind::DataRefused`] if it has no rows of text, or a column is
/// missing.
pub(super) fn read_schema(
    file: &BatchFile,
    delimiter: u8,
    source: &mut Source,
    times: &mut TimeParser,
    projection: &mut Projection<'_>,
    max_bytes: u64,
) -> Result<Option<Schema>> {
    let Some(first) = read_first_row(file, delimiter, max_bytes)? else { return Ok(None) };
    let names: Vec<String> =
        first.fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let header = if let Some(header) = source.header {
        header
    } else {
        let time = source.time.iter().map(|column| locate(column, &names, false, file));
        is_header(&first, &time.collect::<Result<Vec<usize>>>()?, times)
    };
    let is_first_file = source.is_undecided();
    let file_header = Header { names: &names, is_there: header, is_first_file };
    let columns = resolve_columns(source, &file_header, file, projection)?;
    // The rows of several sources have no header in common.
    let side_header =
        if header && source.name.is_none() { side_header(&first, delimiter) } else { Vec::new() };
    Ok(Some(Schema { columns, fields: names.len(), header, side_header }))
}

/// The delimiter that a spreadsheet states in the first line of `bytes`, and where the next line begins: `sep=;`.
pub(super) fn stated_delimiter(bytes: &[u8]) -> Option<(u8, usize)> {
    let (&delimiter, rest) = bytes.strip_prefix(b"sep=")?.split_first()?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest).strip_prefix(b"\n")?;
    let is_delimiter = !matches!(delimiter, b'"' | b'\r' | b'\n');
    is_delimiter.then_some((delimiter, bytes.len() - rest.len()))
}

fn read_first_row(file: &BatchFile, delimiter: u8, max_bytes: u64) -> Result<Option<FirstRow>> {
    let reader = file.reader().map_err(|error| file.read_error(&error))?;
    let mut blocks = BlockReader::new(reader, QuotedRowEnds { delimiter });
    let mut bytes = 0;
    while bytes <= max_bytes {
        let block = match blocks.next(Vec::new()) {
            Ok(Some(block)) => block,
            Err(ReadError::Read(error)) => return Err(file.read_error(&error)),
            // The run itself meets such an error again, and knows the line.
            Ok(None) | Err(_) => return Ok(None),
        };
        let stated = stated_delimiter(block.bytes()).filter(|_| bytes == 0);
        let rows = &block.bytes()[stated.map_or(0, |(_, end)| end)..];
        if let Some(wide) = first_wide_row(rows, delimiter, MAX_COLUMNS)
            && rows[..wide.start].iter().all(|byte| matches!(byte, b'\r' | b'\n'))
        {
            return Err(too_many_columns(file));
        }
        if let Some(row) = first_row(rows, delimiter) {
            let next = next_rows(&rows[row.end..], delimiter);
            return Ok(Some(FirstRow { next, ..row }));
        }
        bytes += block.bytes().len() as u64;
    }
    Ok(None)
}

/// The first row of `bytes` that is not blank.
pub(super) fn first_row(bytes: &[u8], delimiter: u8) -> Option<FirstRow> {
    rows_of(bytes, delimiter).next()
}

/// The rows of `bytes` that are not blank, each with the blank lines before it.
fn rows_of(bytes: &[u8], delimiter: u8) -> impl Iterator<Item = FirstRow> {
    let mut reader = csv_reader(bytes, delimiter);
    let before = mark_before(bytes).len();
    let mut record = csv::ByteRecord::new();
    std::iter::from_fn(move || {
        let mut blank_lines = 0;
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let start =
                record.position().map_or(0, |position| position.byte() as usize).saturating_sub(before);
            let end = reader.position().byte() as usize - before;
            let (blank_before, line) = trim_row(&bytes[start..end]);
            blank_lines += blank_before;
            if line.is_empty() {
                blank_lines += 1;
                continue;
            }
            let mut fields: Vec<Vec<u8>> = record.iter().map(<[u8]>::to_vec).collect();
            if let Some(last) = fields.last_mut() {
                *last = without_line_end(last, &bytes[start..end]).to_vec();
            }
            return Some(FirstRow { fields, line: line.to_vec(), blank_lines, end, next: Vec::new() });
        }
        None
    })
}

fn next_rows(bytes: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
    rows_of(bytes, delimiter).take(NEXT_ROWS).map(|row| row.fields).collect()
}

/// Whether the first row is a header: its fields are names, and the time of a row behind it is a time. With no row behind it
/// the names are enough.
fn is_header(first: &FirstRow, time: &[usize], times: &mut TimeParser) -> bool {
    // A date that does not exist is a row to reject: no header says February 31.
    let mut is_time = |row: &Vec<Vec<u8>>| {
        let mut text = Vec::new();
        join_time(time, |position| row.get(position).map_or(&[], Vec::as_slice), &mut text);
        times.parse(&text) != Err(NotATime::Unreadable)
    };
    !is_time(&first.fields)
        && time.iter().any(|&position| is_word(&first.fields[position]))
        && first.fields.iter().all(|field| may_be_name(field))
        && (first.next.is_empty() || first.next.iter().any(&mut is_time))
}

/// Whether `field` is a word, and not one for a missing value.
fn is_word(field: &[u8]) -> bool {
    let text = String::from_utf8_lossy(field).trim().to_lowercase();
    text.chars().any(char::is_alphabetic)
        && !MISSING.contains(&text.trim_matches(['(', ')', '<', '>', '[', ']']))
}

/// Whether `field` may be the name of a column: it is no number and no path.
fn may_be_name(field: &[u8]) -> bool {
    let text = String::from_utf8_lossy(field);
    let is_number = !text.is_empty() && text.trim().parse::<f64>().is_ok();
    !is_number && !text.starts_with('/') && !text.contains("://")
}

/// The header for rows of side outputs. Where two columns would have one name, as the file is cut or as the comma cuts the
/// output, there is none.
fn side_header(first: &FirstRow, delimiter: u8) -> Vec<u8> {
    let are_distinct = |delimiter| {
        let mut seen: HashSet<Vec<u8>> = SIDE_COLUMNS.iter().map(|name| name.as_bytes().to_vec()).collect();
        let fields = first_row(&first.line, delimiter).map_or_else(Vec::new, |row| row.fields);
        fields.into_iter().all(|name| seen.insert(name))
    };
    if are_distinct(delimiter) && are_distinct(b',') { first.line.clone() } else { Vec::new() }
}

fn too_many_columns(file: &BatchFile) -> Error {
    Error::new(ErrorKind::DataRefused, format!("the first row has more than {MAX_COLUMNS} columns"))
        .at(file.path().display())
        .remedy("check that this is a CSV file, and its --delimiter")
        .nothing_changed()
}
