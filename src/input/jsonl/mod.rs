//! JSON lines: each line is an object, whose members are the columns.

mod flat;
mod heads;
mod members;
mod plain;

use super::batch::EventBatch;
use super::blocks::{Block, BlockReader, LineEnds, first_line};
use super::columns::Columns;
use super::decoder::{Decoder, SideForm};
use super::detect::{self, BEGINNING_BYTES};
use super::files::BatchFile;
use super::intake::{Intake, Row};
use super::names::check_are_named;
use super::projection::{Projection, resolve_named};
use super::read_error::ReadError;
use super::reason::Reason;
use super::shown::{Naming, ShownColumns};
use super::time::TimeParser;
use crate::definition::{FormatOptions, Source};
use crate::error::{Error, ErrorKind, Result};
use flat::FlatCells;
use members::{Cells, member_names};
use std::io::Read;

/// The column of emitted events: their lines, as they came.
const LINE_COLUMN: &str = "event";

/// How many lines at the beginning of a file are looked at for the names of columns.
const SHOWN_LINES: usize = 100;

/// The decoder of one file of JSON lines.
#[derive(Debug)]
pub struct JsonLines {
    /// The names of the members that are wanted, by position. A dot in a name leads into an object.
    names: Vec<String>,
    columns: Columns,
}

impl Decoder for JsonLines {
    type Unit = Block;
    type Units<R: Read> = BlockReader<R, LineEnds>;
    type Scratch = LineReader;

    /// The first line that is not blank is an object, or begins as one: it goes on behind the beginning, or it is broken, and a line
    /// after it is an object, or all of them begin as one and end within it or right behind it. In CSV, fields follow an object.
    fn fits(beginning: &[u8], _options: &FormatOptions) -> bool {
        let mut lines = detect::lines(beginning);
        let Some(line) = lines.next() else { return false };
        let is_cut = beginning.len() == line.len() && beginning.len() == BEGINNING_BYTES;
        let mut others = lines.clone().take(SHOWN_LINES).filter_map(member_names);
        let are_broken = || std::iter::once(line).chain(lines.take(SHOWN_LINES)).all(is_broken_object);
        member_names(line).is_some()
            || (begins_object(line) && (is_cut || others.next().is_some() || are_broken()))
    }

    fn columns(file: &BatchFile, _source: &Source) -> Result<ShownColumns> {
        let beginning = detect::beginning(file)?;
        let mut names: Vec<String> = Vec::new();
        for name in detect::lines(&beginning).take(SHOWN_LINES).filter_map(member_names).flatten() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(ShownColumns { names, naming: Naming::Names, times: Vec::new() })
    }

    fn open(
        file: &BatchFile,
        source: &mut Source,
        _times: &mut TimeParser,
        projection: &mut Projection<'_>,
        _max_bytes: u64,
    ) -> Result<Self> {
        let shown = Self::columns(file, source)?.names;
        if shown.is_empty() && (Source::is_open(&source.key) || Source::is_open(&source.time)) {
            let beginning = detect::beginning(file)?;
            if detect::lines(&beginning).next().is_some() {
                return Err(no_objects(file, &beginning));
            }
        }
        check_are_named(source, &shown, &[], file)?;
        let (names, columns) = resolve_named(source, &shown, LINE_COLUMN, file, projection)?;
        Ok(Self { names, columns })
    }

    fn units<R: Read>(&self, content: R) -> Self::Units<R> {
        BlockReader::new(content, LineEnds)
    }

    fn decode(
        &self,
        block: &Block,
        intake: &mut Intake,
        LineReader { flat, any }: &mut LineReader,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError> {
        batch.lines.lines = block.lines;
        let mut rest = block.bytes();
        for line in 0..block.lines {
            // The end of a flat line is found on the way.
            let length = flat.read(rest, &self.names);
            let (bytes, behind) = first_line(rest, length.unwrap_or(0));
            let row = Row { line, bytes };
            if length.is_some() {
                let may_be_key = |position| flat.may_be_key(position);
                self.take(row, may_be_key, |position| flat.get(bytes, position), intake, batch);
            } else if row.is_blank() {
                batch.lines.blank += 1;
            } else if any.read(bytes, &self.names).is_some() {
                self.take(
                    row,
                    |position| any.may_be_key(position),
                    |position| any.get(position),
                    intake,
                    batch,
                );
            } else {
                batch.reject(row, Reason::Json);
            }
            rest = behind;
        }
        Ok(())
    }

    fn side_form(&self) -> SideForm<'_> {
        SideForm::Json
    }
}

/// The values of a line.
#[derive(Debug, Default)]
pub struct LineReader {
    /// Of a flat one.
    flat: FlatCells,
    /// Of any other.
    any: Cells,
}

impl JsonLines {
    /// Takes in a line of which `value` gives the members that are wanted, by position.
    #[inline]
    fn take<'f>(
        &self,
        row: Row<'f>,
        may_be_key: impl Fn(usize) -> bool,
        value: impl Fn(usize) -> &'f [u8],
        intake: &mut Intake,
        batch: &mut EventBatch,
    ) {
        // Behind the members that are wanted stands the line itself.
        let field = |position| if position < self.names.len() { value(position) } else { row.bytes };
        // Columns in the path of the file are texts.
        let mut in_line = self.columns.key.iter().filter(|&&position| position < self.names.len());
        if in_line.all(|&position| may_be_key(position)) {
            intake.take(row, &self.columns, field, batch);
        } else {
            intake.reject(row, Reason::KeyType, &self.columns, field, batch);
        }
    }
}

/// Whether `line`, which goes on, begins an object with a member.
fn begins_object(line: &[u8]) -> bool {
    line.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""))
}

/// Whether `line` begins as an object, and no more than a comma or a bracket stands behind the object, if it ends.
fn is_broken_object(line: &[u8]) -> bool {
    let mut objects = serde_json::Deserializer::from_slice(line).into_iter::<serde::de::IgnoredAny>();
    let rest = match objects.next() {
        Some(Ok(_)) => line[objects.byte_offset()..].trim_ascii(),
        _ => b"",
    };
    begins_object(line) && matches!(rest, b"" | b"," | b"]" | b";")
}

/// The refusal of a first file without a line that is an object, whose columns nobody named.
fn no_objects(file: &BatchFile, beginning: &[u8]) -> Error {
    let first = detect::lines(beginning).next().unwrap_or_default();
    let why = serde_json::from_slice::<serde::de::IgnoredAny>(first).err().map(|error| error.to_string());
    let why = why.unwrap_or_else(|| "it is no object".to_owned());
    let what =
        format!("no line at the beginning of this file is a JSON object; of the first one, JSON says: {why}");
    Error::new(ErrorKind::DataRefused, what)
        .at(file.path().display())
        .remedy("write one whole object on each line, with nothing behind it: jq -c . FILE does that for valid JSON")
        .nothing_changed()
}

#[cfg(test)]
mod flat_tests;
#[cfg(test)]
mod tests;
