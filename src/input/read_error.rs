//! Why reading a file ended before its end.

use std::io;

/// Why no further unit can be had.
#[derive(Debug)]
pub enum ReadError {
    /// Reading failed.
    Read(io::Error),
    /// There is no thread to decompress the file.
    NoThread(io::Error),
    /// The batch is longer than `--max-bytes` allows.
    TooManyBytes,
    /// The format refuses what stands here: what follows could not be trusted.
    Refused {
        /// How many lines stand between the last unit and this place.
        line: u64,
        /// What it is.
        what: String,
        /// What to do about it.
        remedy: &'static str,
    },
}
