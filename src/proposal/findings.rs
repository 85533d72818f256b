//! The findings of an analysis of files, and its proposal.

use super::examples::Examples;
use super::gap::GapProposal;
use super::pauses::Pauses;

/// The findings of an analysis of files, and its proposal.
#[derive(Debug)]
pub struct Findings {
    /// The names of the files, without streams.
    pub files: Vec<String>,
    /// The format and the compression of the first one.
    pub form: String,
    /// Keys and values for a configuration file that the files decide: header and properties of the format.
    pub decided: Vec<(String, String)>,
    /// Keys and values that name the columns.
    pub columns: Vec<(&'static str, String)>,
    /// The columns, one line for each.
    pub table: Vec<String>,
    /// The number of different keys in the analyzed events.
    pub keys: usize,
    /// The number of analyzed rows.
    pub rows: u64,
    /// Those of them that would be rejected.
    pub rows_rejected: u64,
    /// Whether these are all rows.
    pub is_whole: bool,
    /// The pauses between events of one key.
    pub pauses: Pauses,
    /// The gap that they suggest.
    pub gap: GapProposal,
    /// The resulting sessions.
    pub examples: Examples,
}
