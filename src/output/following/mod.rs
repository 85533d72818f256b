//! What a follower needs of the output folder: it opens outputs, reads their rows, and notes how far it has come. A page of figures
//! reads them in the same way.

mod published_file;
mod register;
mod value;

pub use published_file::PublishedFile;
pub use value::{StoredValue, TakeRow};

pub(super) use value::RowError;

use super::columns::Column;
use super::stored_file::StoredFile;

/// A format whose outputs are read back.
pub(super) trait ReadRows {
    /// Reads the rows of an output with these columns, one after the other.
    ///
    /// # Errors
    /// If it is damaged, or if this build cannot read it; and the error of whoever takes the rows.
    fn read_rows(file: StoredFile, columns: &[Column], take: TakeRow<'_>) -> Result<(), RowError>;
}
