//! The seam between the bytes of a file and its events: the interface of an input format.

use super::batch::EventBatch;
use super::extent::Extent;
use super::files::BatchFile;
use super::intake::Intake;
use super::options::FormatOption;
use super::projection::Projection;
use super::read_error::ReadError;
use super::shown::ShownColumns;
use super::time::TimeParser;
use crate::definition::{FormatOptions, Source};
use crate::error::Result;
use std::io::Read;

/// The decoder of one file in one format. The plan of a run creates it, and all threads that read the file share it.
pub trait Decoder: Sized {
    /// A part of a file that can be decoded separately.
    type Unit: Unit;
    /// Cuts the content of a file into units.
    type Units<R: Read>: Units<Unit = Self::Unit>;
    /// Memory of one thread, kept from unit to unit.
    type Scratch: Default;

    /// The properties of its files. [`Decoder::open`] reads those of the source, and fixes the open ones.
    const OPTIONS: &'static [FormatOption] = &[];

    /// Whether its files are text: then files of other kinds are refused by name.
    const IS_TEXT: bool = true;

    /// Whether a file with these first bytes, decompressed, has this format. `options` are those of its source.
    fn fits(beginning: &[u8], options: &FormatOptions) -> bool;

    /// The columns that `file` shows without a request, read as `source` says; none if it has no rows.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::NoInput`] if it cannot be read, [`crate::error::ErrorKind::DataRefused`] if it is damaged.
    fn columns(file: &BatchFile, source: &Source) -> Result<ShownColumns>;

    /// Finds the columns of `source` and the rest of `projection` in `file`, and stores in both what this file decides. Reads
    /// at most `max_bytes` bytes.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::DataRefused`] if a column is missing; the message lists what is there.
    fn open(
        file: &BatchFile,
        source: &mut Source,
        times: &mut TimeParser,
        projection: &mut Projection<'_>,
        max_bytes: u64,
    ) -> Result<Self>;

    /// Cuts `content` into units. A format that is read at any position keeps the file when it is opened, and ignores
    /// `content`: its units say where to read.
    fn units<R: Read>(&self, content: R) -> Self::Units<R>;

    /// Fills the empty `batch` with the decoded rows of `unit`. Every line is counted.
    ///
    /// # Errors
    /// [`ReadError`], with its line counted in the unit, if the unit cannot be read: then nothing of `batch` counts. Rows of
    /// text are at worst rejected.
    fn decode(
        &self,
        unit: &Self::Unit,
        intake: &mut Intake,
        scratch: &mut Self::Scratch,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError>;

    /// The form of a row in a side output: one value, unless the format has delimiters.
    fn side_form(&self) -> SideForm<'_> {
        SideForm::Whole
    }
}

/// The units of one file, in order.
pub trait Units {
    /// The unit.
    type Unit;

    /// The same for a part of the content. A format whose files do not grow has no parts.
    #[must_use]
    fn within(self, _extent: Extent) -> Self
    where
        Self: Sized,
    {
        self
    }

    /// The next unit, in the memory of `recycled`; `None` at the end.
    ///
    /// # Errors
    /// [`ReadError`]; nothing can be read after it.
    fn next(&mut self, recycled: Vec<u8>) -> Result<Option<Self::Unit>, ReadError>;
}

/// A part of a file.
pub trait Unit {
    /// The number of its bytes, decompressed.
    fn byte_count(&self) -> u64;

    /// The number of its lines, if its rows were ingested before: then only they count, and it is not decoded.
    fn known_lines(&self) -> Option<u64> {
        None
    }

    /// The bytes of an unfinished row after it, which are left for a later run.
    fn unfinished_bytes(&self) -> u64 {
        0
    }

    /// Returns its memory for another unit.
    fn into_memory(self) -> Vec<u8>;
}

/// The form of a row in a side output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideForm<'d> {
    /// Fields between delimiters.
    Delimited {
        /// The byte between fields.
        delimiter: u8,
        /// The header of the file in the same form; empty if there is none, or if an output cannot use its names.
        header: &'d [u8],
    },
    /// One value: the row has no fields for an output.
    Whole,
    /// A line of JSON.
    Json,
}
