//! One file while it is written: rows of cells in, row groups out, and the footer at the end.

use super::group::{GROUP_ROWS, RowGroup};
use super::properties::properties;
use super::written::Written;
use crate::output::arrow::{GrowingRows, fields_of};
use crate::output::columns::Column;
use crate::output::encode::{EncodeFile, Origin};
use arrow_array::RecordBatch;
use arrow_schema::{Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::errors::Result;
use parquet::file::writer::SerializedFileWriter;
use std::io;
use std::sync::Arc;

/// The rows and bytes that are encoded at once.
const BATCH_ROWS: usize = 8192;
const BATCH_BYTES: usize = 4 << 20;

/// A file of sessions, events or open sessions.
pub(super) struct ParquetFile {
    schema: SchemaRef,
    /// The place of the column whose ids come as bytes.
    ids: Option<usize>,
    rows: GrowingRows,
    bytes: usize,
    /// So many rows are encoded at once.
    batch_rows: usize,
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
    Writing(Box<Groups>),
    /// The file has its footer.
    Finished,
}

/// The row groups of a file.
struct Groups {
    file: SerializedFileWriter<Written>,
    columns: ArrowRowGroupWriterFactory,
    ids: Option<usize>,
    growing: Option<RowGroup>,
}

impl Groups {
    /// How many rows may come at once.
    fn room(&self) -> usize {
        self.growing.as_ref().map_or(GROUP_ROWS, RowGroup::room)
    }

    fn write(&mut self, rows: &RecordBatch) -> Result<()> {
        let mut group = match self.growing.take() {
            Some(group) => group,
            None => RowGroup::begin(&self.file, &self.columns, self.ids)?,
        };
        group.write(rows)?;
        if group.room() == 0 {
            return group.end(&mut self.file);
        }
        self.growing = Some(group);
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        if let Some(group) = self.growing.take() {
            group.end(&mut self.file)?;
        }
        self.file.finish().map(|_| ())
    }
}

impl ParquetFile {
    /// A file of these columns. `ids`: the place of a column of session ids of which hardly one repeats.
    pub(super) fn new(columns: &[Column], ids: Option<usize>, origin: Origin) -> Self {
        let rows = match ids {
            Some(place) => GrowingRows::with_ids_as_bytes(columns, place),
            None => GrowingRows::new(columns),
        };
        Self {
            schema: Arc::new(Schema::new(fields_of(columns))),
            ids,
            rows,
            bytes: 0,
            batch_rows: BATCH_ROWS,
            origin,
            writer: Writer::Waiting,
            written: Written::default(),
            out: Vec::new(),
        }
    }

    /// Encodes the collected rows. The first ones decide how.
    fn write_rows(&mut self) -> Result<&mut Groups> {
        self.bytes = 0;
        let rows = self.rows.finish()?;
        if matches!(self.writer, Writer::Waiting) {
            self.writer = Writer::Writing(Box::new(self.open(&rows)?));
        }
        let Writer::Writing(groups) = &mut self.writer else { return Err(finished().into()) };
        if rows.num_rows() > 0 {
            groups.write(&rows)?;
            self.batch_rows = BATCH_ROWS.min(groups.room());
        }
        Ok(groups)
    }

    fn open(&self, first: &RecordBatch) -> Result<Groups> {
        let schema = ArrowSchemaConverter::new().convert(&self.schema)?;
        let properties = Arc::new(properties(self.origin, first));
        let file = SerializedFileWriter::new(self.written.clone(), schema.root_schema_ptr(), properties)?;
        let columns = ArrowRowGroupWriterFactory::new(&file, Arc::clone(&self.schema));
        Ok(Groups { file, columns, ids: self.ids, growing: None })
    }

    fn hand_over(&mut self) -> &[u8] {
        self.written.take(&mut self.out);
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
            if self.rows.len() >= self.batch_rows || self.bytes >= BATCH_BYTES {
                self.write_rows()?;
            }
        }
        Ok(self.hand_over())
    }

    fn finish(&mut self) -> io::Result<&[u8]> {
        self.write_rows()?.finish()?;
        self.writer = Writer::Finished;
        Ok(self.hand_over())
    }
}

fn finished() -> io::Error {
    io::Error::other("the file has its footer already")
}
