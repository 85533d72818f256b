//! Open state in a Parquet file: a row for each key.

use crate::error::{Error, ErrorKind, Result};
use arrow_array::builder::{BinaryBuilder, Int32Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::sync::Arc;

/// Keys that go to the writer at once.
const BATCH_KEYS: usize = 4096;
const BATCH_BYTES: usize = 4 << 20;

/// What is open of a key.
#[derive(Debug, Clone, Copy)]
pub struct StateKey<'k> {
    /// Its bucket.
    pub bucket: i32,
    /// The key.
    pub key: &'k [u8],
    /// Its rows in the checkpoint format, framed.
    pub state: &'k [u8],
    /// The start of its open session, for people.
    pub open_start_us: Option<i64>,
    /// The events in it and behind it, for people.
    pub events: u64,
}

/// A file that is being written.
pub struct StateFile {
    schema: SchemaRef,
    bucket: Int32Builder,
    key: BinaryBuilder,
    state: BinaryBuilder,
    open_start: TimestampMicrosecondBuilder,
    events: Int64Builder,
    waiting_bytes: usize,
    waiting: usize,
    keys: u64,
    writer: Option<ArrowWriter<Vec<u8>>>,
}

impl Default for StateFile {
    fn default() -> Self {
        let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let fields = vec![
            Field::new("bucket", DataType::Int32, false),
            Field::new("key", DataType::Binary, false),
            Field::new("state", DataType::Binary, false),
            Field::new("open_start", instant, true),
            Field::new("events", DataType::Int64, false),
        ];
        Self {
            schema: Arc::new(Schema::new(fields)),
            bucket: Int32Builder::new(),
            key: BinaryBuilder::new(),
            state: BinaryBuilder::new(),
            open_start: TimestampMicrosecondBuilder::new().with_timezone("UTC"),
            events: Int64Builder::new(),
            waiting_bytes: 0,
            waiting: 0,
            keys: 0,
            writer: None,
        }
    }
}

impl StateFile {
    /// Its keys so far.
    pub const fn keys(&self) -> u64 {
        self.keys
    }

    /// Appends a key.
    ///
    /// # Errors
    /// If the file cannot be encoded.
    pub fn push(&mut self, key: &StateKey<'_>) -> Result<()> {
        self.bucket.append_value(key.bucket);
        self.key.append_value(key.key);
        self.state.append_value(key.state);
        self.open_start.append_option(key.open_start_us);
        self.events.append_value(i64::try_from(key.events).unwrap_or(i64::MAX));
        self.keys += 1;
        self.waiting += 1;
        self.waiting_bytes += key.key.len() + key.state.len();
        if self.waiting >= BATCH_KEYS || self.waiting_bytes >= BATCH_BYTES {
            self.write()?;
        }
        Ok(())
    }

    /// Takes the bytes that are to be written now.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        self.writer.as_mut().map(|writer| std::mem::take(writer.inner_mut())).unwrap_or_default()
    }

    /// Ends the file, and returns its last bytes. A file without keys is empty.
    ///
    /// # Errors
    /// If the file cannot be encoded.
    pub fn finish(&mut self) -> Result<Vec<u8>> {
        if self.keys == 0 {
            return Ok(Vec::new());
        }
        self.write()?;
        self.writer
            .take()
            .map_or_else(|| Ok(Vec::new()), |writer| writer.into_inner().map_err(|error| failed(&error)))
    }

    fn write(&mut self) -> Result<()> {
        (self.waiting, self.waiting_bytes) = (0, 0);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.bucket.finish()),
            Arc::new(self.key.finish()),
            Arc::new(self.state.finish()),
            Arc::new(self.open_start.finish()),
            Arc::new(self.events.finish()),
        ];
        let batch =
            RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| failed(&error))?;
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.open()?,
        };
        let writer = self.writer.insert(writer);
        writer.write(&batch).map_err(|error| failed(&error))?;
        // A row group stays in memory until it is complete.
        if writer.in_progress_size() >= BATCH_BYTES {
            writer.flush().map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    fn open(&self) -> Result<ArrowWriter<Vec<u8>>> {
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        ArrowWriter::try_new(Vec::new(), Arc::clone(&self.schema), Some(properties))
            .map_err(|error| failed(&error))
    }
}

/// Visits the keys of a file in their order: bucket, key, state.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] if these are no bytes of such a file; those of `visit`.
pub fn read_state(file: Bytes, mut visit: impl FnMut(i32, &[u8], &[u8]) -> Result<()>) -> Result<()> {
    let damaged = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Checkpoint, format!("this is no file of open state: {error}"))
    };
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(file).and_then(ParquetRecordBatchReaderBuilder::build);
    for batch in reader.map_err(|error| damaged(&error))? {
        let batch = batch.map_err(|error| damaged(&error))?;
        let column =
            |name: &str| batch.column_by_name(name).ok_or_else(|| damaged(&format!("no column {name}")));
        let bucket = column("bucket")?.as_primitive_opt::<Int32Type>();
        let [key, state] = [column("key")?, column("state")?].map(|values| values.as_binary_opt::<i32>());
        let (Some(bucket), Some(key), Some(state)) = (bucket, key, state) else {
            return Err(damaged(&"its columns have other types"));
        };
        for row in 0..batch.num_rows() {
            visit(bucket.value(row), key.value(row), state.value(row))?;
        }
    }
    Ok(())
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Failed, format!("cannot encode open state: {error}"))
}
