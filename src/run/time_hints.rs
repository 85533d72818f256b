//! Suspicious times of a batch, and the `--time-format` that would read them.

use super::plan::Plan;
use super::read_stats::{EarlyNumber, ReadStats, shown};
use crate::core::event::{Place, Timestamp};
use crate::input::time::{TimeFormat, formats_that_read, spreadsheet_day};
use crate::report::{EarlyNumbersReport, RejectedTimeReport};

/// The hints of a run about suspicious times.
#[derive(Debug, Default)]
pub(super) struct TimeHints {
    pub(super) rejected: Option<RejectedTimeReport>,
    pub(super) early_numbers: Option<EarlyNumbersReport>,
}

impl TimeHints {
    /// The hints for a batch whose events may be at most at `latest_allowed`.
    pub(super) fn of(plan: &Plan, stats: &ReadStats, latest_allowed: Timestamp) -> Self {
        Self {
            rejected: rejected_time(plan, stats, latest_allowed),
            early_numbers: early_numbers(plan, stats, latest_allowed),
        }
    }
}

/// What would read the first rejected time; `None` if every time was read, or no format would read it.
fn rejected_time(plan: &Plan, stats: &ReadStats, latest_allowed: Timestamp) -> Option<RejectedTimeReport> {
    let (file, text) = stats.first_odd_time.as_ref()?;
    let time_formats = formats(plan, *file, text, latest_allowed);
    (!time_formats.is_empty()).then(|| RejectedTimeReport { value: shown(text), time_formats })
}

/// The events whose time is a number before 1990; `None` if there are none.
fn early_numbers(plan: &Plan, stats: &ReadStats, latest_allowed: Timestamp) -> Option<EarlyNumbersReport> {
    let EarlyNumber { file, line, text, time } = stats.early_numbers.first.as_ref()?;
    let place = Place { file: plan.new[*file].file.path().to_owned(), line: *line };
    Some(EarlyNumbersReport {
        rows: stats.early_numbers.rows,
        first: place.to_string(),
        value: shown(text),
        time: time.to_string(),
        time_formats: formats(plan, *file, text, latest_allowed),
        spreadsheet_day: spreadsheet_day(text),
    })
}

/// The formats that would read `text`, a time of a file of the batch.
fn formats(plan: &Plan, file: usize, text: &[u8], latest_allowed: Timestamp) -> Vec<&'static str> {
    let name = plan.new[file].source.as_deref();
    let source = plan.definition.sources.iter().find(|source| source.name.as_deref() == name);
    let asked = source.and_then(|source| source.time_format.parse::<TimeFormat>().ok());
    let zone = source.and_then(|source| source.timezone.parse().ok());
    asked
        .zip(zone)
        .map_or_else(Vec::new, |(asked, zone)| formats_that_read(text, &asked, zone, latest_allowed))
}
