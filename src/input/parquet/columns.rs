//! The columns of a file: what is inside of a group has the group's name before its own.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::basic::{LogicalType, Type};
use parquet::schema::types::SchemaDescriptor;
use std::ops::Range;
use std::sync::Arc;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileColumn {
    /// The names of the groups around it and its own, with dots between them.
    pub(super) name: String,
    pub(super) kind: DataType,
    /// Whether its bytes are a UUID.
    pub(super) is_uuid: bool,
    /// The columns of the file that it is made of: several only if it is nested.
    pub(super) leaves: Range<usize>,
}

/// Goes through the fields of a schema, and beside them through the columns that the file has for them.
struct Walk<'p> {
    parquet: &'p SchemaDescriptor,
    next_leaf: usize,
}

/// The kinds in which the fields of `schema` are read: texts that are borrowed from their pages, no dictionaries, and 96-bit
/// times, which reach further than nanoseconds can, in microseconds. All such times are instants.
pub(super) fn read_as(schema: &Schema, parquet: &SchemaDescriptor) -> Schema {
    let mut walk = Walk { parquet, next_leaf: 0 };
    Schema::new_with_metadata(walk.fields(schema.fields()), schema.metadata().clone())
}

/// The columns of a schema that [`read_as`] has given.
pub(super) fn columns_of(schema: &Schema, parquet: &SchemaDescriptor) -> Vec<FileColumn> {
    let mut walk = Walk { parquet, next_leaf: 0 };
    let mut columns = Vec::new();
    walk.push_columns("", schema.fields(), &mut columns);
    columns
}

impl Walk<'_> {
    fn fields(&mut self, fields: &Fields) -> Fields {
        fields.iter().map(|field| self.field(field)).collect()
    }

    fn field(&mut self, field: &Field) -> Arc<Field> {
        Arc::new(field.clone().with_data_type(self.kind(field.data_type())))
    }

    fn kind(&mut self, kind: &DataType) -> DataType {
        match kind {
            DataType::Struct(fields) => DataType::Struct(self.fields(fields)),
            DataType::List(element) => DataType::List(self.field(element)),
            DataType::LargeList(element) => DataType::LargeList(self.field(element)),
            DataType::FixedSizeList(element, length) => DataType::FixedSizeList(self.field(element), *length),
            DataType::Map(entries, are_sorted) => DataType::Map(self.field(entries), *are_sorted),
            DataType::Dictionary(_, value) => self.kind(value),
            leaf => {
                let is_96_bits = self.next_type() == Some(Type::INT96);
                self.next_leaf += 1;
                leaf_kind(leaf, is_96_bits)
            }
        }
    }

    fn next_type(&self) -> Option<Type> {
        let is_there = self.next_leaf < self.parquet.num_columns();
        is_there.then(|| self.parquet.column(self.next_leaf).physical_type())
    }

    fn push_columns(&mut self, before: &str, fields: &Fields, columns: &mut Vec<FileColumn>) {
        for field in fields {
            let name = format!("{before}{}", field.name());
            if let DataType::Struct(inner) = field.data_type() {
                self.push_columns(&format!("{name}."), inner, columns);
                continue;
            }
            let first = self.next_leaf;
            self.kind(field.data_type());
            let kind = field.data_type().clone();
            let is_uuid = kind == DataType::FixedSizeBinary(16)
                && first < self.parquet.num_columns()
                && self.parquet.column(first).logical_type_ref() == Some(&LogicalType::Uuid);
            columns.push(FileColumn { name, kind, is_uuid, leaves: first..self.next_leaf });
        }
    }
}

fn leaf_kind(kind: &DataType, is_96_bits: bool) -> DataType {
    match kind {
        _ if is_96_bits => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
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
pub(super) struct Values {
    pub(super) array: ArrayRef,
    pub(super) nulls: Option<NullBuffer>,
}

/// The values of all columns in `records`, in the order of the file.
pub(super) fn values_of(records: &RecordBatch) -> Vec<Values> {
    let mut values = Vec::new();
    push_values(records.columns(), None, &mut values);
    values
}

fn push_values(columns: &[ArrayRef], outer: Option<&NullBuffer>, values: &mut Vec<Values>) {
    for array in columns {
        let nulls = NullBuffer::union(outer, array.logical_nulls().as_ref());
        match array.as_struct_opt() {
            Some(group) => push_values(group.columns(), nulls.as_ref(), values),
            None => values.push(Values { array: Arc::clone(array), nulls }),
        }
    }
}
