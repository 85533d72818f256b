//! JSON lines: each line is an object, whose members are the columns.

mod members;

use super::batch::EventBatch;
use super::blocks::{Block, BlockReader, LineEnds};
use super::columns::Columns;
use super::decoder::Decoder;
use super::detect::{self, BEGINNING_BYTES};
use super::files::BatchFile;
use super::intake::Intake;
use super::names::check_are_named;
use super::projection::{Projection, resolve_named};
use super::read_error::ReadError;
use super::reason::Reason;
use super::shown::{Naming, ShownColumns};
use super::time::TimeParser;
use crate::definition::{FormatOptions, Source};
use crate::error::Result;
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
    type Scratch = Cells;

    /// The first line that is not blank is an object, or the beginning of one.
    fn fits(beginning: &[u8], _options: &FormatOptions) -> bool {
        let Some(line) = detect::lines(beginning).next() else { return false };
        member_names(line).is_some()
            || (beginning.len() == line.len() && beginning.len() == BEGINNING_BYTES && begins_object(line))
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
        cells: &mut Cells,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError> {
        batch.lines.lines = block.lines;
        for row in block.rows() {
            if row.is_blank() {
                batch.lines.blank += 1;
            } else if cells.read(row.bytes, &self.names).is_none() {
                batch.reject(row, Reason::Json);
            } else {
                // Behind the members that are wanted stands the line itself.
                let field =
                    |position| if position < self.names.len() { cells.get(position) } else { row.bytes };
                if self.columns.key.iter().all(|&position| cells.may_be_key(position)) {
                    intake.take(row, &self.columns, field, batch);
                } else {
                    intake.reject(row, Reason::KeyType, &self.columns, field, batch);
                }
            }
        }
        Ok(())
    }
}

/// Whether `line`, which goes on, begins an object with a member.
fn begins_object(line: &[u8]) -> bool {
    line.strip_prefix(b"{").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""))
}

#[cfg(test)]
mod tests;
