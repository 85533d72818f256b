//! How a command writes its outputs. This is not part of the definition.

pub use crate::compression::Compression;
pub use crate::output::{DatePartitions, OutputForm, OutputFormat};

/// How a command writes its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSettings {
    /// The form of sessions, events and views of open sessions.
    pub form: OutputForm,
    /// Whether no value may look like a formula to a spreadsheet.
    pub spreadsheet_safe: bool,
    /// The days by which sessions and events are divided; `None` if they are not.
    pub partitions: Option<DatePartitions>,
    /// Whether a view of open sessions is written too.
    pub shows_open: bool,
}
