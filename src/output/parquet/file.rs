//! One file while it is written: rows of cells in, row groups out, and the footer at the end.

use super::cell::Cells;
use super::columns::{Growing, fields_of};
use crate::output::columns::Column;
use crate::output::encode::{EncodeFile, Origin};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The rows and bytes that go to the writer at once.
const BATCH_ROWS: usize = 8192;
const BATCH_BYTES: usize = 4 << 20;

/// A row group ends at the first of these limits: readers want large ones, and unwritten rows stay in memory.
const GROUP_ROWS: usize = 1 << 20;
const GROUP_BYTES: usize = 32 << 20;

/// Columns whose values hardly ever repeat.
const UNLIKE: [&str; 3] = ["session_id", "session_start", "session_end"];

/// A file of sessions, events or open sessions.
pub(super) struct ParquetFile {
    schema: SchemaRef,
    columns: Vec<Growing>,
    rows: usize,
    bytes: usize,
    /// `None` once the file has its footer.
    writer: Option<ArrowWriter<Written>>,
    written: Written,
    /// The counts that went to the writer last.
    out: Vec<u8>,
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
    pub(super) fn new(columns: &[Column], origin: Origin) -> io::Result<Self> {
        let schema: SchemaRef = Arc::new(Schema::new(fields_of(columns)));
        let written = Written::default();
        let options =
            ArrowWriterOptions::new().with_properties(properties(origin)).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(written.clone(), Arc::clone(&schema), options);
        Ok(Self {
            schema,
            columns: columns.iter().map(|column| Growing::of(column.kind)).collect(),
            rows: 0,
            bytes: 0,
            writer: Some(writer.map_err(io::Error::other)?),
            written,
            out: Vec::new(),
        })
    }

    /// Passes the collected rows to the writer.
    fn write_rows(&mut self) -> io::Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        (self.rows, self.bytes) = (0, 0);
        let mut arrays = Vec::new();
        for column in &mut self.columns {
            column.finish(&mut arrays).map_err(io::Error::other)?;
        }
        let rows = RecordBatch::try_new(Arc::clone(&self.schema), arrays).map_err(io::Error::other)?;
        let writer = self.writer.as_mut().ok_or_else(finished)?;
        writer.write(&rows).map_err(io::Error::other)?;
        if writer.in_progress_size() >= GROUP_BYTES {
            writer.flush().map_err(io::Error::other)?;
        }
        Ok(())
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
        let mut cells = Cells(rows);
        while !cells.0.is_empty() {
            let before = cells.0.len();
            for column in &mut self.columns {
                column.take(&mut cells).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
            }
            self.rows += 1;
            self.bytes += before - cells.0.len();
            if self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES {
                self.write_rows()?;
            }
        }
        Ok(self.hand_over())
    }

    fn finish(&mut self) -> io::Result<&[u8]> {
        self.write_rows()?;
        self.writer.take().ok_or_else(finished)?.close().map_err(io::Error::other)?;
        Ok(self.hand_over())
    }
}

fn finished() -> io::Error {
    io::Error::other("the file has its footer already")
}

fn properties(origin: Origin) -> WriterProperties {
    let entry = |name: &str, value: String| KeyValue::new(format!("sessionize.{name}"), value);
    let metadata = vec![
        entry("stream_id", origin.stream.to_string()),
        entry("run", origin.run.number().to_string()),
        entry("definition_digest", format!("{:032x}", origin.definition_digest)),
    ];
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(metadata));
    for name in UNLIKE {
        properties = properties.set_column_dictionary_enabled(ColumnPath::from(name), false);
    }
    properties.build()
}
