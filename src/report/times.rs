//! What a run says of times that it doubts.

use serde::Serialize;

/// The first time that was rejected, where another format would have read it.
#[derive(Debug, Clone, Serialize)]
pub struct RejectedTimeReport {
    /// Its text, as far as it stands in one line.
    pub value: String,
    /// The values of `--time-format` that read it, at most two.
    pub time_formats: Vec<&'static str>,
}

impl RejectedTimeReport {
    /// What to do about it.
    pub fn advice(&self) -> String {
        format!("{} would read '{}'", flags(&self.time_formats), self.value)
    }
}

/// Accepted events whose time is a number that `auto` counts from 1970, and that lies before 1990.
#[derive(Debug, Clone, Serialize)]
pub struct EarlyNumbersReport {
    /// How many.
    pub rows: u64,
    /// File and line of the first one.
    pub first: String,
    /// The text of its time, as far as it stands in one line.
    pub value: String,
    /// The time that it was taken for.
    pub time: String,
    /// The values of `--time-format` that read it as a later time, at most two.
    pub time_formats: Vec<&'static str>,
    /// The date that it is if it counts days as a spreadsheet does.
    pub spreadsheet_day: Option<String>,
}

impl EarlyNumbersReport {
    /// What to do about them.
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
