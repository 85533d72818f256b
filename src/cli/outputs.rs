//! Flags about outputs, for the commands that complete sessions.

use super::values;
use crate::settings::{OutputFormat, OutputSettings};
use clap::Args;

const OUTPUTS: &str = "Outputs";

#[derive(Debug, Args)]
pub(super) struct OutputFlags {
    /// Format of sessions, events and open sessions
    #[arg(long, value_name = "FORMAT", default_value = OutputFormat::ALL[0].name(), value_parser = values::output_format(), help_heading = OUTPUTS)]
    output_format: OutputFormat,
    /// Put an apostrophe before values that a spreadsheet would read as a formula
    #[arg(long, help_heading = OUTPUTS)]
    spreadsheet_safe: bool,
    /// Also write the open sessions, as they are so far, to open/latest.csv
    #[arg(long, help_heading = OUTPUTS)]
    emit_open: bool,
}

impl OutputFlags {
    pub(super) fn settings(&self) -> OutputSettings {
        OutputSettings {
            format: self.output_format,
            spreadsheet_safe: self.spreadsheet_safe,
            shows_open: self.emit_open,
        }
    }
}
