//! The versions of the checkpoint format, each in a file of frozen row types.
//!
//! A version knows only its predecessor (`impl From<v1::Row> for v2::Row`); only the newest one is written. The golden
//! bytes in each file's tests must never change: a change of the format is a new version.

mod open_row;
pub mod read;
mod text;
#[cfg(any(test, debug_assertions))]
pub mod v0;
pub mod v1;

pub use open_row::OpenRow;
pub use read::MAX_CHUNK_BYTES;

/// The version that this program writes.
pub const CURRENT_VERSION: u32 = v1::VERSION;
