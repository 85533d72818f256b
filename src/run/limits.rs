//! The limits of a batch: more rejects or late rows, or fewer rows, than it may have, and nothing is committed.

use super::fold::StagedRun;
use super::read_stats::ReadStats;
use super::reported::origin_text;
use crate::core::event::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Head;
use crate::purged::PurgedKeys;
use crate::report::RejectedTimeReport;
use crate::settings::RunSettings;
use std::time::Duration;

/// What to do about rejects. Where rows lie in the future, it may be the clock here that is wrong.
fn rejects_remedy(stats: &ReadStats, as_of: Timestamp, time: Option<&RejectedTimeReport>) -> String {
    let advice = time.map_or_else(String::new, |time| format!("{}; else ", time.advice()));
    let others = advice + "fix the file or raise --max-rejects";
    let Some(first) = stats.first_future else { return others };
    let ahead = Duration::from_secs(first.us_since(as_of).unsigned_abs() / 1_000_000);
    format!(
        "the first row of the future lies {} after the clock here, {as_of}: check that clock, or give --now or \
         --max-future; else {others}",
        humantime::format_duration(ahead)
    )
}

/// Holds what the batch has come to against the limits; `rejected_time` says what would have read the first rejected time.
///
/// # Errors
/// [`ErrorKind::DataRefused`].
pub(super) fn check_limits(
    settings: &RunSettings,
    staged: &StagedRun,
    head: Option<&Head>,
    as_of: Timestamp,
    rejected_time: Option<&RejectedTimeReport>,
) -> Result<()> {
    let counts = &staged.stats.counts;
    let (rejected, late) = (counts.rows_rejected(), counts.events_late);
    let read = counts.rows_read;
    if read < settings.min_rows {
        let what =
            format!("{read} rows were read, fewer than the {} that --min-rows asks for", settings.min_rows);
        return Err(refused(what, "check that the files are whole, or lower --min-rows"));
    }
    // What is filtered makes no share of the others smaller: they are judged as if it did not stand in the files.
    let rows = read - counts.rows_filtered;
    if settings.max_rejects.is_exceeded(rejected, rows) {
        let first = staged.stats.first_rejects.join(", ");
        let limit = settings.max_rejects;
        let what =
            format!("{rejected} of {rows} rows were rejected, over the limit of {limit}; the first: {first}");
        return Err(refused(what, rejects_remedy(&staged.stats, as_of, rejected_time)));
    }
    if settings.max_late.is_exceeded(late, rows) {
        let limit = settings.max_late;
        let watermark = head.map_or_else(String::new, watermark_text);
        let has_purged = head.is_some_and(|head| head.purged != PurgedKeys::default());
        let purged = if has_purged { ", or are of a key that a purge has removed" } else { "" };
        let what = format!(
            "{late} of {rows} rows are late, over the limit of {limit}: they lie before the watermark{watermark}{purged}"
        );
        return Err(refused(what, "check that this is the right file and state folder, or raise --max-late"));
    }
    Ok(())
}

fn refused(what: String, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::DataRefused, what).remedy(remedy).nothing_changed()
}

/// Where the watermark stands, and what has set it.
fn watermark_text(head: &Head) -> String {
    let origin = origin_text(head).map_or_else(String::new, |origin| format!(", set by {origin}"));
    head.watermark.time().map_or_else(String::new, |time| format!(" {time}{origin}"))
}
