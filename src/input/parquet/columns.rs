//! The columns of a file: what is inside of a group has the group's name before its own.

use crate::input::arrow::{FileColumn, leaf_kind};
use arrow_schema::{DataType, Field, Fields, Schema, TimeUnit};
use parquet::basic::{LogicalType, Type};
use parquet::schema::types::SchemaDescriptor;
use std::sync::Arc;

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
                kind_of_leaf(leaf, is_96_bits)
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

fn kind_of_leaf(kind: &DataType, is_96_bits: bool) -> DataType {
    if is_96_bits { DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())) } else { leaf_kind(kind) }
}
