//! The seam between the bytes of a file and its events: what an input format has to be able to do.

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

/// One input format, as one file has it: made when the plan of a run looks at the file, shared by all threads that read it.
pub trait Decoder: Sized {
    /// A part of a file that can be decoded by itself.
    type Unit: Unit;
    /// Cuts the content of a file into units.
    type Units<R: Read>: Units<Unit = Self::Unit>;
    /// Memory of one thread, kept from unit to unit.
    type Scratch: Default;

    /// The properties that its files may have: [`Decoder::open`] reads those of the source, and fixes what they leave open.
    const OPTIONS: &'static [FormatOption] = &[];

    /// Whether its files are text: then those of other kinds are refused by name.
    const IS_TEXT: bool = true;

    /// Whether a file is of this format that begins with these bytes, decompressed, and whose source has these `options`.
    fn fits(beginning: &[u8], options: &FormatOptions) -> bool;

    /// The columns that `file` shows, whatever is asked for, when it is read as `source` says; none if it has no rows.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::NoInput`] if it cannot be read, [`crate::error::ErrorKind::DataRefused`] if it is damaged.
    fn columns(file: &BatchFile, source: &Source) -> Result<ShownColumns>;

    /// Finds the columns of `source` and the rest of `projection` in `file`, and writes into both what this file decides.
    /// Looks no further than `max_bytes` bytes.
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

    /// Cuts `content` into units. A format that is read from any place of a file has kept that when it was opened, and leaves
    /// `content` alone: its units say where to read.
    fn units<R: Read>(&self, content: R) -> Self::Units<R>;

    /// Fills `batch`, which is empty, with what the rows of `unit` come to. Every line of it is accounted for.
    ///
    /// # Errors
    /// [`ReadError`], its line counted in the unit, if the unit cannot be read: then nothing of `batch` counts. The rows of text
    /// are at worst rejects.
    fn decode(
        &self,
        unit: &Self::Unit,
        intake: &mut Intake,
        scratch: &mut Self::Scratch,
        batch: &mut EventBatch,
    ) -> Result<(), ReadError>;

    /// What a row is that goes to a side output.
    fn side_form(&self) -> SideForm<'_>;
}

/// The units of one file, in order.
pub trait Units {
    /// What comes out.
    type Unit;

    /// The same of a part of the content. A format whose files do not grow has no parts.
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
    /// [`ReadError`]; nothing can be had after it.
    fn next(&mut self, recycled: Vec<u8>) -> Result<Option<Self::Unit>, ReadError>;
}

/// A part of a file.
pub trait Unit {
    /// How many bytes it has, decompressed.
    fn byte_count(&self) -> u64;

    /// How many lines it has, if its rows were taken in before: only they count, and it is not decoded.
    fn known_lines(&self) -> Option<u64> {
        None
    }

    /// How many bytes of a row without an end stand behind it and are left.
    fn unfinished_bytes(&self) -> u64 {
        0
    }

    /// Gives its memory back for a further unit.
    fn into_memory(self) -> Vec<u8>;
}

/// What the bytes of a row are that goes to a side output as it stands in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideForm<'d> {
    /// Fields between delimiters.
    Delimited {
        /// The byte between fields.
        delimiter: u8,
        /// The header of the file, of the same form; empty where there is none, or its names cannot stand in a side output.
        header: &'d [u8],
    },
    /// No fields that an output could have: the row is one value.
    Whole,
}
