//! The limits of a batch: with more rejects or late rows, or fewer rows, than allowed, nothing is committed.

use super::fold::StagedRun;
use super::read_stats::ReadStats;
use super::reported::origin_text;
use crate::core::event::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Head;
use crate::purged::PurgedKeys;
use crate::report::RejectedTimeReport;
use crate::settings::{FileOrder, RunSettings};
use std::time::Duration;

/// The advice for rejects. If rows are in the future, the clock of this machine may be wrong.
fn rejects_remedy(stats: &ReadStats, as_of: Timestamp, time: Option<&RejectedTimeReport>) -> String {
    let advice = time.map_or_else(String::new, |time| format!("{}; else ", time.advice()));
    let others = advice + "fix the file or raise --max-rejects";
    let Some(first) = stats.first_future else { return others };
    let ahead = Duration::from_secs(first.us_since(as_of).unsigned_abs() / 1_000_000);
    format!(
        "the first row in the future is {} after the clock here, {as_of}: check that clock, or give --now or \
         --max-future; else {others}",
        humantime::format_duration(ahead)
    )
}

/// Checks the batch against the limits. `rejected_time` is the format that would have read the first rejected time.
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
            format!("{read} rows were read, fewer than the {} that --min-rows requires", settings.min_rows);
        return Err(refused(what, "check that the files are whole, or lower --min-rows"));
    }
    // Filtered rows do not lower the share of the others: they count as if they were not in the files.
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
        let purged = if has_purged { ", or belong to a purged key" } else { "" };
        let what = format!(
            "{late} of {rows} rows are late, over the limit of {limit}: they are before the watermark{watermark}{purged}"
        );
        return Err(refused(what, late_remedy(settings)));
    }
    Ok(())
}

/// What to do about late rows. Of several files in turn, one may only have come too early.
const fn late_remedy(settings: &RunSettings) -> &'static str {
    if settings.files.each && !matches!(settings.file_order, FileOrder::Time) {
        "check that this is the right file and state folder, take the files in the order of their events with --file-order \
         time, or raise --max-late"
    } else {
        "check that this is the right file and state folder, or raise --max-late"
    }
}

fn refused(what: String, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::DataRefused, what).remedy(remedy).nothing_changed()
}

/// The watermark, and what set it.
fn watermark_text(head: &Head) -> String {
    let origin = origin_text(head).map_or_else(String::new, |origin| format!(", set by {origin}"));
    head.watermark.time().map_or_else(String::new, |time| format!(" {time}{origin}"))
}
