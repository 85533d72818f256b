//! Suspicious times in the report of a run.

use serde::Serialize;

/// The first rejected time, if another format would have read it.
#[derive(Debug, Clone, Serialize)]
pub struct RejectedTimeReport {
    /// Its text, shortened to one line.
    pub value: String,
    /// The values of `--time-format` that read it, at most two.
    pub time_formats: Vec<&'static str>,
}

impl RejectedTimeReport {
    /// The advice.
    pub fn advice(&self) -> String {
        format!("{} would read '{}'", flags(&self.time_formats), self.value)
    }
}

/// Accepted events whose time is a number that `auto` counts from 1970, and that is before 1990.
#[derive(Debug, Clone, Serialize)]
pub struct EarlyNumbersReport {
    /// Their number.
    pub rows: u64,
    /// The file and line of the first one.
    pub first: String,
    /// The text of its time, shortened to one line.
    pub value: String,
    /// The time that it was read as.
    pub time: String,
    /// The values of `--time-format` that read it as a later time, at most two.
    pub time_formats: Vec<&'static str>,
    /// The date, if the number is a day of a spreadsheet.
    pub spreadsheet_day: Option<String>,
}

impl EarlyNumbersReport {
    /// The advice.
    pub fn advice(&self) -> String {
        let formats =
            (!self.time_formats.is_empty()).then(|| flags(&self.time_formats) + " reads a later time");
        let day = self.spreadsheet_day.as_ref().map(|day| {
            format!("if it is a day of a spreadsheet ({day}), give the column the form of a date before the export")
        });
        let right = "if it is right, say so with --time-format epoch-s, epoch-ms or epoch-us".to_owned();
        formats.into_iter().chain(day).chain([right]).collect::<Vec<_>>().join("; ")
    }
}

/// The formats as flags of a command line.
fn flags(formats: &[&str]) -> String {
    let quoted = |format: &&str| {
        if format.contains('%') {
            format!("--time-format '{format}'")
        } else {
            format!("--time-format {format}")
        }
    };
    formats.iter().map(quoted).collect::<Vec<_>>().join(" or ")
}
