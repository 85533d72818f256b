//! The bytes of a file on their way from its writer to the disk.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The bytes that the writer wrote, until they are taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    /// Exchanges `taken` for the bytes.
    pub(super) fn take(&self, taken: &mut Vec<u8>) {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(taken, &mut written);
        written.clear();
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
