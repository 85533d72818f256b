//! The schema of one CSV file.

use crate::input::columns::Columns;
use crate::input::time::TimeShape;

/// The positions of columns in the rows of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// The columns that make events.
    pub columns: Columns,
    /// The number of fields of a row.
    pub fields: usize,
    /// Whether the first row is a header.
    pub header: bool,
    /// The shape of the first time of the file, if `auto` reads it.
    pub first_time: Option<TimeShape>,
    /// The header verbatim, without its line end; empty if a side output cannot use it.
    pub side_header: Vec<u8>,
}
