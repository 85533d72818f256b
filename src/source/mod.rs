//! The bytes of a batch to events: files, blocks, rows, times.

mod batch;
mod blocks;
mod kept;
mod layout;
mod reason;
mod rows;
mod separators;
pub mod timestamp;
mod wide;

pub use batch::{BatchFile, Content, StoredBytes, file_changed, open_batch, too_many_bytes};
pub use blocks::{BLOCK_BYTES, Block, BlockReader, Trouble};
pub use kept::KeptPart;
pub use layout::{FirstRow, Layout, Wanted, read_first_row, resolve};
pub use reason::{ASIDE_COLUMNS, Reason};
pub use rows::{BlockParser, ParsedBlock, RowRules, SetAside};
