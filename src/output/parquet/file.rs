//! One file while it is written: rows of cells in, row groups out, and the footer at the end.

use super::properties::properties;
use crate::output::arrow::GrowingRows;
use crate::output::columns::Column;
use crate::output::encode::{EncodeFile, Origin};
use arrow_array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The rows and bytes that go to the writer at once.
const BATCH_ROWS: usize = 8192;
const BATCH_BYTES: usize = 4 << 20;

/// A row group ends at this size at the latest: it stays in memory until then.
const GROUP_BYTES: usize = 32 << 20;

/// A file of sessions, events or open sessions.
pub(super) struct ParquetFile {
    rows: GrowingRows,
    bytes: usize,
    origin: Origin,
    writer: Writer,
    written: Written,
    /// The counts that went to the writer last.
    out: Vec<u8>,
}

/// What encodes the rows.
enum Writer {
    /// No rows have come, which show how to encode them.
    Waiting,
    Writing(Box<ArrowWriter<Written>>),
    /// The file has its footer.
    Finished,
}

/// The bytes that the writer wrote, until they are taken.
#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl ParquetFile {
    pub(super) fn new(columns: &[Column], origin: Origin) -> Self {
        Self {
            rows: GrowingRows::new(columns),
            bytes: 0,
            origin,
            writer: Writer::Waiting,
            written: Written::default(),
            out: Vec::new(),
        }
    }

    /// Passes the collected rows to the writer, which the first ones create.
    fn write_rows(&mut self) -> io::Result<&mut ArrowWriter<Written>> {
        let rows = self.collected()?;
        if matches!(self.writer, Writer::Waiting) {
            self.writer = Writer::Writing(Box::new(self.open(&rows)?));
        }
        let Writer::Writing(writer) = &mut self.writer else { return Err(finished()) };
        writer.write(&rows).map_err(io::Error::other)?;
        if writer.in_progress_size() >= GROUP_BYTES {
            writer.flush().map_err(io::Error::other)?;
        }
        Ok(writer)
    }

    /// Takes the rows that were collected.
    fn collected(&mut self) -> io::Result<RecordBatch> {
        self.bytes = 0;
        self.rows.finish().map_err(io::Error::other)
    }

    fn open(&self, first: &RecordBatch) -> io::Result<ArrowWriter<Written>> {
        let options = ArrowWriterOptions::new()
            .with_properties(properties(self.origin, first))
            .with_skip_arrow_metadata(true);
        ArrowWriter::try_new_with_options(self.written.clone(), Arc::clone(self.rows.schema()), options)
            .map_err(io::Error::other)
    }

    fn hand_over(&mut self) -> &[u8] {
        let mut written = self.written.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::swap(&mut self.out, &mut written);
        written.clear();
        &self.out
    }
}

impl EncodeFile for ParquetFile {
    fn take<'r>(&'r mut self, rows: &'r [u8]) -> io::Result<&'r [u8]> {
        let mut rest = rows;
        while !rest.is_empty() {
            let before = rest.len();
            self.rows.take(&mut rest).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
            self.bytes += before - rest.len();
            if self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
                self.write_rows()?;
            }
        }
        Ok(self.hand_over())
    }

    fn finish(&mut self) -> io::Result<&[u8]> {
        self.write_rows()?.finish().map_err(io::Error::other)?;
        self.writer = Writer::Finished;
        Ok(self.hand_over())
    }
}

fn finished() -> io::Error {
    io::Error::other("the file has its footer already")
}
