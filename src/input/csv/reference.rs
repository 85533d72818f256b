//! The reference reader: the `csv` crate, and the positions of its rows.

use crate::input::blocks::BYTE_ORDER_MARK;
use std::io::{self, Read};

/// A mark and the bytes after it, read as one piece: the reference reader looks for a mark only in the first piece.
pub struct Marked<'b> {
    mark: &'static [u8],
    bytes: &'b [u8],
}

impl Read for Marked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let marked = self.mark.read(buffer)?;
        Ok(marked + self.bytes.read(&mut buffer[marked..])?)
    }
}

/// The bytes to put before `bytes` for the reference reader. It drops a byte order mark at the beginning of its input. The mark of the
/// file is already removed, so a second mark, or one at the start of a later block, is data, and needs one more mark before it.
pub(super) fn mark_before(bytes: &[u8]) -> &'static [u8] {
    if bytes.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK } else { b"" }
}

/// The reference reader. A row ends at LF or CRLF; a carriage return elsewhere is data. Positions include the bytes of
/// [`mark_before`].
pub(super) fn csv_reader(bytes: &[u8], delimiter: u8) -> csv::Reader<Marked<'_>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(Marked { mark: mark_before(bytes), bytes })
}
