//! CSV: RFC 4180, and its usual variants.

mod clues;
mod common_row;
mod dialect;
mod ending;
mod fields;
mod header;
mod line_end;
mod opening;
mod options;
mod preamble;
mod quoted_row;
mod quotes;
#[cfg(test)]
mod reference;
mod rows;
mod schema;
mod separators;
mod shown;
mod sniff;
mod wide;

pub use dialect::Dialect;
pub use quotes::{QuoteMarks, QuotedRowEnds};
pub use schema::Schema;
pub use separators::Separators;

use super::batch::EventBatch;
use super::blocks::{Block, BlockReader};
use super::decoder::{Decoder, SideForm, Units};
use super::files::BatchFile;
use super::intake::Intake;
use super::options::FormatOption;
use super::projection::Projection;
use super::read_error::ReadError;
use super::shown::{Naming, ShownColumns};
use super::time::TimeParser;
use crate::definition::{ColumnRequest, FormatOptions, Source};
use crate::error::Result;
use header::FirstRow;
use opening::Opening;
use rows::BlockRows;
use std::io::Read;

/// The decoder of one CSV file.
#[derive(Debug)]
pub struct Csv {
    /// How its fields and rows are written.
    pub dialect: Dialect,
    /// The number of lines before the rows.
    pub skip_lines: u64,
    /// `None` for a file without rows, or whose first row cannot be read: reading finds that error again.
    pub schema: Option<Schema>,
}

impl Decoder for Csv {
    type Unit = Block<QuoteMarks>;
    type Units<R: Read> = BlockReader<R, QuotedRowEnds>;
    type Scratch = Separators;
    const OPTIONS: &'static [FormatOption] = options::OPTIONS;

    /// Any text that is not of another format is CSV.
    fn fits(_beginning: &[u8], _options: &FormatOptions) -> bool {
        true
    }

    fn columns(file: &BatchFile, source: &Source) -> Result<ShownColumns> {
        let Opening { dialect, skip_lines, .. } = Opening::of(file, source)?;
        let first = Self { dialect, skip_lines, schema: None }.first_row(file, u64::MAX)?;
        let none = ShownColumns { names: Vec::new(), naming: Naming::Numbers, times: Vec::new() };
        Ok(first.map_or(none, |first| shown::shown_columns(&first, source.header)))
    }

    fn open(
        file: &BatchFile,
        source: &mut Source,
        times: &mut TimeParser,
        projection: &mut Projection<'_>,
        max_bytes: u64,
    ) -> Result<Self> {
        source.fill_open(&[ColumnRequest::Number(1)], &[ColumnRequest::Number(2)]);
        let Opening { dialect, skip_lines, decimal_comma, decides_delimiter } = Opening::of(file, source)?;
        if decimal_comma {
            times.set_decimal_comma();
        }
        if decides_delimiter {
            options::decide_delimiter(&mut source.options, dialect.delimiter);
        }
        let decoder = Self { dialect, skip_lines, schema: None };
        let first = decoder.first_row(file, max_bytes)?;
        let schema = first.map(|first| header::read_schema(&first, dialect, file, source, times, projection));
        let mut schema = schema.transpose()?;
        if decimal_comma && let Some(schema) = &mut schema {
            schema.columns.read_decimal_commas();
        }
        Ok(Self { schema, ..decoder })
    }

    fn units<R: Read>(&self, content: R) -> Self::Units<R> {
        BlockReader::behind(self.skip_lines, content, QuotedRowEnds { dialect: self.dialect })
    }

    fn decode(
        &self,
        block: &Self::Unit,
        intake: &mut Intake,
        separators: &mut Separators,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError> {
        batch.lines.lines = block.lines;
        if block.is_skipped {
            batch.lines.skipped = block.lines;
            return Ok(());
        }
        if let Some(schema) = &self.schema {
            let dialect = self.dialect;
            BlockRows { schema, dialect, intake, batch, line: 0 }.read(block, separators);
        } else {
            // There are only blank lines and comments, or reading ends in an error.
            let lines = block.bytes().split_inclusive(|&byte| byte == b'\n');
            let comments = lines.filter(|line| self.dialect.comment_line(line).is_some());
            batch.lines.comment = comments.count() as u64;
            batch.lines.blank = block.lines - batch.lines.comment;
        }
        Ok(())
    }

    fn side_form(&self) -> SideForm<'_> {
        let header = self.schema.as_ref().map_or(&[][..], |schema| &schema.side_header);
        SideForm::Delimited { delimiter: self.dialect.delimiter, header }
    }
}

impl Csv {
    /// The first row of `file`, if there is one in its first `max_bytes` bytes.
    fn first_row(&self, file: &BatchFile, max_bytes: u64) -> Result<Option<FirstRow>> {
        let content = file.reader().map_err(|error| file.read_error(&error))?;
        let units = self.units(content).within(file.look_extent());
        header::read_first_row(file, units, self.dialect, max_bytes)
    }
}

#[cfg(test)]
mod round_trip_tests;
