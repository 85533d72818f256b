//! A file of an output that is read back.

use crate::compression::Compression;
use std::fs::File;
use std::io::{self, BufReader, Read};

/// An output, to be read back.
#[derive(Debug)]
pub struct StoredFile {
    file: File,
    compression: Option<Compression>,
}

impl StoredFile {
    /// `file`, which is compressed as a whole or not.
    pub(super) const fn new(file: File, compression: Option<Compression>) -> Self {
        Self { file, compression }
    }

    /// The file as it is, for a format that reads it at any place.
    #[cfg(feature = "parquet")]
    pub fn into_file(self) -> File {
        self.file
    }

    /// A reader of what its format has written.
    ///
    /// # Errors
    /// If the library of the compression fails.
    pub(super) fn into_reader(self) -> io::Result<BufReader<Box<dyn Read>>> {
        let content: Box<dyn Read> = match self.compression {
            Some(compression) => compression.unpack(self.file)?,
            None => Box::new(self.file),
        };
        Ok(BufReader::new(content))
    }
}
