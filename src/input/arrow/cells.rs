//! The values of one column in a batch of rows, as bytes.

use super::columns::{FileColumn, Values};
use super::json::write_json;
use super::moment::microseconds;
use super::scalar::text_of;
use arrow_array::cast::AsArray;
use arrow_array::types::ByteArrayType;
use arrow_array::{Array, BinaryViewArray, GenericByteArray, StringViewArray};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::DataType;

/// The values, and which of them are missing.
pub(in crate::input) struct Cells {
    bytes: CellBytes,
    nulls: Option<NullBuffer>,
}

/// Where the bytes lie.
enum CellBytes {
    /// Where the file has them.
    Texts(StringViewArray),
    /// The same.
    Binaries(BinaryViewArray),
    /// The same, one behind the other.
    Joined { bytes: Buffer, ends: OffsetBuffer<i32> },
    /// The same, with room for more.
    LargeJoined { bytes: Buffer, ends: OffsetBuffer<i64> },
    /// Each value once, and which one it is.
    Dictionary { values: Box<CellBytes>, keys: Vec<usize> },
    /// Eight bytes each.
    Moments(Buffer),
    /// One behind the other, up to their ends.
    Written { bytes: Vec<u8>, ends: Vec<usize> },
}

impl Cells {
    pub(in crate::input) fn of(Values { array, nulls }: &Values, column: &FileColumn) -> Self {
        Self { bytes: CellBytes::of(array, nulls.as_ref(), column.is_uuid), nulls: present(nulls.as_ref()) }
    }

    /// The microseconds of timestamps.
    pub(in crate::input) fn of_moments(Values { array, nulls }: &Values) -> Self {
        Self { bytes: CellBytes::Moments(microseconds(array).into_inner()), nulls: present(nulls.as_ref()) }
    }

    /// The value of a row; empty if it is missing.
    #[inline]
    pub(in crate::input) fn get(&self, row: usize) -> &[u8] {
        if self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
            return b"";
        }
        self.bytes.get(row)
    }
}

impl CellBytes {
    fn of(array: &dyn Array, nulls: Option<&NullBuffer>, is_uuid: bool) -> Self {
        match array.data_type() {
            DataType::Utf8View => Self::Texts(array.as_string_view().clone()),
            DataType::BinaryView => Self::Binaries(array.as_binary_view().clone()),
            DataType::Utf8 => joined(array.as_string::<i32>()),
            DataType::Binary => joined(array.as_binary::<i32>()),
            DataType::LargeUtf8 => large_joined(array.as_string::<i64>()),
            DataType::LargeBinary => large_joined(array.as_binary::<i64>()),
            DataType::Dictionary(..) if !array.as_any_dictionary().values().is_empty() => {
                let dictionary = array.as_any_dictionary();
                let values = dictionary.values();
                let values = Self::of(values, values.logical_nulls().as_ref(), is_uuid);
                Self::Dictionary { values: Box::new(values), keys: dictionary.normalized_keys() }
            }
            _ => written(array, nulls, is_uuid),
        }
    }

    #[inline]
    fn get(&self, row: usize) -> &[u8] {
        match self {
            Self::Texts(texts) => texts.value(row).as_bytes(),
            Self::Binaries(binaries) => binaries.value(row),
            Self::Joined { bytes, ends } => &bytes[place(ends[row])..place(ends[row + 1])],
            Self::LargeJoined { bytes, ends } => &bytes[place(ends[row])..place(ends[row + 1])],
            Self::Dictionary { values, keys } => values.get(keys[row]),
            Self::Moments(moments) => &moments[8 * row..8 * row + 8],
            Self::Written { bytes, ends } => {
                let start = if row == 0 { 0 } else { ends[row - 1] };
                &bytes[start..ends[row]]
            }
        }
    }
}

fn joined<T: ByteArrayType<Offset = i32>>(array: &GenericByteArray<T>) -> CellBytes {
    CellBytes::Joined { bytes: array.values().clone(), ends: array.offsets().clone() }
}

fn large_joined<T: ByteArrayType<Offset = i64>>(array: &GenericByteArray<T>) -> CellBytes {
    CellBytes::LargeJoined { bytes: array.values().clone(), ends: array.offsets().clone() }
}

/// A place in a buffer: Arrow has no negative ones.
fn place(offset: impl TryInto<usize>) -> usize {
    offset.try_into().unwrap_or_default()
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
