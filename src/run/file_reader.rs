//! The thread that reads ahead: it cuts the files of a batch into units, which are decoded in parallel.

use super::identity::NewPart;
use super::unpacking::unpack_aside;
use crate::input::time::TimeParser;
use crate::input::{BatchFile, Content, Extent, FileDecoder, FileUnit, ReadError};
use crossbeam_channel::{Receiver, Sender};
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
}

/// A unit of one file, or why there is none.
#[derive(Debug)]
pub(super) struct ReadUnit<'r> {
    /// The number of the file in the batch.
    pub(super) file: usize,
    pub(super) unit: Result<FileUnit<'r>, ReadError>,
}

/// Sends the units of all files, in memory that returns through `recycled`. An error is the last message.
pub(super) fn read_files<'r>(
    files: &'r [FileToRead],
    max_bytes: u64,
    sender: &Sender<ReadUnit<'r>>,
    recycled: &Receiver<Vec<u8>>,
) {
    let mut bytes_left = max_bytes;
    for (number, of) in files.iter().enumerate() {
        if read_file(number, of, &mut bytes_left, sender, recycled).is_none() {
            return;
        }
    }
}

/// Sends the units of one file; `None` if the reader should stop.
fn read_file<'r>(
    number: usize,
    of: &'r FileToRead,
    bytes_left: &mut u64,
    sender: &Sender<ReadUnit<'r>>,
    recycled: &Receiver<Vec<u8>>,
) -> Option<()> {
    let mut send = |unit: Result<FileUnit<'r>, ReadError>| {
        let unit = unit.and_then(|unit| {
            if unit.known_lines().is_none() {
                let left = bytes_left.checked_sub(unit.byte_count());
                *bytes_left = left.ok_or(ReadError::TooManyBytes)?;
            }
            Ok(unit)
        });
        let failed = unit.is_err();
        let taken = sender.send(ReadUnit { file: number, unit });
        taken.ok().filter(|()| !failed)
    };
    match of.file.content() {
        Ok(Content::Plain(reader)) => send_units(of, reader, recycled, send),
        Ok(Content::Packed(packed)) => {
            // If there is no thread for it, the run ends: the place of the error is the file.
            let unpacked = unpack_aside(packed, |reader| send_units(of, reader, recycled, &mut send));
            unpacked.unwrap_or_else(|error| send(Err(ReadError::NoThread(error))))
        }
        Err(error) => send(Err(ReadError::Read(error))),
    }
}

fn send_units<'r>(
    of: &'r FileToRead,
    reader: impl Read,
    recycled: &Receiver<Vec<u8>>,
    mut send: impl FnMut(Result<FileUnit<'r>, ReadError>) -> Option<()>,
) -> Option<()> {
    let mut units = of.decoder.units(reader, of.extent());
    while let Some(unit) = units.next(recycled.try_recv().unwrap_or_default()).transpose() {
        send(unit)?;
    }
    Some(())
}
