//! Bytes that are read at any place.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes that are read at any place. There is no offset: readers do not move each other.
pub(super) trait ReadAt {
    /// Reads what stands from `offset` on, one byte at least unless that is the end.
    ///
    /// # Errors
    /// If nothing can be read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Fills `buffer` with what stands from `offset` on, as far as it goes.
    ///
    /// # Errors
    /// As [`ReadAt::read_at`].
    fn read_at_most(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.read_at(&mut buffer[filled..], offset + filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(filled)
    }
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        FileExt::read_at(self, buffer, offset)
    }
}
