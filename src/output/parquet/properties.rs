//! How the columns of a file are encoded.
//!
//! Only encodings that every reader knows: plain values and dictionaries. The delta encodings make smaller files in half the time, but some
//! engines have refused them until lately: Spark before 3.4, the vectorized readers of Iceberg.

use crate::output::encode::Origin;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use xxhash_rust::xxh3::xxh3_64;

/// More rows have no row group: readers want large ones.
const GROUP_ROWS: usize = 1 << 20;

/// Larger pages would be allocated afresh each time, and that costs as much as to fill them.
const PAGE_BYTES: usize = 256 << 10;

/// The properties of a file that begins with the rows of `first`.
pub(super) fn properties(origin: Origin, first: &RecordBatch) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_data_page_size_limit(PAGE_BYTES)
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_key_value_metadata(Some(metadata(origin)));
    for (field, values) in first.schema_ref().fields().iter().zip(first.columns()) {
        if !hardly_repeat(values) {
            continue;
        }
        let column = ColumnPath::from(field.name().as_str());
        properties = properties.set_column_dictionary_enabled(column.clone(), false);
        if *field.data_type() == DataType::Utf8 {
            // Rows are in no order of such texts, so the least and the greatest of a page exclude none.
            properties = properties.set_column_statistics_enabled(column, EnabledStatistics::None);
        }
    }
    properties.build()
}

fn metadata(origin: Origin) -> Vec<KeyValue> {
    let entry = |name: &str, value: String| KeyValue::new(format!("sessionize.{name}"), value);
    vec![
        entry("stream_id", origin.stream.to_string()),
        entry("run", origin.run.number().to_string()),
        entry("definition_digest", format!("{:032x}", origin.definition_digest)),
    ]
}

/// Whether more than half of the values are different ones: then a dictionary of them takes time and saves nothing.
fn hardly_repeat(values: &dyn Array) -> bool {
    let distinct = match values.data_type() {
        DataType::Utf8 => count_distinct(values.as_string::<i32>().iter(), |text| xxh3_64(text.as_bytes())),
        DataType::Int64 => count_distinct(values.as_primitive::<Int64Type>().iter(), i64::cast_unsigned),
        DataType::Timestamp(..) => {
            count_distinct(values.as_primitive::<TimestampMicrosecondType>().iter(), i64::cast_unsigned)
        }
        DataType::Float64 => count_distinct(values.as_primitive::<Float64Type>().iter(), f64::to_bits),
        _ => return false,
    };
    2 * distinct > values.len()
}

/// How many of the values are different ones, by a number of each. To sort them is faster than a table.
fn count_distinct<T>(values: impl Iterator<Item = Option<T>>, number: impl Fn(T) -> u64) -> usize {
    let mut numbers: Vec<Option<u64>> = values.map(|value| value.map(&number)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{BooleanArray, Float64Array, Int64Array, StringArray};

    #[test]
    fn values_hardly_repeat_if_more_than_half_of_them_are_different() {
        let texts = |texts: &[&str]| StringArray::from(texts.to_vec());
        assert!(hardly_repeat(&texts(&["a", "b", "c", "c"])));
        assert!(!hardly_repeat(&texts(&["a", "a", "c", "c"])));
        assert!(hardly_repeat(&Int64Array::from(vec![Some(1), None, Some(2)])));
        assert!(!hardly_repeat(&Int64Array::from(vec![None; 3])));
        assert!(!hardly_repeat(&Float64Array::from(vec![0.5; 9])));
        assert!(!hardly_repeat(&BooleanArray::from(vec![true])));
        assert!(!hardly_repeat(&texts(&[])));
    }
}
