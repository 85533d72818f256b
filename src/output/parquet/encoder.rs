//! The encoder: sessions and events to rows of cells.

use super::counting;
use super::file::ParquetFile;
use crate::core::session::SessionBatch;
use crate::output::arrow::write_rows;
use crate::output::encode::{Encode, EncodeFile, Origin};
use crate::output::stored_file::StoredFile;
use crate::output::{OutputKind, OutputSchema, SessionCounts};
use std::io;

/// The encoder.
#[derive(Debug)]
pub struct Parquet {
    schema: OutputSchema,
}

impl Encode for Parquet {
    const COMPRESSES_ITSELF: bool = true;

    /// No spreadsheet reads Parquet, so `spreadsheet_safe` changes nothing.
    fn new(schema: OutputSchema, _spreadsheet_safe: bool) -> Self {
        Self { schema }
    }

    fn header(&self, _kind: OutputKind) -> Vec<u8> {
        Vec::new()
    }

    fn file(&self, kind: OutputKind, origin: Origin) -> io::Result<Box<dyn EncodeFile>> {
        Ok(Box::new(ParquetFile::new(&self.schema.columns(kind), origin)))
    }

    fn encode(&self, kind: OutputKind, sessions: &SessionBatch, out: &mut Vec<u8>) {
        write_rows(&self.schema, kind, sessions, out);
    }

    fn count_sessions(file: StoredFile, schema: &OutputSchema) -> Result<Option<SessionCounts>, String> {
        counting::count_sessions(file.into_file(), schema).map(Some)
    }
}
