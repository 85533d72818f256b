//! The rows of an output in Parquet, read back.

use super::encoder::Parquet;
use crate::core::aggregates::Kind;
use crate::core::event::Timestamp;
use crate::output::arrow::SCALE;
use crate::output::columns::{Column, second_names};
use crate::output::following::{ReadRows, RowError, StoredValue, TakeRow};
use crate::output::stored_file::StoredFile;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, RecordBatch};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

impl ReadRows for Parquet {
    fn read_rows(file: StoredFile, columns: &[Column], take: TakeRow<'_>) -> Result<(), RowError> {
        let builder = ParquetRecordBatchReaderBuilder::try_new(file.into_file())
            .map_err(|error| RowError::unreadable(&error))?;
        let mut row = Vec::new();
        for batch in builder.build().map_err(|error| RowError::unreadable(&error))? {
            let batch = batch.map_err(|error| RowError::unreadable(&error))?;
            let found = columns.iter().zip(second_names(columns)).map(|(column, second)| {
                StoredColumn::of(&batch, column, second.as_deref()).ok_or_else(|| RowError::no_value(column))
            });
            let found = found.collect::<Result<Vec<_>, _>>()?;
            for number in 0..batch.num_rows() {
                row.clear();
                for (stored, column) in found.iter().zip(columns) {
                    row.push(stored.value(number).ok_or_else(|| RowError::no_value(column))?);
                }
                take(&row)?;
            }
        }
        Ok(())
    }
}

/// The values of one column, with those of its second one.
struct StoredColumn<'b> {
    kind: Kind,
    values: &'b ArrayRef,
    second: Option<&'b ArrayRef>,
}

impl<'b> StoredColumn<'b> {
    fn of(batch: &'b RecordBatch, column: &Column, second: Option<&str>) -> Option<Self> {
        Some(Self {
            kind: column.kind,
            values: batch.column_by_name(&column.name)?,
            second: second.and_then(|name| batch.column_by_name(name)),
        })
    }

    fn value(&self, row: usize) -> Option<StoredValue> {
        if self.values.is_null(row) {
            let digits = self.second.filter(|second| self.kind == Kind::Decimal && !second.is_null(row));
            return match digits {
                Some(digits) => {
                    Some(StoredValue::Decimal(digits.as_string_opt::<i32>()?.value(row).to_owned()))
                }
                None => Some(StoredValue::Null),
            };
        }
        let int = || u64::try_from(self.values.as_primitive_opt::<Int64Type>()?.value(row)).ok();
        Some(match self.kind {
            Kind::Text => StoredValue::Text(self.values.as_string_opt::<i32>()?.value(row).into()),
            Kind::BoundedInt if self.second?.as_boolean_opt()?.value(row) => StoredValue::AtLeast(int()?),
            Kind::Int | Kind::BoundedInt => StoredValue::Int(int()?),
            Kind::Float => StoredValue::Float(self.values.as_primitive_opt::<Float64Type>()?.value(row)),
            Kind::Timestamp => {
                let us = self.values.as_primitive_opt::<TimestampMicrosecondType>()?.value(row);
                StoredValue::Timestamp(Timestamp::from_us(us)?)
            }
            Kind::Decimal => {
                let unscaled = self.values.as_primitive_opt::<Decimal128Type>()?.value(row);
                StoredValue::Decimal(decimal(unscaled))
            }
            Kind::Bool => StoredValue::Bool(self.values.as_boolean_opt()?.value(row)),
            Kind::List => {
                let texts = self.values.as_list_opt::<i32>()?.value(row);
                let texts = texts.as_string_opt::<i32>()?.iter().map(|text| text.map(str::to_owned));
                StoredValue::list(texts.collect())
            }
        })
    }
}

/// The number, without zeros at its end: how many it was written with is not stored.
fn decimal(unscaled: i128) -> String {
    let scale = usize::from(SCALE.unsigned_abs());
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let (sign, point) = (if unscaled < 0 { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
    format!("{sign}{whole}{point}{fraction}")
}
