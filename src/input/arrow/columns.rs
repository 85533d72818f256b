//! The columns of batches of rows: what is inside of a group has the group's name before its own.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields, Schema};
use arrow_select::take::take;
use std::ops::Range;
use std::sync::Arc;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::input) struct FileColumn {
    /// The names of the groups around it and its own, with dots between them.
    pub(in crate::input) name: String,
    pub(in crate::input) kind: DataType,
    /// Whether its bytes are a UUID.
    pub(in crate::input) is_uuid: bool,
    /// The leaves of the schema that it is made of: several only if it is nested.
    pub(in crate::input) leaves: Range<usize>,
}

/// What Arrow says of a field whose bytes are UUIDs.
const EXTENSION: (&str, &str) = ("ARROW:extension:name", "arrow.uuid");

/// The columns of a schema.
pub(super) fn columns_of(schema: &Schema) -> Vec<FileColumn> {
    let mut columns = Vec::new();
    push_columns("", schema.fields(), &mut columns);
    columns
}

fn push_columns(before: &str, fields: &Fields, columns: &mut Vec<FileColumn>) {
    for field in fields {
        let name = format!("{before}{}", field.name());
        if let DataType::Struct(inner) = field.data_type() {
            push_columns(&format!("{name}."), inner, columns);
        } else {
            let leaves = columns.len()..columns.len() + 1;
            columns.push(FileColumn {
                name,
                kind: leaf_kind(field.data_type()),
                is_uuid: is_uuid(field),
                leaves,
            });
        }
    }
}

fn is_uuid(field: &Field) -> bool {
    let (key, value) = EXTENSION;
    *field.data_type() == DataType::FixedSizeBinary(16)
        && field.metadata().get(key).is_some_and(|name| name == value)
}

/// The kind that a leaf of this kind is read as: one for all texts, and no dictionaries.
pub(in crate::input) fn leaf_kind(kind: &DataType) -> DataType {
    match kind {
        DataType::Dictionary(_, value) => leaf_kind(value),
        DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
        DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
        DataType::Decimal32(precision, scale) | DataType::Decimal64(precision, scale) => {
            DataType::Decimal128(*precision, *scale)
        }
        DataType::Duration(_) => DataType::Int64,
        other => other.clone(),
    }
}

/// The values of one column in a batch of rows, and which of them are missing: a value in a missing group is.
pub(in crate::input) struct Values {
    pub(in crate::input) array: ArrayRef,
    pub(in crate::input) nulls: Option<NullBuffer>,
}

/// The values of all columns in `records`, in the order of the file.
pub(in crate::input) fn values_of(records: &RecordBatch) -> Vec<Values> {
    let mut values = Vec::new();
    push_values(records.columns(), None, &mut values);
    values
}

fn push_values(columns: &[ArrayRef], outer: Option<&NullBuffer>, values: &mut Vec<Values>) {
    for array in columns {
        let nulls = NullBuffer::union(outer, array.logical_nulls().as_ref());
        match array.as_struct_opt() {
            Some(group) => push_values(group.columns(), nulls.as_ref(), values),
            None => values.push(Values { array: without_dictionary(array), nulls }),
        }
    }
}

/// Texts may stay in a dictionary; what is read as numbers stands in an array of its own.
fn without_dictionary(array: &ArrayRef) -> ArrayRef {
    let is_temporal = |kind: &DataType| matches!(kind, DataType::Dictionary(_, value) if value.is_temporal());
    if !is_temporal(array.data_type()) {
        return Arc::clone(array);
    }
    let dictionary = array.as_any_dictionary();
    take(dictionary.values(), dictionary.keys(), None).unwrap_or_else(|_| Arc::clone(array))
}
