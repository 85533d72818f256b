//! Flags for the columns of a source, for `run` and for `[[source]]` tables.

use super::formats::{COLUMNS, FormatFlags};
use super::values;
use crate::definition::{ColumnRequest, FormatOptions, PATH_COLUMNS, SourceRequest};
use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct ColumnFlags {
    /// Columns of the key: header names or 1-based numbers, joined by commas [default: 1]
    #[arg(long, value_name = "COL[,COL]", value_delimiter = ',', value_parser = values::column, help_heading = COLUMNS)]
    key: Option<Vec<ColumnRequest>>,
    /// Columns of the event time: header names or 1-based numbers, such as date,time [default: 2]
    #[arg(long, value_name = "COL[,COL]", value_delimiter = ',', value_parser = values::column, help_heading = COLUMNS)]
    time: Option<Vec<ColumnRequest>>,
    /// Format of the files in this run; auto: the content of each file determines it
    #[arg(long, value_name = "FORMAT", default_value = values::AUTO, value_parser = values::input_format(), help_heading = COLUMNS)]
    input_format: String,
    /// Whether files begin with a header row; auto: yes if a column is given by name, or if only the second row has a time
    #[arg(long, value_enum, default_value = "auto", help_heading = COLUMNS)]
    header: Header,
    #[command(flatten)]
    formats: FormatFlags,
    /// Folders such as dt=2020-01-01/ in the path of a file are columns of its rows
    #[arg(long, help_heading = COLUMNS)]
    path_columns: bool,
    /// Form of the times: auto, epoch-s, epoch-ms, epoch-us or a strftime pattern [default: auto]
    #[arg(long, value_name = "FORMAT", value_parser = values::time_format, help_heading = COLUMNS)]
    time_format: Option<String>,
    /// Time zone of times without one, such as Europe/Paris [default: UTC]
    #[arg(long, value_name = "ZONE", value_parser = values::timezone, help_heading = COLUMNS)]
    timezone: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Header {
    Auto,
    Yes,
    No,
}

impl ColumnFlags {
    fn options(&self) -> FormatOptions {
        let mut options = self.formats.options();
        if self.path_columns {
            options.decide(PATH_COLUMNS, "yes");
        }
        options
    }

    /// The request for a source without a name.
    pub(super) fn request(&self) -> SourceRequest {
        SourceRequest {
            name: None,
            key: self.key.clone(),
            time: self.time.clone(),
            header: match self.header {
                Header::Auto => None,
                Header::Yes => Some(true),
                Header::No => Some(false),
            },
            options: self.options(),
            time_format: self.time_format.clone(),
            timezone: self.timezone.clone(),
            input_format: Some(self.input_format.clone()).filter(|format| format != values::AUTO),
        }
    }
}
