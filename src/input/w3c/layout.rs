//! The order of the fields of rows, from one `#Fields` line to the next.

use super::directive::names;
use std::collections::HashMap;

/// The field in which IIS writes plus signs for blanks.
const USER_AGENT: &str = "cs(User-Agent)";

/// Where the columns of a file stand in the rows behind one `#Fields` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// By position of the column: the number of the field, if rows have it.
    pub(super) places: Vec<Option<usize>>,
    /// How many fields a row has.
    pub(super) fields: usize,
    /// The field of the user agent.
    pub(super) user_agent: Option<usize>,
}

impl Layout {
    /// The layout of rows behind the line of `fields`, for a file with these `columns`.
    pub(super) fn new(fields: &[u8], columns: &[String]) -> Self {
        let names = names(fields);
        let by_name: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
        Self {
            places: columns.iter().map(|column| by_name.get(column.as_str()).copied()).collect(),
            fields: names.len(),
            user_agent: by_name.get(USER_AGENT).copied(),
        }
    }
}
