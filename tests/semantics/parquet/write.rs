//! Small Parquet files, made by the crate that is not ours.

use arrow_array::{ArrayRef, FixedSizeBinaryArray, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int96, Int96Type,
};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// A table of these columns.
pub(super) fn table(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// Texts, of which the empty ones are missing.
pub(super) fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> ArrayRef {
    let values = texts.into_iter().map(|text| Some(text).filter(|text| !text.is_empty()));
    Arc::new(values.collect::<StringArray>())
}

/// Row groups of so many rows, and pages of a tenth of them, so that pieces begin inside of pages.
pub(super) fn row_groups(rows: usize) -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows))
        .set_data_page_row_count_limit((rows / 10).max(1))
        .set_write_batch_size((rows / 10).max(1))
}

/// The file of `table`.
pub(super) fn file(table: &RecordBatch, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let mut file = Vec::new();
    let properties = properties.build();
    let mut writer = ArrowWriter::try_new(&mut file, table.schema(), Some(properties)).unwrap();
    writer.write(table).unwrap();
    writer.close().unwrap();
    file
}

/// The file of `table` as most writers make it.
pub(super) fn plain_file(table: &RecordBatch) -> Vec<u8> {
    file(table, WriterProperties::builder().set_compression(Compression::SNAPPY))
}

/// A file of a key and a time, by the schema that is written: for types that only Parquet knows.
pub(super) fn by_schema(schema: &str, keys: &FixedSizeBinaryArray, times: &[&str]) -> Vec<u8> {
    let mut file = Vec::new();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let keys: Vec<FixedLenByteArray> =
        keys.iter().map(|key| ByteArray::from(key.unwrap().to_vec()).into()).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<FixedLenByteArrayType>().write_batch(&keys, None, None).unwrap();
    column.close().unwrap();
    let times: Vec<ByteArray> = times.iter().map(|&time| ByteArray::from(time)).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&times, None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    file
}

/// A file of a key and 96-bit times, each a day by its Julian number and nanoseconds in it: as Spark and Impala write them.
pub(super) fn of_96_bits(keys: &[&str], times: &[(u32, u64)]) -> Vec<u8> {
    let schema = "message schema { required binary key (STRING); optional int96 at; }";
    let mut file = Vec::new();
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut writer = SerializedFileWriter::new(&mut file, schema, Arc::default()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let keys: Vec<ByteArray> = keys.iter().map(|&key| ByteArray::from(key)).collect();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<ByteArrayType>().write_batch(&keys, None, None).unwrap();
    column.close().unwrap();
    let time = |&(day, ns): &(u32, u64)| {
        let words = [ns.to_le_bytes().as_slice(), &day.to_le_bytes()].concat();
        let word = |at: usize| u32::from_le_bytes(words[at..at + 4].try_into().unwrap());
        Int96::from(vec![word(0), word(4), word(8)])
    };
    let times: Vec<Int96> = times.iter().map(time).collect();
    let levels = vec![1; times.len()];
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int96Type>().write_batch(&times, Some(&levels), None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    file
}
