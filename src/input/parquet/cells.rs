//! The values of one column in a batch of rows, as bytes.

use super::columns::{FileColumn, Values};
use super::json::write_json;
use super::moment::microseconds;
use super::scalar::text_of;
use arrow_array::cast::AsArray;
use arrow_array::{Array, BinaryViewArray, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType;

/// The values, and which of them are missing.
pub(super) struct Cells {
    bytes: CellBytes,
    nulls: Option<NullBuffer>,
}

/// Where the bytes lie.
enum CellBytes {
    /// Where the file has them.
    Texts(StringViewArray),
    /// The same.
    Binaries(BinaryViewArray),
    /// Eight bytes each.
    Moments(Buffer),
    /// One behind the other, up to their ends.
    Written { bytes: Vec<u8>, ends: Vec<usize> },
}

impl Cells {
    pub(super) fn of(Values { array, nulls }: &Values, column: &FileColumn) -> Self {
        let bytes = match array.data_type() {
            DataType::Utf8View => CellBytes::Texts(array.as_string_view().clone()),
            DataType::BinaryView => CellBytes::Binaries(array.as_binary_view().clone()),
            _ => written(array, nulls.as_ref(), column.is_uuid),
        };
        Self { bytes, nulls: present(nulls.as_ref()) }
    }

    /// The microseconds of timestamps.
    pub(super) fn of_moments(Values { array, nulls }: &Values) -> Self {
        Self { bytes: CellBytes::Moments(microseconds(array).into_inner()), nulls: present(nulls.as_ref()) }
    }

    /// The value of a row; empty if it is missing.
    #[inline]
    pub(super) fn get(&self, row: usize) -> &[u8] {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return b"";
        }
        match &self.bytes {
            CellBytes::Texts(texts) => texts.value(row).as_bytes(),
            CellBytes::Binaries(binaries) => binaries.value(row),
            CellBytes::Moments(moments) => &moments[8 * row..8 * row + 8],
            CellBytes::Written { bytes, ends } => {
                let start = if row == 0 { 0 } else { ends[row - 1] };
                &bytes[start..ends[row]]
            }
        }
    }
}

/// The same where any value is missing.
fn present(nulls: Option<&NullBuffer>) -> Option<NullBuffer> {
    nulls.filter(|nulls| nulls.null_count() > 0).cloned()
}

fn written(array: &dyn Array, nulls: Option<&NullBuffer>, is_uuid: bool) -> CellBytes {
    let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(array.len()));
    let mut write = match text_of(array) {
        Some(_) if is_uuid => {
            let values = array.as_fixed_size_binary();
            Box::new(|row, out: &mut Vec<u8>| write_uuid(values.value(row), out))
        }
        Some(write) => write,
        None => Box::new(|row, out: &mut Vec<u8>| write_json(array, row, out)),
    };
    for row in 0..array.len() {
        if nulls.is_none_or(|nulls| nulls.is_valid(row)) {
            write(row, &mut bytes);
        }
        ends.push(bytes.len());
    }
    CellBytes::Written { bytes, ends }
}

/// Appends a UUID in lower case with hyphens.
fn write_uuid(value: &[u8], out: &mut Vec<u8>) {
    match uuid::Uuid::from_slice(value) {
        Ok(uuid) => out.extend_from_slice(uuid.hyphenated().encode_lower(&mut [0; 36]).as_bytes()),
        Err(_) => out.extend_from_slice(value),
    }
}
