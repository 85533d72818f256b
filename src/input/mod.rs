//! The bytes of a batch to events: files, blocks, rows, times.

mod batch;
mod blocks;
mod projection;
mod reason;
mod rows;
mod schema;
mod separators;
pub mod timestamp;
mod wide;

pub use batch::{BatchFile, Content, StoredBytes, file_changed, open_batch, too_many_bytes};
pub use blocks::{BLOCK_BYTES, Block, BlockReader, ReadError};
pub use projection::ProjectedField;
pub use reason::{ASIDE_COLUMNS, Reason};
pub use rows::{BlockParser, ParsedBlock, RowRules, SetAside};
pub use schema::{FirstRow, Projection, Schema, read_first_row, resolve};
