//! What a look at files has found, and what it proposes.

use super::examples::Examples;
use super::gap::GapProposal;
use super::pauses::Pauses;

/// What a look at files has found, and what it proposes.
#[derive(Debug)]
pub struct Findings {
    /// The files as they were named, streams aside.
    pub files: Vec<String>,
    /// The format and the compression of the first one.
    pub form: String,
    /// Keys and values for a configuration file that the files themselves decide: header and properties of the format.
    pub decided: Vec<(String, String)>,
    /// Keys and values that name the columns.
    pub columns: Vec<(&'static str, String)>,
    /// The columns, a line for each.
    pub table: Vec<String>,
    /// How many different keys there are in the events that were looked at.
    pub keys: usize,
    /// Rows that were looked at, and those of them that would be rejected.
    pub rows: u64,
    /// Those of them that would be rejected.
    pub rows_rejected: u64,
    /// Whether that is all there is.
    pub is_whole: bool,
    /// The pauses between events of one key.
    pub pauses: Pauses,
    /// The gap that they show.
    pub gap: GapProposal,
    /// The sessions that come out.
    pub examples: Examples,
}
