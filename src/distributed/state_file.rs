//! Open state in Parquet files: a row for each key.

use crate::error::{Error, ErrorKind, Result};
use arrow_array::builder::{BinaryBuilder, Int32Builder, Int64Builder, TimestampMicrosecondBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::sync::Arc;

/// A row group ends at so many keys, or before so many bytes.
const GROUP_KEYS: usize = 1 << 16;
const GROUP_BYTES: usize = 4 << 20;

/// A file ends at this size, before it is compressed.
const FILE_BYTES: usize = 64 << 20;

/// The offsets in a column have 31 bits.
const MAX_KEY_BYTES: usize = i32::MAX as usize;

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

/// Bytes of the files of open state that are to be written now.
#[derive(Debug, Default)]
pub struct StatePiece {
    /// They go behind those of the same file.
    pub bytes: Vec<u8>,
    /// The keys in the file, if it ends with them: the next bytes begin another one.
    pub ends_with_keys: Option<u64>,
}

/// Files of open state that are being written, one after the other: a task that opens one needs memory for it.
#[derive(Debug)]
pub struct StateFiles {
    schema: SchemaRef,
    bucket: Int32Builder,
    key: BinaryBuilder,
    state: BinaryBuilder,
    open_start: TimestampMicrosecondBuilder,
    events: Int64Builder,
    waiting: usize,
    waiting_bytes: usize,
    /// The file that is being written.
    writer: Option<ArrowWriter<Vec<u8>>>,
    keys: u64,
    written_bytes: usize,
    pieces: Vec<StatePiece>,
}

impl Default for StateFiles {
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
            waiting: 0,
            waiting_bytes: 0,
            writer: None,
            keys: 0,
            written_bytes: 0,
            pieces: Vec::new(),
        }
    }
}

impl StateFiles {
    /// Appends a key.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if the file cannot be encoded, or no column can hold the state of the key.
    pub fn push(&mut self, key: &StateKey<'_>) -> Result<()> {
        let bytes = key.key.len() + key.state.len();
        if bytes > MAX_KEY_BYTES {
            return Err(too_long(bytes));
        }
        if self.waiting > 0 && (self.waiting >= GROUP_KEYS || self.waiting_bytes + bytes > GROUP_BYTES) {
            self.write_group()?;
        }
        self.bucket.append_value(key.bucket);
        self.key.append_value(key.key);
        self.state.append_value(key.state);
        self.open_start.append_option(key.open_start_us);
        self.events.append_value(i64::try_from(key.events).unwrap_or(i64::MAX));
        self.waiting += 1;
        self.waiting_bytes += bytes;
        Ok(())
    }

    /// Takes what is to be written now.
    pub fn take_pieces(&mut self) -> Vec<StatePiece> {
        std::mem::take(&mut self.pieces)
    }

    /// Ends the last file. Without keys there is none.
    ///
    /// # Errors
    /// As [`StateFiles::push`].
    pub fn finish(&mut self) -> Result<()> {
        if self.waiting > 0 {
            self.write_group()?;
        }
        self.end_file()
    }

    /// Writes the keys that wait as a row group, which a reader has in memory as a whole.
    fn write_group(&mut self) -> Result<()> {
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
        writer.write(&batch).and_then(|()| writer.flush()).map_err(|error| failed(&error))?;
        let bytes = std::mem::take(writer.inner_mut());
        self.keys += self.waiting as u64;
        self.written_bytes += self.waiting_bytes;
        (self.waiting, self.waiting_bytes) = (0, 0);
        self.pieces.push(StatePiece { bytes, ends_with_keys: None });
        if self.written_bytes >= FILE_BYTES { self.end_file() } else { Ok(()) }
    }

    fn end_file(&mut self) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let bytes = writer.into_inner().map_err(|error| failed(&error))?;
        self.pieces.push(StatePiece { bytes, ends_with_keys: Some(std::mem::take(&mut self.keys)) });
        self.written_bytes = 0;
        Ok(())
    }

    fn open(&self) -> Result<ArrowWriter<Vec<u8>>> {
        let properties =
            WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
        ArrowWriter::try_new(Vec::new(), Arc::clone(&self.schema), Some(properties))
            .map_err(|error| failed(&error))
    }
}

/// The keys of a file in their order, one row group after the other.
#[derive(Debug)]
pub(super) struct StateGroups {
    file: Bytes,
    metadata: ArrowReaderMetadata,
    next: usize,
}

impl StateGroups {
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if these are no bytes of such a file.
    pub(super) fn open(file: Bytes) -> Result<Self> {
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
            .map_err(|error| damaged(&error))?;
        Ok(Self { file, metadata, next: 0 })
    }

    /// Visits the keys of the next row group: bucket, key, state. `false` at the end.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] for damage; those of `visit`.
    pub(super) fn visit_next(
        &mut self,
        visit: &mut impl FnMut(i32, &[u8], &[u8]) -> Result<()>,
    ) -> Result<bool> {
        let group = self.next;
        if group >= self.metadata.metadata().num_row_groups() {
            return Ok(false);
        }
        self.next += 1;
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(self.file.clone(), self.metadata.clone())
                .with_row_groups(vec![group])
                .build();
        for batch in reader.map_err(|error| damaged(&error))? {
            visit_keys(&batch.map_err(|error| damaged(&error))?, visit)?;
        }
        Ok(true)
    }
}

/// Visits the keys of a file in their order: bucket, key, state.
///
/// # Errors
/// As [`StateGroups`].
pub fn read_state(file: Bytes, mut visit: impl FnMut(i32, &[u8], &[u8]) -> Result<()>) -> Result<()> {
    let mut groups = StateGroups::open(file)?;
    while groups.visit_next(&mut visit)? {}
    Ok(())
}

fn visit_keys(batch: &RecordBatch, visit: &mut impl FnMut(i32, &[u8], &[u8]) -> Result<()>) -> Result<()> {
    let column = |name: &str| batch.column_by_name(name).ok_or_else(|| damaged(&format!("no column {name}")));
    let bucket = column("bucket")?.as_primitive_opt::<Int32Type>();
    let [key, state] = [column("key")?, column("state")?].map(|values| values.as_binary_opt::<i32>());
    let (Some(bucket), Some(key), Some(state)) = (bucket, key, state) else {
        return Err(damaged(&"its columns have other types"));
    };
    (0..batch.num_rows()).try_for_each(|row| visit(bucket.value(row), key.value(row), state.value(row)))
}

fn damaged(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Checkpoint, format!("this is no file of open state: {error}"))
}

fn too_long(bytes: usize) -> Error {
    let what = format!("the open state of one key has {bytes} bytes, and a column can hold {MAX_KEY_BYTES}");
    Error::new(ErrorKind::Failed, what)
        .remedy("leave this key out with where, or limit its sessions in another root with max-events")
        .nothing_changed()
}

fn failed(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Failed, format!("cannot encode open state: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_row_groups_of_open_state_are_bounded_by_bytes() {
        let (long, mut files) = (vec![0; GROUP_BYTES - 10], StateFiles::default());
        for _ in 0..20 {
            files
                .push(&StateKey { bucket: 3, key: b"ann", state: &long, open_start_us: None, events: 1 })
                .unwrap();
        }
        files.finish().unwrap();
        let (mut written, mut contents, mut content) = (Vec::new(), Vec::new(), Vec::new());
        for StatePiece { bytes, ends_with_keys } in files.take_pieces() {
            content.extend(bytes);
            if let Some(keys) = ends_with_keys {
                written.push(keys);
                contents.push(std::mem::take(&mut content));
            }
        }
        assert_eq!((written, content.len()), (vec![17, 3], 0));
        let (mut groups, mut keys) = (StateGroups::open(contents.remove(0).into()).unwrap(), Vec::new());
        let mut of_group = 0;
        while groups
            .visit_next(&mut |bucket, key, state| {
                assert_eq!((bucket, key, state.len()), (3, &b"ann"[..], long.len()));
                of_group += 1;
                Ok(())
            })
            .unwrap()
        {
            keys.push(std::mem::take(&mut of_group));
        }
        assert_eq!(keys, [1; 17]);
    }
}
