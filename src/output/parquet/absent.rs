//! Takes the place of the encoder in a build without it.

use crate::core::session::SessionBatch;
use crate::output::columns::Column;
use crate::output::encode::{Encode, EncodeFile, Origin};
use crate::output::following::{ReadRows, RowError, TakeRow};
use crate::output::stored_file::StoredFile;
use crate::output::{OutputKind, OutputSchema, SessionCounts};
use std::io;

/// No encoder.
#[derive(Debug)]
pub struct Parquet;

impl Encode for Parquet {
    const COMPRESSES_ITSELF: bool = true;

    const ABSENT: Option<&'static str> = Some(
        "this build cannot write Parquet: install one that can with cargo install --path . --features parquet",
    );

    fn new(_schema: OutputSchema, _spreadsheet_safe: bool) -> Self {
        Self
    }

    fn header(&self, _kind: OutputKind) -> Vec<u8> {
        Vec::new()
    }

    fn file(&self, _kind: OutputKind, _origin: Origin) -> io::Result<Box<dyn EncodeFile>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn encode(&self, _kind: OutputKind, _sessions: &SessionBatch, _out: &mut Vec<u8>) {}

    fn count_sessions(_file: StoredFile, _schema: &OutputSchema) -> Result<Option<SessionCounts>, String> {
        Ok(None)
    }
}

impl ReadRows for Parquet {
    fn read_rows(_file: StoredFile, _columns: &[Column], _take: TakeRow<'_>) -> Result<(), RowError> {
        Err(RowError::Damaged(
            "it is Parquet, which this build does not read: install one that does by cargo install --path . --features parquet"
                .to_owned(),
        ))
    }
}
