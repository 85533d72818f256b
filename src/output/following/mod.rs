//! What a follower needs of the output folder: it opens outputs, and notes how far it has come. Only builds with a target that has rows of
//! its own read their rows back.

mod published_file;
mod register;
#[cfg(any(feature = "parquet", feature = "postgres"))]
mod value;

pub use published_file::PublishedFile;
#[cfg(any(feature = "parquet", feature = "postgres"))]
pub use value::{StoredValue, TakeRow};

#[cfg(any(feature = "parquet", feature = "postgres"))]
pub(super) use value::RowError;

#[cfg(any(feature = "parquet", feature = "postgres"))]
use super::columns::Column;
#[cfg(any(feature = "parquet", feature = "postgres"))]
use std::fs::File;

/// A format whose outputs are read back.
#[cfg(any(feature = "parquet", feature = "postgres"))]
pub(super) trait ReadRows {
    /// Reads the rows of an output with these columns, one after the other.
    ///
    /// # Errors
    /// If it is damaged, or if this build cannot read it; and the error of whoever takes the rows.
    fn read_rows(file: File, columns: &[Column], take: TakeRow<'_>) -> Result<(), RowError>;
}
