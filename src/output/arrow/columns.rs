//! The columns of an output: their types, and their values so far.

use super::cell::{Cells, MISSING, OTHER, text_of};
use super::decimal::{PRECISION, SCALE, unscaled};
use super::sink::int;
use crate::core::aggregates::{Kind, Value};
use crate::output::columns::{Column, second_names};
use arrow_array::builder::{
    ArrayBuilder, BinaryBuilder, BooleanBuilder, Decimal128Builder, Float64Builder, Int64Builder,
    ListBuilder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, StringArray};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use std::sync::Arc;

const UTC: &str = "UTC";

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

    /// Takes the next cell; `None` if the cells do not match the columns.
    pub(in crate::output) fn take(&mut self, cells: &mut Cells<'_>) -> Option<()> {
        let mark = cells.mark()?;
        if mark == MISSING {
            self.push_missing();
            return Some(());
        }
        match self {
            Self::Text(texts) => texts.append_value(cells.bytes()?),
            Self::Int(_) | Self::BoundedInt(..) | Self::Timestamp(_) => {
                self.push_int(cells.int()?, mark == OTHER)?;
            }
            Self::Float(floats) => floats.append_value(f64::from_le_bytes(cells.array()?)),
            Self::Decimal(numbers, texts) if mark == OTHER => {
                numbers.append_null();
                texts.append_value(cells.text()?);
            }
            Self::Decimal(numbers, texts) => {
                numbers.append_value(i128::from_le_bytes(cells.array()?));
                texts.append_null();
            }
            Self::Bool(booleans) => booleans.append_value(cells.array::<1>()? != [0]),
            Self::List(lists) => {
                for _ in 0..cells.length()? {
                    lists.values().append_value(cells.text()?);
                }
                end_list(lists, mark == OTHER);
            }
        }
        Some(())
    }

    /// Appends that there is no value.
    pub(in crate::output) fn push_missing(&mut self) {
        match self {
            Self::Text(texts) => texts.append_null(),
            Self::Int(ints) => ints.append_null(),
            Self::BoundedInt(ints, are_floors) => {
                ints.append_null();
                are_floors.append_null();
            }
            Self::Float(floats) => floats.append_null(),
            Self::Timestamp(times) => times.append_null(),
            Self::Decimal(numbers, texts) => {
                numbers.append_null();
                texts.append_null();
            }
            Self::Bool(booleans) => booleans.append_null(),
            Self::List(lists) => lists.append_null(),
        }
    }

    /// Appends a text of a user; `None` if this is no column of texts.
    pub(in crate::output) fn push_text(&mut self, text: &[u8]) -> Option<()> {
        if text.is_empty() {
            self.push_missing();
            return Some(());
        }
        self.push_bytes(text_of(text).as_bytes())
    }

    /// Appends a text that is UTF-8.
    pub(in crate::output) fn push_bytes(&mut self, text: &[u8]) -> Option<()> {
        let Self::Text(texts) = self else { return None };
        texts.append_value(text);
        Some(())
    }

    /// Appends an integer or a time, which may be only a floor.
    pub(in crate::output) fn push_int(&mut self, number: i64, is_floor: bool) -> Option<()> {
        match self {
            Self::Int(ints) => ints.append_value(number),
            Self::BoundedInt(ints, are_floors) => {
                ints.append_value(number);
                are_floors.append_value(is_floor);
            }
            Self::Timestamp(times) => times.append_value(number),
            _ => return None,
        }
        Some(())
    }

    /// Appends a floating-point number.
    pub(in crate::output) fn push_double(&mut self, number: f64) -> Option<()> {
        let Self::Float(floats) = self else { return None };
        floats.append_value(number);
        Some(())
    }

    /// Appends the value of an aggregate; `None` if it is of another kind than the column.
    pub(in crate::output) fn push_value(&mut self, value: &Value<'_>) -> Option<()> {
        match (self, value) {
            (column, Value::Null) => column.push_missing(),
            (Self::Bool(booleans), Value::Bool(is_true)) => booleans.append_value(*is_true),
            (column, Value::Int(number)) => column.push_int(int(*number), false)?,
            (column, Value::AtLeast(number)) => column.push_int(int(*number), true)?,
            (column, Value::Float(number)) => column.push_double(*number)?,
            (column, Value::Timestamp(time)) => column.push_int(time.us(), false)?,
            (Self::Decimal(numbers, texts), Value::Decimal(number)) => {
                let unscaled = unscaled(number);
                numbers.append_option(unscaled);
                texts.append_option(unscaled.is_none().then_some(number));
            }
            (column, Value::Text(text)) => column.push_text(text)?,
            (Self::List(lists), Value::List { values, more }) => {
                for text in values {
                    lists.values().append_value(text_of(text));
                }
                end_list(lists, *more);
            }
            _ => return None,
        }
        Some(())
    }

    /// Returns the values, and begins again, with room for as many: a column that grows from nothing is copied again and again.
    ///
    /// # Errors
    /// If the cells are not those of the columns.
    pub(in crate::output) fn finish(&mut self, arrays: &mut Vec<ArrayRef>) -> Result<(), ArrowError> {
        match self {
            Self::Text(texts) => {
                let bytes = texts.values_slice().len();
                let room = BinaryBuilder::with_capacity(texts.len(), bytes + bytes / 8);
                let values = std::mem::replace(texts, room).finish();
                arrays.push(Arc::new(StringArray::try_from_binary(values)?));
            }
            Self::Int(ints) => {
                let room = Int64Builder::with_capacity(ints.len());
                arrays.push(Arc::new(std::mem::replace(ints, room).finish()));
            }
            Self::BoundedInt(ints, are_floors) => {
                arrays.push(Arc::new(ints.finish()));
                arrays.push(Arc::new(are_floors.finish()));
            }
            Self::Float(floats) => {
                let room = Float64Builder::with_capacity(floats.len());
                arrays.push(Arc::new(std::mem::replace(floats, room).finish()));
            }
            Self::Timestamp(times) => {
                let room = TimestampMicrosecondBuilder::with_capacity(times.len()).with_timezone(UTC);
                arrays.push(Arc::new(std::mem::replace(times, room).finish()));
            }
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

/// Ends a list, which has one value without a text behind it if there were more.
fn end_list(lists: &mut ListBuilder<StringBuilder>, more: bool) {
    if more {
        lists.values().append_null();
    }
    lists.append(true);
}
