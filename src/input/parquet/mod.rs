//! Parquet: columns with types, row group behind row group. Decoded where it lies: a piece of a file says where to read.

mod columns;
mod pieces;
mod rows;
mod stored;

use super::arrow::{FileColumn, check_kinds, may_be_key, may_be_time, set_form, side_header};
use super::batch::EventBatch;
use super::decoder::{Decoder, SideForm};
use super::files::BatchFile;
use super::intake::Intake;
use super::projection::{Header, Projection, resolve_columns};
use super::read_error::ReadError;
use super::shown::{Naming, ShownColumns};
use super::time::TimeParser;
use crate::definition::{ColumnRequest, FormatOptions, Source};
use crate::error::{Error, ErrorKind, Result};
use columns::{columns_of, read_as};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use pieces::{Piece, Pieces, pieces_of};
use rows::RowReader;
use std::io::Read;
use std::sync::Arc;
use stored::{Failure, StoredFile};

/// How a file begins and ends.
const MAGIC: &[u8] = b"PAR1";

/// The decoder of one Parquet file.
#[derive(Debug)]
pub struct Parquet {
    /// In a box: a decoder of any format takes as much memory as the largest one.
    rows: Box<RowReader>,
    pieces: Vec<Piece>,
    side_header: Vec<u8>,
}

impl Decoder for Parquet {
    type Unit = Piece;
    type Units<R: Read> = Pieces;
    type Scratch = ();
    const IS_TEXT: bool = false;

    fn fits(beginning: &[u8], _options: &FormatOptions) -> bool {
        beginning.starts_with(MAGIC)
    }

    fn columns(file: &BatchFile, _source: &Source) -> Result<ShownColumns> {
        check_magic(file)?;
        let metadata = StoredFile::of(file).read(|reader| read_metadata(&reader));
        let metadata = metadata.map_err(|failure| refusal(failure, file))?;
        let all = columns_of(metadata.schema(), metadata.parquet_schema());
        let is_shown = |column: &FileColumn| may_be_key(&column.kind) || may_be_time(&column.kind);
        // A number is that of a column among all: where some are not shown, only names tell them apart.
        let naming = if all.iter().all(is_shown) { Naming::Header } else { Naming::Names };
        let mut shown = ShownColumns { names: Vec::new(), naming, times: Vec::new() };
        for column in all.into_iter().filter(is_shown) {
            shown.times.extend((!may_be_key(&column.kind)).then_some(shown.names.len()));
            shown.names.push(column.name);
        }
        Ok(shown)
    }

    fn open(
        file: &BatchFile,
        source: &mut Source,
        times: &mut TimeParser,
        projection: &mut Projection<'_>,
        _max_bytes: u64,
    ) -> Result<Self> {
        check_magic(file)?;
        source.fill_open(&[ColumnRequest::Number(1)], &[ColumnRequest::Number(2)]);
        let stored = StoredFile::of(file);
        let metadata =
            stored.read(|reader| read_metadata(&reader)).map_err(|failure| refusal(failure, file))?;
        let all = columns_of(metadata.schema(), metadata.parquet_schema());
        let names: Vec<String> = all.iter().map(|column| column.name.clone()).collect();
        let header = Header { names: &names, is_there: true, is_first_file: source.is_undecided() };
        let columns = resolve_columns(source, &header, file, projection)?;
        check_kinds(&columns, &all).map_err(|error| error.at(file.path().display()))?;
        set_form(times, &columns, &all);
        let rows = RowReader::new(stored, metadata, all, columns);
        let pieces = pieces_of(rows.metadata(), &rows.leaves());
        let pieces = pieces.map_err(|error| refusal(Failure::Damage(error.to_string()), file))?;
        // The rows of several sources have no header in common.
        let side_header = if source.name.is_none() { side_header(&names) } else { Vec::new() };
        Ok(Self { rows: Box::new(rows), pieces, side_header })
    }

    fn units<R: Read>(&self, _content: R) -> Self::Units<R> {
        Pieces::of(self.pieces.clone())
    }

    fn decode(
        &self,
        piece: &Piece,
        intake: &mut Intake,
        _scratch: &mut (),
        batch: &mut EventBatch,
    ) -> std::result::Result<(), ReadError> {
        self.rows.decode(piece, intake, batch).map_err(|failure| match failure {
            Failure::Read(error) => ReadError::Read(error),
            Failure::Damage(damage) => {
                let (group, groups) = (piece.row_group + 1, self.rows.metadata().num_row_groups());
                let what = format!(
                    "row group {group} of {groups} of this Parquet file is damaged from this row on: {damage}"
                );
                ReadError::Refused { line: 0, what, remedy: "fetch the file again, or write it again" }
            }
        })
    }

    fn side_form(&self) -> SideForm<'_> {
        SideForm::Delimited { delimiter: b',', header: &self.side_header }
    }
}

/// Refuses what is no Parquet file where it lies on the disk.
fn check_magic(file: &BatchFile) -> Result<()> {
    let mut beginning = [0; 4];
    let mut content = file.content().map_err(|error| file.read_error(&error))?;
    let is_plain = matches!(content, super::Content::Plain(_));
    let is_parquet = content.read_exact(&mut beginning).is_ok() && beginning == MAGIC;
    let refused = |what: &str| Error::new(ErrorKind::DataRefused, what).at(file.path().display());
    let error = match (is_parquet, is_plain) {
        (true, true) => return Ok(()),
        (true, false) => refused("this is a Parquet file that was compressed once more")
            .remedy("decompress it: gzip -d FILE, or zstd -d FILE"),
        (false, _) => refused("this is not a Parquet file")
            .remedy("leave --input-format out: the content of a file shows its format"),
    };
    Err(error.nothing_changed())
}

fn read_metadata(reader: &StoredFile) -> parquet::errors::Result<ArrowReaderMetadata> {
    let plain = || ArrowReaderOptions::new();
    // What a writer has noted of its own types may make no sense to this reader: the types of the file are enough.
    let found = ArrowReaderMetadata::load(reader, plain())
        .or_else(|_| ArrowReaderMetadata::load(reader, plain().with_skip_arrow_metadata(true)))?;
    let schema = Arc::new(read_as(found.schema(), found.parquet_schema()));
    ArrowReaderMetadata::try_new(Arc::clone(found.metadata()), plain().with_schema(schema))
}

fn refusal(failure: Failure, file: &BatchFile) -> Error {
    match failure {
        Failure::Read(error) => file.read_error(&error),
        Failure::Damage(damage) => {
            let what = format!("this Parquet file is damaged or truncated: {damage}");
            Error::new(ErrorKind::DataRefused, what)
                .at(file.path().display())
                .remedy("fetch the file again, or write it again")
                .nothing_changed()
        }
    }
}
