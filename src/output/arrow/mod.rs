//! Outputs as Arrow columns: those of Parquet files, and the data frames of sessions.

mod cell;
mod columns;
mod decimal;
mod growing;
mod records;
mod rows;

pub use records::RecordBuilder;

#[cfg(feature = "postgres")]
pub(in crate::output) use decimal::SCALE;
pub(in crate::output) use growing::GrowingRows;
pub(in crate::output) use rows::write_rows;
