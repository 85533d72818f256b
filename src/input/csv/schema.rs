//! What one CSV file looks like.

use crate::input::columns::Columns;
use crate::input::time::TimeShape;

/// Where to look in the rows of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schema {
    /// The columns that make events.
    pub columns: Columns,
    /// How many fields a row has.
    pub fields: usize,
    /// Whether the first row is a header.
    pub header: bool,
    /// What the first time of the file says, where `auto` reads it.
    pub first_time: Option<TimeShape>,
    /// The header verbatim, without its line end; empty where it is none for a side output.
    pub side_header: Vec<u8>,
}
