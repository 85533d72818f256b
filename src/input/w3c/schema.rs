//! The columns of a log, as its first `#Fields` line names them.

use super::directive::{Directive, names};
use super::layout::Layout;
use crate::definition::Source;
use crate::error::{Error, ErrorKind, Result};
use crate::input::blocks::{BlockReader, LineEnds};
use crate::input::columns::Columns;
use crate::input::decoder::Units;
use crate::input::files::BatchFile;
use crate::input::names::check_are_named;
use crate::input::projection::{Header, Projection, resolve_columns};
use crate::input::read_error::ReadError;

/// The columns by which most people tell users apart.
const USUAL_KEY: [&str; 2] = ["c-ip", "cs(User-Agent)"];

/// The columns of one log.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) names: Vec<String>,
    pub(super) columns: Columns,
}

impl Schema {
    /// The schema of `file`; `None` if it has neither rows nor names for them in its first `max_bytes` bytes.
    ///
    /// # Errors
    /// [`ErrorKind::NoInput`] if the file cannot be read, [`ErrorKind::DataRefused`] if a row stands before the names, or a column
    /// is missing.
    pub(super) fn read(
        file: &BatchFile,
        source: &mut Source,
        projection: &mut Projection<'_>,
        max_bytes: u64,
    ) -> Result<Option<Self>> {
        let Some(names) = first_names(file, max_bytes)? else { return Ok(None) };
        check_are_named(source, &names, &USUAL_KEY, file)?;
        let header = Header { names: &names, is_there: true, is_first_file: source.is_undecided() };
        let columns = resolve_columns(source, &header, file, projection)?;
        Ok(Some(Self { names, columns }))
    }

    /// The layout of rows behind a later line of `fields`.
    ///
    /// # Errors
    /// The first column that is looked at and is not there.
    pub(super) fn layout(&self, fields: &[u8]) -> Result<Layout, &str> {
        let layout = Layout::new(fields, &self.names);
        match self.columns.positions().into_iter().find(|&position| layout.places[position].is_none()) {
            Some(missing) => Err(&self.names[missing]),
            None => Ok(layout),
        }
    }
}

/// The names in the first `#Fields` line of `file`.
pub(super) fn first_names(file: &BatchFile, max_bytes: u64) -> Result<Option<Vec<String>>> {
    let reader = file.reader().map_err(|error| file.read_error(&error))?;
    let mut blocks = BlockReader::new(reader, LineEnds);
    let mut bytes = 0;
    while bytes <= max_bytes {
        let block = match blocks.next(Vec::new()) {
            Ok(Some(block)) => block,
            Err(ReadError::Read(error)) => return Err(file.read_error(&error)),
            // The run itself meets such an error again, and knows the line.
            Ok(None) | Err(_) => return Ok(None),
        };
        for row in block.rows().filter(|row| !row.is_blank()) {
            match Directive::of(row.bytes) {
                Some(Directive::Fields(fields)) => return Ok(Some(names(fields))),
                Some(Directive::Other) => {}
                None => return Err(no_names(file)),
            }
        }
        bytes += block.bytes().len() as u64;
    }
    Ok(None)
}

fn no_names(file: &BatchFile) -> Error {
    Error::new(ErrorKind::DataRefused, "no #Fields line comes before the first row, so its fields have no names")
        .at(file.path().display())
        .remedy(
            "put the #Fields line of an earlier file before it, or read it as CSV: --input-format csv --delimiter \" \" \
             --header no, and give --key and --time as numbers",
        )
        .nothing_changed()
}
