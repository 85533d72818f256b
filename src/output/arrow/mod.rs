//! Outputs as Arrow columns: those of Parquet files, and the data frames of sessions.

mod cell;
mod columns;
mod decimal;
mod growing;
mod records;
mod rows;
mod sink;
mod stored;

pub use records::RecordBuilder;
pub use stored::StoredRows;

pub(in crate::output) use decimal::SCALE;
pub(in crate::output) use growing::GrowingRows;
pub(in crate::output) use rows::write_rows;

#[cfg(test)]
mod tests;
