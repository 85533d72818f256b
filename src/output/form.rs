//! How the rows of an output are stored.

use super::OutputFormat;
use super::encode::EncodeFile;
use super::stored_file::StoredFile;
use crate::compression::{Compression, Compressor};
use std::fs::File;
use std::io;

/// A format, and the compression of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputForm {
    /// The format.
    pub format: OutputFormat,
    /// The compression of whole files; none in a format that compresses their parts.
    compression: Option<Compression>,
}

impl OutputForm {
    /// Files of `format` as they are.
    pub const fn plain(format: OutputFormat) -> Self {
        Self { format, compression: None }
    }

    /// Compressed files of `format`; `None` if it compresses their parts itself.
    pub fn compressed(format: OutputFormat, compression: Compression) -> Option<Self> {
        (!format.compresses_itself()).then_some(Self { format, compression: Some(compression) })
    }

    /// All forms.
    pub(super) fn all() -> impl Iterator<Item = Self> + Clone {
        OutputFormat::ALL.iter().flat_map(|&format| {
            let compressed = Compression::ALL.into_iter().filter_map(move |of| Self::compressed(format, of));
            std::iter::once(Self::plain(format)).chain(compressed)
        })
    }

    /// The extension of its files.
    pub(super) fn ending(self) -> String {
        let ending = self.format.ending();
        match self.compression {
            Some(compression) => format!("{ending}.{}", compression.ending()),
            None => ending.to_owned(),
        }
    }

    /// A published file of this form, to be read back.
    pub(super) const fn stored(self, file: File) -> StoredFile {
        StoredFile::new(file, self.compression)
    }

    /// What writes a file of this form, of the bytes that `encoder` makes.
    ///
    /// # Errors
    /// If the library of the compression fails.
    pub(super) fn encoder(self, encoder: Box<dyn EncodeFile>) -> io::Result<Box<dyn EncodeFile>> {
        Ok(match self.compression {
            Some(compression) => {
                Box::new(CompressedFile { encoder, compressor: compression.compressor()?, end: Vec::new() })
            }
            None => encoder,
        })
    }
}

/// A file that is compressed as a whole.
struct CompressedFile {
    encoder: Box<dyn EncodeFile>,
    compressor: Compressor,
    /// The bytes behind all rows.
    end: Vec<u8>,
}

impl EncodeFile for CompressedFile {
    fn take<'r>(&'r mut self, rows: &'r [u8]) -> io::Result<&'r [u8]> {
        self.compressor.take(self.encoder.take(rows)?)
    }

    fn finish(&mut self) -> io::Result<&[u8]> {
        self.end.extend_from_slice(self.compressor.take(self.encoder.finish()?)?);
        self.end.extend_from_slice(self.compressor.finish()?);
        Ok(&self.end)
    }
}
