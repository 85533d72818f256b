//! Cuts the files of a batch into units, one after the other. Whichever thread has nothing to decode takes the next one.

use super::identity::NewPart;
use super::unpacking::Unpacked;
use crate::input::time::TimeParser;
use crate::input::{BatchFile, Content, Extent, FileDecoder, FileUnit, FileUnits, ReadError};
use std::io::Read;

/// A file of the batch with its decoder.
#[derive(Debug)]
pub(super) struct FileToRead {
    pub(super) file: BatchFile,
    /// The part of the file to ingest.
    pub(super) part: NewPart,
    /// Whether an unfinished last row is left for a later run.
    pub(super) leaves_unfinished: bool,
    /// The name of its source, if the source has one.
    pub(super) source: Option<String>,
    pub(super) decoder: FileDecoder,
    /// The parser of its times.
    pub(super) times: TimeParser,
}

impl FileToRead {
    pub(super) const fn extent(&self) -> Extent {
        Extent { known_bytes: self.part.known_bytes, leaves_unfinished: self.leaves_unfinished }
    }

    /// Its units. A compressed file is decompressed by a thread of its own.
    fn units(&self) -> Result<UnitsOfFile<'_>, ReadError> {
        let content: Box<dyn Read + Send> = match self.file.content().map_err(ReadError::Read)? {
            Content::Plain(reader) => Box::new(reader),
            Content::Packed(packed) => Box::new(Unpacked::start(packed).map_err(ReadError::NoThread)?),
        };
        Ok(self.decoder.units(content, self.extent()))
    }
}

type UnitsOfFile<'r> = FileUnits<'r, Box<dyn Read + Send>>;

/// A unit of one file, or why there is none.
#[derive(Debug)]
pub(super) struct ReadUnit<'r> {
    /// The number of the file in the batch.
    pub(super) file: usize,
    pub(super) unit: Result<FileUnit<'r>, ReadError>,
}

/// The units of all files that are not read yet.
pub(super) struct UnitReader<'r> {
    files: &'r [FileToRead],
    /// The number of the file that is read.
    file: usize,
    /// Its units; `None` until its first one is wanted.
    units: Option<UnitsOfFile<'r>>,
    bytes_left: u64,
}

impl<'r> UnitReader<'r> {
    /// Reads `files`. More than `max_bytes` bytes are an error.
    pub(super) const fn new(files: &'r [FileToRead], max_bytes: u64) -> Self {
        Self { files, file: 0, units: None, bytes_left: max_bytes }
    }

    /// The next unit, in the memory of `recycled`, which is left as it is at the end of all files. An error is the last unit.
    pub(super) fn next(&mut self, recycled: &mut Vec<u8>) -> Option<ReadUnit<'r>> {
        while let Some(of) = self.files.get(self.file) {
            let file = self.file;
            let unit = self.next_of(of, recycled).transpose();
            if unit.as_ref().is_none_or(Result::is_err) {
                self.units = None;
                self.file = if unit.is_some() { self.files.len() } else { file + 1 };
            }
            if let Some(unit) = unit {
                return Some(ReadUnit { file, unit });
            }
        }
        None
    }

    fn next_of(
        &mut self,
        of: &'r FileToRead,
        recycled: &mut Vec<u8>,
    ) -> Result<Option<FileUnit<'r>>, ReadError> {
        let units = match &mut self.units {
            Some(units) => units,
            none => none.insert(of.units()?),
        };
        let unit = units.next(std::mem::take(recycled))?;
        if let Some(unit) = unit.as_ref().filter(|unit| unit.known_lines().is_none()) {
            let left = self.bytes_left.checked_sub(unit.byte_count());
            self.bytes_left = left.ok_or(ReadError::TooManyBytes)?;
        }
        Ok(unit)
    }
}
