//! The columns of an output: their types, and their values so far.

use super::cell::{Cells, ID, MISSING, OTHER, PRESENT};
use super::decimal::{PRECISION, SCALE};
use crate::core::aggregates::Kind;
use crate::core::session::SessionId;
use crate::output::columns::{Column, second_names};
use arrow_array::builder::{
    BinaryBuilder, BooleanBuilder, Decimal128Builder, FixedSizeBinaryBuilder, Float64Builder, Int64Builder,
    ListBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, StringArray};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use std::sync::Arc;

const UTC: &str = "UTC";

/// The bytes of an id.
const ID_BYTES: i32 = 16;

/// The fields of a file with these columns: a number whose digits may not fit, or which may be only a floor, has a second field
/// behind its own.
pub(in crate::output) fn fields_of(columns: &[Column]) -> Vec<Field> {
    let mut fields = Vec::new();
    for (column, second) in columns.iter().zip(second_names(columns)) {
        fields.push(Field::new(&column.name, data_type(column.kind), !column.required));
        let of_second = if column.kind == Kind::Decimal { DataType::Utf8 } else { DataType::Boolean };
        fields.extend(second.map(|name| Field::new(name, of_second, true)));
    }
    fields
}

/// The same field for the bytes of ids.
pub(in crate::output) fn field_of_ids(field: &Field) -> Field {
    Field::new(field.name(), DataType::FixedSizeBinary(ID_BYTES), false)
}

fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Int | Kind::BoundedInt => DataType::Int64,
        Kind::Float => DataType::Float64,
        Kind::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Kind::Decimal => DataType::Decimal128(PRECISION, SCALE),
        Kind::Bool => DataType::Boolean,
        Kind::List => DataType::List(Arc::new(Field::new("element", DataType::Utf8, true))),
    }
}

/// The values of one column.
pub(in crate::output) enum Growing {
    /// Whether they are UTF-8 is looked at once for many.
    Text(BinaryBuilder),
    /// The bytes of ids, whose text is made later.
    Id(FixedSizeBinaryBuilder),
    Int(Int64Builder),
    BoundedInt(Int64Builder, BooleanBuilder),
    Float(Float64Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Decimal(Decimal128Builder, StringBuilder),
    Bool(BooleanBuilder),
    List(ListBuilder<StringBuilder>),
}

impl Growing {
    pub(in crate::output) fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(BinaryBuilder::new()),
            Kind::Int => Self::Int(Int64Builder::new()),
            Kind::BoundedInt => Self::BoundedInt(Int64Builder::new(), BooleanBuilder::new()),
            Kind::Float => Self::Float(Float64Builder::new()),
            Kind::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::new().with_timezone(UTC)),
            Kind::Decimal => Self::Decimal(
                Decimal128Builder::new().with_data_type(data_type(Kind::Decimal)),
                StringBuilder::new(),
            ),
            Kind::Bool => Self::Bool(BooleanBuilder::new()),
            Kind::List => {
                let element = Field::new("element", DataType::Utf8, true);
                Self::List(ListBuilder::new(StringBuilder::new()).with_field(element))
            }
        }
    }

    /// The bytes of ids.
    pub(in crate::output) fn of_ids() -> Self {
        Self::Id(FixedSizeBinaryBuilder::new(ID_BYTES))
    }

    /// Takes the next cell; `None` if the cells do not match the columns.
    pub(in crate::output) fn take(&mut self, cells: &mut Cells<'_>) -> Option<()> {
        let mark = cells.mark()?;
        match (self, mark) {
            (Self::Text(texts), MISSING) => texts.append_null(),
            (Self::Text(texts), ID) => texts.append_value(SessionId::of_bytes(cells.array()?).text()),
            (Self::Text(texts), _) => texts.append_value(cells.bytes()?),
            (Self::Id(ids), _) => ids.append_value(cells.array::<16>()?).ok()?,
            (Self::Int(ints), MISSING) => ints.append_null(),
            (Self::Int(ints), _) => ints.append_value(cells.int()?),
            (Self::BoundedInt(ints, are_floors), MISSING) => {
                ints.append_null();
                are_floors.append_null();
            }
            (Self::BoundedInt(ints, are_floors), _) => {
                ints.append_value(cells.int()?);
                are_floors.append_value(mark == OTHER);
            }
            (Self::Float(floats), MISSING) => floats.append_null(),
            (Self::Float(floats), _) => floats.append_value(f64::from_le_bytes(cells.array()?)),
            (Self::Timestamp(times), MISSING) => times.append_null(),
            (Self::Timestamp(times), _) => times.append_value(cells.int()?),
            (Self::Decimal(numbers, texts), _) => {
                numbers.append_option(if mark == PRESENT {
                    Some(i128::from_le_bytes(cells.array()?))
                } else {
                    None
                });
                texts.append_option(if mark == OTHER { Some(cells.text()?) } else { None });
            }
            (Self::Bool(booleans), MISSING) => booleans.append_null(),
            (Self::Bool(booleans), _) => booleans.append_value(cells.array::<1>()? != [0]),
            (Self::List(lists), MISSING) => lists.append_null(),
            (Self::List(lists), _) => {
                for _ in 0..cells.length()? {
                    lists.values().append_value(cells.text()?);
                }
                if mark == OTHER {
                    lists.values().append_null();
                }
                lists.append(true);
            }
        }
        Some(())
    }

    /// Returns the values, and begins again.
    ///
    /// # Errors
    /// If the cells are not those of the columns.
    pub(in crate::output) fn finish(&mut self, arrays: &mut Vec<ArrayRef>) -> Result<(), ArrowError> {
        match self {
            Self::Text(texts) => arrays.push(Arc::new(StringArray::try_from_binary(texts.finish())?)),
            Self::Id(ids) => arrays.push(Arc::new(ids.finish())),
            Self::Int(ints) => arrays.push(Arc::new(ints.finish())),
            Self::BoundedInt(ints, are_floors) => {
                arrays.push(Arc::new(ints.finish()));
                arrays.push(Arc::new(are_floors.finish()));
            }
            Self::Float(floats) => arrays.push(Arc::new(floats.finish())),
            Self::Timestamp(times) => arrays.push(Arc::new(times.finish())),
            Self::Decimal(numbers, texts) => {
                arrays.push(Arc::new(numbers.finish()));
                arrays.push(Arc::new(texts.finish()));
            }
            Self::Bool(booleans) => arrays.push(Arc::new(booleans.finish())),
            Self::List(lists) => arrays.push(Arc::new(lists.finish())),
        }
        Ok(())
    }
}
