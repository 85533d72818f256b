//! Flags about outputs, for the commands that complete sessions.

use super::values::{self, NONE};
use crate::error::{Error, ErrorKind, Result};
use crate::settings::{Compression, DatePartitions, OutputForm, OutputFormat, OutputSettings};
use chrono_tz::Tz;
use clap::Args;

const OUTPUTS: &str = "Outputs";

#[derive(Debug, Args)]
pub(super) struct OutputFlags {
    /// Format of sessions, events and open sessions
    #[arg(long, value_name = "FORMAT", default_value = OutputFormat::ALL[0].name(), value_parser = values::output_format(), help_heading = OUTPUTS)]
    output_format: OutputFormat,
    /// Compression of the files with sessions, events and open sessions; Parquet has its own
    #[arg(long, value_name = "COMPRESSION", default_value = NONE, value_parser = values::output_compression(), help_heading = OUTPUTS)]
    output_compression: String,
    /// Divide sessions and events into folders by the day on which their session starts, as Hive does: session_date=2020-01-01
    #[arg(long, value_name = "COLUMN", value_parser = ["date"], help_heading = OUTPUTS)]
    partition_by: Option<String>,
    /// Time zone of the days of --partition-by [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = values::timezone, requires = "partition_by", help_heading = OUTPUTS)]
    partition_timezone: Option<String>,
    /// Put an apostrophe before values that a spreadsheet would read as a formula
    #[arg(long, help_heading = OUTPUTS)]
    spreadsheet_safe: bool,
    /// Also write the open sessions, as they are so far, to open/latest.csv
    #[arg(long, help_heading = OUTPUTS)]
    emit_open: bool,
}

impl OutputFlags {
    fn partition_zone(&self) -> Tz {
        self.partition_timezone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
    }

    /// # Errors
    /// [`ErrorKind::Usage`] if the format cannot be compressed so.
    pub(super) fn settings(&self) -> Result<OutputSettings> {
        Ok(OutputSettings {
            form: self.form()?,
            spreadsheet_safe: self.spreadsheet_safe,
            partitions: self.partition_by.as_ref().map(|_| DatePartitions::of_zone(self.partition_zone())),
            shows_open: self.emit_open,
        })
    }

    fn form(&self) -> Result<OutputForm> {
        let format = self.output_format;
        let Some(compression) = Compression::named(&self.output_compression) else {
            return Ok(OutputForm::plain(format));
        };
        OutputForm::compressed(format, compression).ok_or_else(|| {
            let what = format!("a {} file is compressed inside, not as a whole", format.name());
            Error::new(ErrorKind::Usage, what).remedy("leave --output-compression out")
        })
    }
}
