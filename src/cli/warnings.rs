//! Warnings about an ingested batch, also for runs without a report.

use crate::core::event::Timestamp;
use crate::report::{EarlyNumbersReport, FileReport, RunReport};
use crate::settings::RunSettings;
use indicatif::HumanCount;

/// The first moment of 1971: a batch that begins before it usually has times in another unit.
const END_OF_1970_US: i64 = 365 * DAY_US;
const DAY_US: i64 = 86_400_000_000;

/// A batch that spans more usually has times in two formats, or a broken time.
const LONG_SPAN_US: i64 = 3_653 * DAY_US;

/// One line for each kind of problem in the runs of a command.
pub(super) fn warnings(runs: &[RunReport], settings: &RunSettings) -> Vec<String> {
    let sum = |count: fn(&RunReport) -> u64| runs.iter().map(count).sum::<u64>();
    let new_files = |run: &RunReport| run.files.iter().filter(|file| file.status != "known").count() as u64;
    let files = sum(|run| run.files.len() as u64);
    let (rows, late, rejected) =
        (sum(|run| run.rows_read), sum(|run| run.events_late), sum(|run| run.rows_rejected));
    let filtered = sum(|run| run.rows_filtered);
    let of_rows = |count| format!("{} of {} rows", HumanCount(count), HumanCount(rows - filtered));
    let mut warnings = Vec::new();
    if late > 0 {
        let lie = if settings.keep_late_rows { "went to a side output" } else { "were dropped" };
        warnings.push(format!("{} were late and {lie}; see the report", of_rows(late)));
    }
    if rejected > 0 {
        warnings
            .push(format!("{} were rejected and went to a side output; see the report", of_rows(rejected)));
    }
    let is_unfinished = sum(|run| run.unfinished_bytes) > 0;
    if is_unfinished && rows == 0 {
        // A command with --growing runs again and again, and usually finds nothing complete.
    } else if files > 0 && runs.iter().map(new_files).sum::<u64>() == 0 {
        warnings.push(format!("nothing was read: the content of all {files} files was ingested before"));
    } else if files > 0 && rows == 0 {
        warnings.push("the batch has no rows; --min-rows 1 refuses such a batch".to_owned());
    } else if rows > 0 && filtered == rows {
        warnings
            .push(format!("all {} rows were excluded by --where; check its conditions", HumanCount(rows)));
    }
    warnings.extend(runs.iter().flat_map(|run| &run.files).filter_map(replaced));
    warnings.extend(early_numbers(runs).or_else(|| doubt_about_times(runs)));
    warnings
}

/// Whether a file may have been overwritten before all of it was ingested.
fn replaced(file: &FileReport) -> Option<String> {
    let run = file.replaces?;
    Some(format!(
        "{}: run {run} ingested other content under this path, with which this file does not begin; it was read as a new \
         file",
        file.path
    ))
}

/// Times that are numbers before 1990; the first one is shown.
fn early_numbers(runs: &[RunReport]) -> Option<String> {
    let found = || runs.iter().filter_map(|run| run.numbers_before_1990.as_ref());
    let EarlyNumbersReport { first, value, time, .. } = found().next()?;
    let rows: u64 = found().map(|found| found.rows).sum();
    let advice = found().next()?.advice();
    Some(format!(
        "{} rows have a number as their time that --time-format auto counts from 1970 and that is before 1990, the first at \
         {first}: '{value}' is {time}; check --time; {advice}",
        HumanCount(rows)
    ))
}

/// Whether the times of a batch are plausible.
fn doubt_about_times(runs: &[RunReport]) -> Option<String> {
    let time = |text: &Option<String>| text.as_ref().and_then(|text| super::values::time(text).ok());
    let first: Timestamp = runs.iter().filter_map(|run| time(&run.first_event)).min()?;
    let last: Timestamp = runs.iter().filter_map(|run| time(&run.last_event)).max()?;
    let doubt = if (0..END_OF_1970_US).contains(&first.us()) {
        "has events in 1970"
    } else if last.us_since(first) > LONG_SPAN_US {
        "spans more than ten years"
    } else {
        return None;
    };
    Some(format!("the batch {doubt}, from {first} to {last}: check --time and --time-format"))
}
