//! A file that is written piece by piece, wherever its bytes go.

use crate::core::session::SessionBatch;
use crate::error::{Error, ErrorKind, Result};
use crate::output::{EncodeFile, Encoder, OutputKind};
use std::io;

/// Rows of one output, and the bytes of its file that nobody has taken yet.
pub struct Written {
    kind: OutputKind,
    file: Box<dyn EncodeFile>,
    bytes: Vec<u8>,
    rows: u64,
    encoded: Vec<u8>,
}

impl Written {
    pub(super) fn new(kind: OutputKind, file: Box<dyn EncodeFile>) -> Self {
        Self { kind, file, bytes: Vec::new(), rows: 0, encoded: Vec::new() }
    }

    /// Its rows so far.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes the bytes that are to be written now.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    pub(super) fn write(&mut self, encoder: &Encoder, sessions: &SessionBatch, rows: u64) -> Result<()> {
        if rows == 0 {
            return Ok(());
        }
        self.encoded.clear();
        encoder.encode(self.kind, sessions, &mut self.encoded);
        self.rows += rows;
        self.bytes.extend_from_slice(self.file.take(&self.encoded).map_err(failed)?);
        Ok(())
    }

    /// Ends the file. A file without rows stays empty.
    pub(super) fn finish(&mut self) -> Result<()> {
        if self.rows > 0 {
            self.bytes.extend_from_slice(self.file.finish().map_err(failed)?);
        }
        Ok(())
    }
}

fn failed(error: io::Error) -> Error {
    Error::new(ErrorKind::Failed, format!("cannot encode sessions: {error}")).caused_by(error)
}
