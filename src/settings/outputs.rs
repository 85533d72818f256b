//! How a command writes its outputs: no part of what a session means.

pub use crate::output::OutputFormat;

/// How a command writes its outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSettings {
    /// The format of sessions, events and what is open.
    pub format: OutputFormat,
    /// Whether no value may look like a formula to a spreadsheet.
    pub spreadsheet_safe: bool,
    /// Whether what is open is written too, for eyes that cannot wait.
    pub shows_open: bool,
}
