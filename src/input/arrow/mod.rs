//! Rows of Arrow columns: those that Parquet files are read as, and those of data frames.

mod cells;
mod columns;
mod decoder;
mod fields;
mod json;
mod kinds;
mod moment;
mod read_rows;
mod resolve;
mod row_text;
mod scalar;
mod scatter;

pub use decoder::RecordDecoder;

pub(in crate::input) use cells::Cells;
pub(in crate::input) use columns::{FileColumn, leaf_kind, values_of};
pub(in crate::input) use fields::{Fields, needs_row};
pub(in crate::input) use kinds::{check_kinds, may_be_key, may_be_time, set_form};
pub(in crate::input) use read_rows::ReadRows;
pub(in crate::input) use row_text::{RowText, side_header};
