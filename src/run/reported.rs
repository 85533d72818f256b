//! The report of a run.

use super::fold::StagedRun;
use super::identity::KnownFile;
use super::plan::Plan;
use super::read_stats::ReadStats;
use super::stopwatch::Stopwatch;
use crate::core::event::Timestamp;
use crate::core::rules::duration_text;
use crate::ledger::{Counts, FileEntry, Head, RunId};
use crate::report::{FileReport, LateReport, RunReport, Status};
use std::time::Duration;

/// A time in a report.
pub(crate) fn time_text(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

/// What set the watermark, for people.
pub(crate) fn origin_text(head: &Head) -> Option<String> {
    let origin = head.watermark_origin.as_ref()?;
    let run = origin.run.number();
    Some(origin.place.as_ref().map_or_else(|| format!("run {run}"), |place| format!("{place} in run {run}")))
}

/// The report of a run that found nothing to do after `head`.
pub(super) fn unchanged(head: Option<&Head>) -> RunReport {
    RunReport {
        sessions_open: head.map_or(0, |head| head.sessions_open),
        events_open: head.map_or(0, |head| head.events_open),
        watermark: head.and_then(|head| time_text(head.watermark.time())),
        ..RunReport::default()
    }
}

/// The report of a run whose files are all known.
pub(super) fn nothing_new(head: Option<&Head>, plan: &Plan, stopwatch: &Stopwatch) -> RunReport {
    let known = |(path, known): &(String, Option<KnownFile>)| Some(known_file(path, known.as_ref()?));
    let unfinished = plan.files.iter().filter_map(|(_, known)| known.as_ref());
    RunReport {
        files: plan.files.iter().filter_map(known).collect(),
        unfinished_bytes: unfinished.map(|known| known.unfinished_bytes).sum(),
        seconds: stopwatch.seconds(),
        seconds_by_phase: stopwatch.phases,
        ..unchanged(head)
    }
}

/// The report of a run that staged something after `head`, before any commit.
pub(super) fn staged(
    plan: &Plan,
    staged: &StagedRun,
    head: Option<&Head>,
    entries: &[FileEntry],
    counts: &Counts,
) -> RunReport {
    let mut processed = (0..).zip(entries);
    let file = |(path, known): &(String, Option<KnownFile>)| match known {
        Some(known) => Some(known_file(path, known)),
        None => processed.next().map(|(number, entry)| processed_file(plan, &staged.stats, number, entry)),
    };
    let files: Vec<FileReport> = plan.files.iter().filter_map(file).collect();
    let lines = staged.stats.lines;
    RunReport {
        status: Status::DryRun,
        decided: plan.decided.clone(),
        lines: lines.lines - lines.known,
        continuation_lines: lines.continuation,
        comment_lines: lines.comment,
        skipped_lines: lines.skipped,
        known_lines: lines.known,
        unfinished_bytes: files.iter().map(|file| file.unfinished_bytes).sum(),
        rows_read: counts.rows_read,
        events_accepted: counts.events_accepted,
        events_late: counts.events_late,
        events_duplicate: counts.events_duplicate,
        rows_rejected: counts.rows_rejected(),
        rejects: counts.rejects.clone(),
        sessions_completed: counts.sessions_completed,
        events_completed: counts.events_completed,
        sessions_retracted: counts.sessions_retracted,
        events_retracted: counts.events_retracted,
        rows_filtered: counts.rows_filtered,
        sessions_filtered: counts.sessions_filtered,
        events_filtered: counts.events_filtered,
        sessions_open: staged.open.sessions,
        events_open: staged.open.events,
        watermark: time_text(staged.event_time.watermark.time()),
        first_event: time_text(staged.stats.earliest),
        last_event: time_text(staged.stats.latest.map(|(time, ..)| time)),
        late: late_report(staged, head),
        bytes_read: plan.new.iter().map(|of| of.file.bytes()).sum(),
        files,
        ..RunReport::default()
    }
}

fn known_file(path: &str, known: &KnownFile) -> FileReport {
    let unfinished_bytes = known.unfinished_bytes;
    FileReport { unfinished_bytes, ..FileReport::new(path.to_owned(), known.digest.to_string(), "known") }
}

fn processed_file(plan: &Plan, stats: &ReadStats, number: usize, entry: &FileEntry) -> FileReport {
    let part = &plan.new[number].part;
    let kind = if part.known_bytes == 0 { "processed" } else { "grown" };
    let run = |run: RunId| run.number();
    FileReport {
        rows: entry.rows,
        known_bytes: part.known_bytes,
        known_lines: stats.known_lines_of_file[number],
        known_from: part.known_from.map(run),
        unfinished_bytes: stats.unfinished_bytes_of_file[number],
        replaces: part.replaces.map(run),
        source: entry.source.clone(),
        ..FileReport::new(entry.path.clone(), entry.digest.to_string(), kind)
    }
}

/// How late the latest row was, and the watermark delay that would have kept all late rows: the watermark would have trailed
/// the latest event that the checkpoint knew by this much.
fn late_report(staged: &StagedRun, head: Option<&Head>) -> Option<LateReport> {
    let earliest = staged.stats.earliest_late?;
    let head = head?;
    let behind_us = head.accepts_from.time()?.us_since(earliest);
    let needed_us = head.latest.map_or(behind_us, |latest| latest.us_since(earliest).max(behind_us));
    let needed = Duration::from_secs(needed_us.unsigned_abs().div_ceil(1_000_000));
    Some(LateReport {
        latest_by_s: Duration::from_micros(behind_us.unsigned_abs()).as_secs_f64(),
        watermark_delay_to_keep_all: duration_text(needed).replace(' ', ""),
    })
}
