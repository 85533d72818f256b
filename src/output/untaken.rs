//! Rows that are not taken in, as an output format is given them.

use crate::core::event::Place;

/// How a row is written in its input: the output format that is made for such rows takes it.
#[derive(Debug, Clone, Copy)]
pub enum RowForm<'f> {
    /// Fields between delimiters.
    Delimited {
        /// The header row of the file, without its line end; empty where it has none that could stand in an output.
        columns: &'f [u8],
        /// The byte between fields.
        delimiter: u8,
    },
    /// A line without fields that an output could have: it is one value.
    Line,
    /// A line of JSON.
    Json,
}

/// A row that is not taken in.
#[derive(Debug, Clone, Copy)]
pub struct UntakenRow<'r> {
    /// Where it stands.
    pub place: &'r Place,
    /// Why it is not taken in.
    pub reason: &'r str,
    /// Its bytes, without a line end.
    pub row: &'r [u8],
    /// What they are.
    pub form: RowForm<'r>,
}
