//! CSV, as RFC 4180 has it and as people have it.

mod header;
mod options;
mod quotes;
mod reference;
mod rows;
mod schema;
mod separators;
mod wide;

pub use options::Dialect;
pub use quotes::{QuoteMarks, QuotedRowEnds};
pub use schema::Schema;
pub use separators::Separators;

use super::batch::EventBatch;
use super::blocks::{BYTE_ORDER_MARK, Block, BlockReader};
use super::decoder::{Decoder, SideForm};
use super::detect;
use super::files::BatchFile;
use super::intake::Intake;
use super::options::FormatOption;
use super::projection::Projection;
use super::read_error::ReadError;
use super::time::TimeParser;
use crate::definition::Source;
use crate::error::{Error, ErrorKind, Result};
use rows::BlockRows;
use std::io::Read;

/// The decoder of one CSV file.
#[derive(Debug)]
pub struct Csv {
    /// How its fields and rows are written.
    pub dialect: Dialect,
    /// `None` for a file without rows, or whose first row cannot be read: reading meets that error again.
    pub schema: Option<Schema>,
}

impl Decoder for Csv {
    type Unit = Block<QuoteMarks>;
    type Units<R: Read> = BlockReader<R, QuotedRowEnds>;
    type Scratch = Separators;
    const OPTIONS: &'static [FormatOption] = options::OPTIONS;

    /// Whatever is no other text is CSV.
    fn fits(_beginning: &[u8]) -> bool {
        true
    }

    fn open(
        file: &BatchFile,
        source: &mut Source,
        times: &mut TimeParser,
        projection: &mut Projection<'_>,
        max_bytes: u64,
    ) -> Result<Self> {
        let beginning = detect::beginning(file)?;
        let text = beginning.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&beginning);
        let mut dialect = Dialect::of(&source.options).map_err(|what| Error::new(ErrorKind::Usage, what))?;
        dialect.decide(&mut source.options);
        if let Some((stated, _)) = header::stated_delimiter(text) {
            dialect.delimiter = stated;
        }
        let schema = header::read_schema(file, dialect.delimiter, source, times, projection, max_bytes)?;
        Ok(Self { dialect, schema })
    }

    fn units<R: Read>(&self, content: R) -> Self::Units<R> {
        BlockReader::new(content, QuotedRowEnds { delimiter: self.dialect.delimiter })
    }

    fn decode(
        &self,
        block: &Self::Unit,
        intake: &mut Intake,
        separators: &mut Separators,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError> {
        batch.lines.lines = block.lines;
        match &self.schema {
            Some(schema) => {
                let delimiter = self.dialect.delimiter;
                BlockRows { schema, delimiter, intake, batch, line: 0 }.read(block, separators);
            }
            // There is nothing but blank lines, or reading ends in an error.
            None => batch.lines.blank = block.lines,
        }
        Ok(())
    }

    fn side_form(&self) -> SideForm<'_> {
        let header = self.schema.as_ref().map_or(&[][..], |schema| &schema.side_header);
        SideForm::Delimited { delimiter: self.dialect.delimiter, header }
    }
}
