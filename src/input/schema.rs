//! Where key and time stand in a file: the header decision and the resolution of columns.
#![expect(clippy::cast_possible_truncation, reason = "positions in a block, numbers of columns")]

use super::batch::BatchFile;
use super::blocks::{BlockReader, ReadError};
use super::projection::{Header, ProjectedField, resolve_kept};
use super::reason::ASIDE_COLUMNS;
use super::timestamp::{NotATime, TimeParser};
use super::wide::first_wide_row;
use crate::core::rules::ProjectedColumns;
use crate::definition::{Column, ColumnRequest, Source, columns_text};
use crate::error::{Error, ErrorKind, Result};
use std::collections::HashSet;

/// More columns than this are no event log, but a wrong delimiter or an attack on the memory.
pub const MAX_COLUMNS: usize = 1 << 20;

const SHOWN_NAMES: usize = 50;
const SHOWN_LETTERS: usize = 100;

/// Where to look in the rows of one file. Positions count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The name of the source that the file belongs to, if it has one.
    pub source: Option<String>,
    /// The columns of the key.
    pub key: Vec<usize>,
    /// The column of the time.
    pub time: usize,
    /// How many fields a row has.
    pub fields: usize,
    /// Whether the first row is a header.
    pub header: bool,
    /// The header verbatim, without its line end; empty where its names cannot stand behind [`ASIDE_COLUMNS`].
    pub header_line: Vec<u8>,
    /// The byte between fields.
    pub delimiter: u8,
    /// What rules keep of a row.
    pub kept: Vec<ProjectedField>,
}

/// What rules want from the files of a run.
#[derive(Debug)]
pub struct Projection<'w> {
    /// The parts of a row that they keep.
    pub kept: &'w ProjectedColumns,
    /// What emitted events are made of; the first file of all decides it.
    pub event_columns: &'w mut Option<Vec<String>>,
}

/// The first row of a file that is not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstRow {
    fields: Vec<Vec<u8>>,
    line: Vec<u8>,
}

/// Reads the first row of `file`; `None` if there is none in its first `max_bytes` bytes.
///
/// # Errors
/// [`ErrorKind::NoInput`] if the file cannot be read, [`ErrorKind::DataRefused`] if it has no rows of text.
pub fn read_first_row(file: &BatchFile, delimiter: u8, max_bytes: u64) -> Result<Option<FirstRow>> {
    let reader = file.reader().map_err(|error| file.read_error(&error))?;
    let mut blocks = BlockReader::new(reader, delimiter);
    let mut bytes = 0;
    while bytes <= max_bytes {
        let block = match blocks.next(Vec::new()) {
            Ok(Some(block)) => block,
            // The run itself meets such trouble again, and knows the line.
            Ok(None)
            | Err(
                ReadError::UnclosedQuote(_)
                | ReadError::RowTooLong(_)
                | ReadError::TooManyBytes
                | ReadError::NoThread(_),
            ) => {
                return Ok(None);
            }
            Err(ReadError::Read(error)) => return Err(file.read_error(&error)),
        };
        if let Some(wide) = first_wide_row(block.bytes(), delimiter, MAX_COLUMNS)
            && block.bytes()[..wide.start].iter().all(|byte| matches!(byte, b'\r' | b'\n'))
        {
            return Err(too_many_columns(file));
        }
        if let Some(row) = first_row(block.bytes(), delimiter).map(|(row, _)| row) {
            return Ok(Some(row));
        }
        bytes += block.bytes().len() as u64;
    }
    Ok(None)
}

/// The first row of `bytes` that is not blank, and where the next one begins.
pub(super) fn first_row(bytes: &[u8], delimiter: u8) -> Option<(FirstRow, usize)> {
    let mut reader = super::rows::csv_reader(bytes, delimiter);
    let before = super::rows::mark_before(bytes).len();
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap_or(false) {
        let start = record.position().map_or(0, |position| position.byte() as usize).saturating_sub(before);
        let end = reader.position().byte() as usize - before;
        let line = super::rows::trim_row(&bytes[start..end]).1;
        if line.is_empty() {
            continue;
        }
        let mut fields: Vec<Vec<u8>> = record.iter().map(<[u8]>::to_vec).collect();
        if let Some(last) = fields.last_mut() {
            *last = super::rows::without_line_end(last, &bytes[start..end]).to_vec();
        }
        return Some((FirstRow { fields, line: line.to_vec() }, end));
    }
    None
}

/// Resolves the columns of `source` in a file that begins with `first`, and writes into `source` what this file
/// has decided: the header (rule of `--header auto`: the first row is one iff its time column is no time), positions and
/// names. Later files match columns by name.
///
/// # Errors
/// [`ErrorKind::DataRefused`] if a column is missing; the message lists what is there.
pub fn resolve(
    source: &mut Source,
    first: &FirstRow,
    times: &mut TimeParser,
    file: &BatchFile,
    projection: &mut Projection<'_>,
) -> Result<Schema> {
    let names: Vec<String> =
        first.fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let header = if let Some(header) = source.header {
        header
    } else {
        let time = locate(&source.time, &names, false, file)?;
        // A date that does not exist is a row to reject: no header says February 31.
        times.parse(&first.fields[time]) == Err(NotATime::Unreadable)
    };
    let is_first_file = source.is_undecided();
    let locate_all = |columns: &[Column]| -> Result<Vec<usize>> {
        columns.iter().map(|column| locate(column, &names, header && !is_first_file, file)).collect()
    };
    let key = locate_all(&source.key)?;
    let time = locate_all(std::slice::from_ref(&source.time))?[0];
    if is_first_file {
        source.header = Some(header);
        for (column, &position) in source.key.iter_mut().zip(&key) {
            *column = decided(position, header, &names);
        }
        source.time = decided(time, header, &names);
    }
    let file_header = Header { names: &names, is_there: header, is_first_file };
    let kept = resolve_kept(source, projection, &file_header, file)?;
    let header_line = if header { aside_header(first, source.delimiter) } else { Vec::new() };
    Ok(Schema {
        source: source.name.clone(),
        key,
        time,
        fields: names.len(),
        header,
        header_line,
        delimiter: source.delimiter,
        kept,
    })
}

/// The header for rows that are set aside. Where two columns would have one name, as the file is cut or as the comma cuts the
/// output, there is none.
fn aside_header(first: &FirstRow, delimiter: u8) -> Vec<u8> {
    let are_distinct = |delimiter| {
        let mut seen: HashSet<Vec<u8>> = ASIDE_COLUMNS.iter().map(|name| name.as_bytes().to_vec()).collect();
        let fields = first_row(&first.line, delimiter).map_or_else(Vec::new, |(row, _)| row.fields);
        fields.into_iter().all(|name| seen.insert(name))
    };
    if are_distinct(delimiter) && are_distinct(b',') { first.line.clone() } else { Vec::new() }
}

/// The column as the first file has shown it. A name that stands twice does not tell it apart: it stays a number.
pub(super) fn decided(position: usize, header: bool, names: &[String]) -> Column {
    let name = &names[position];
    let tells = header && !name.is_empty() && names.iter().filter(|other| *other == name).count() == 1;
    // A name that reads like a number would be taken for one when it is asked for.
    let name = (tells && matches!(ColumnRequest::read(name), ColumnRequest::Name(_))).then(|| name.clone());
    Column { position: Some(position as u32), name }
}

pub(super) fn locate(column: &Column, names: &[String], by_name: bool, file: &BatchFile) -> Result<usize> {
    let found = match (&column.name, column.position) {
        (Some(name), position) if by_name || position.is_none() => {
            let mut places = names.iter().enumerate().filter(|(_, other)| *other == name);
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Some(place),
                (Some(_), Some(_)) => return Err(twice(name, file)),
                (None, _) => None,
            }
        }
        (_, position) => {
            position.map(|position| position as usize).filter(|&position| position < names.len())
        }
    };
    found.ok_or_else(|| missing(column, names, file))
}

/// Names for people: a line of an error holds neither millions of them nor one of a million letters.
pub(super) fn shown_names(names: &[String]) -> String {
    let shown =
        names.iter().take(SHOWN_NAMES).map(|name| name.chars().take(SHOWN_LETTERS).collect::<String>());
    let shown = shown.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn missing(column: &Column, names: &[String], file: &BatchFile) -> Error {
    let wanted = columns_text(std::slice::from_ref(column));
    let what = format!("there is no column {wanted}: its columns are {}", shown_names(names));
    // Only a column that an earlier file has shown has both.
    let remedy = if column.name.is_some() && column.position.is_some() {
        "files must have the columns that the first one had: mend its header, or give it a --state and --out of its own"
    } else if names.len() == 1 {
        "check --delimiter, then name the columns with --key and --time"
    } else {
        "name the columns with --key and --time"
    };
    Error::new(ErrorKind::DataRefused, what).at(file.path().display()).remedy(remedy).nothing_changed()
}

fn too_many_columns(file: &BatchFile) -> Error {
    Error::new(ErrorKind::DataRefused, format!("the first row has more than {MAX_COLUMNS} columns"))
        .at(file.path().display())
        .remedy("check that this is a CSV file, and its --delimiter")
        .nothing_changed()
}

fn twice(name: &str, file: &BatchFile) -> Error {
    Error::new(ErrorKind::DataRefused, format!("two columns are named {name}"))
        .at(file.path().display())
        .remedy("give the column by its number")
        .nothing_changed()
}
