//! What shows the format of a file.

use super::files::BatchFile;
use crate::error::Result;
use std::io::Read;

/// As much of a file as shows its format.
pub(super) const BEGINNING_BYTES: usize = 64 << 10;

/// How the content of `file` begins, decompressed.
///
/// # Errors
/// [`crate::error::ErrorKind::NoInput`] if it cannot be read, [`crate::error::ErrorKind::DataRefused`] if it is damaged.
pub(super) fn beginning(file: &BatchFile) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = file.reader().and_then(|reader| reader.take(BEGINNING_BYTES as u64).read_to_end(&mut bytes));
    match read {
        // What stands before the damage shows the format too, and the run itself meets the damage again.
        Err(error) if bytes.is_empty() => Err(file.read_error(&error)),
        _ => Ok(bytes),
    }
}
