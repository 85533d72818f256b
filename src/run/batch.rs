//! One run: a batch in, sessions out, one commit.

use super::commit::{CommitRequest, balanced_counts, commit, outputs};
use super::context::Context;
use super::file_reader::FileToRead;
use super::finalize::{FinalizeSettings, finalize};
use super::fold::{RunContext, StagedRun};
use super::plan::Plan;
use super::read_stats::ReadStats;
use super::rounds::Reading;
use super::watch::{Stopwatch, Watch, check_interrupted};
use super::workers::Workers;
use crate::core::event::{Place, Timestamp};
use crate::core::rules::duration_text;
use crate::core::watermark::{Advance, EventTime};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{BatchFile, file_changed};
use crate::ledger::{Counts, FileDigest, FileEntry, Head, RunKind, WatermarkOrigin};
use crate::purged::PurgedKeys;
use crate::report::{FileReport, LateReport, RunReport, Status};
use crate::settings::{CommonSettings, RunSettings};
use crate::state::Checkpoint;
use std::time::Duration;

/// Takes in a batch: reads, folds, commits, publishes.
///
/// Files whose content the ledger knows are skipped; if there are no others, nothing is changed. Memory: the open
/// sessions, and what [`RunSettings::memory_bytes`] allows for events that do not come in order.
///
/// # Errors
/// [`ErrorKind::DataRefused`] for rejects or late rows over their limits and files that cannot be understood,
/// [`ErrorKind::NoInput`] for files that cannot be read, [`ErrorKind::Definition`] for another definition than the
/// checkpoint's, [`ErrorKind::Checkpoint`] for damage, [`ErrorKind::Failed`] for the rest. In each case nothing was
/// changed, or the next run finishes the publishing.
pub fn run(
    context: &mut Context,
    common: &CommonSettings,
    settings: &RunSettings,
    files: Vec<BatchFile>,
    workers: &Workers,
    watch: &Watch,
) -> Result<RunReport> {
    check_interrupted()?;
    let mut stopwatch = Stopwatch::start();
    let plan = Plan::make(context, settings, files)?;
    if plan.new.is_empty() {
        return nothing_to_take_in(context, common, settings, &plan, (&stopwatch, workers, watch));
    }
    let run_context = RunContext {
        checkpoint: &context.checkpoint,
        output: &context.output,
        definition: &plan.definition,
        rules: &plan.rules,
        pool: &workers.pool,
        memory_bytes: settings.memory_bytes,
        dry_run: settings.dry_run,
        outputs: settings.outputs,
    };
    let reading = Reading {
        files: &plan.new,
        rules: run_context
            .row_rules(common.as_of.saturating_add_us(settings.max_future_us).min(Timestamp::LAST_EVENT)),
        keep_late_rows: settings.keep_late_rows,
        spreadsheet_safe: settings.outputs.spreadsheet_safe,
        max_bytes: settings.max_bytes,
        watch,
    };
    let staged = run_context.fold_batch(&reading, settings.advance, &mut stopwatch)?;
    let entries = file_entries(&context.checkpoint, &plan.new, &staged)?;
    check_limits(settings, &staged, context.checkpoint.head(), common.as_of)?;
    let counts = balanced_counts(context, &staged)?;
    let request = keep(&run_context, &plan, &staged, entries, common.as_of, settings);
    let mut report = report(&plan, &request, &counts, &staged, context.checkpoint.head());
    if settings.dry_run {
        report.status = Status::DryRun;
    } else {
        let (entry, manifest) = commit(context, staged, counts, request, &mut stopwatch)?;
        report.run = Some(entry.head.run.number());
        report.outputs = outputs(context, &manifest);
    }
    report.seconds = stopwatch.seconds();
    report.seconds_by_phase = stopwatch.phases;
    Ok(report)
}

/// The files for the ledger. Their digests are complete only now; one that the ledger knows was not what it seemed.
fn file_entries(checkpoint: &Checkpoint, files: &[FileToRead], staged: &StagedRun) -> Result<Vec<FileEntry>> {
    let mut entries = Vec::with_capacity(files.len());
    for (of, &rows) in files.iter().zip(&staged.stats.rows_of_file) {
        let digest = of.file.digest()?;
        if checkpoint.run_of_file(&digest)?.is_some() {
            return Err(file_changed(of.file.path()));
        }
        let path = of.file.path().to_string_lossy().into_owned();
        entries.push(FileEntry { path, digest, rows, source: of.source.clone() });
    }
    Ok(entries)
}

/// What to do about rejects. Where rows lie in the future, it may be the clock here that is wrong.
fn rejects_remedy(stats: &ReadStats, as_of: Timestamp) -> String {
    let others = "mend the file or raise --max-rejects";
    let Some(first) = stats.first_future else { return others.to_owned() };
    let ahead = Duration::from_secs(first.us_since(as_of).unsigned_abs() / 1_000_000);
    format!(
        "the first row of the future lies {} after the clock here, {as_of}: check that clock, or give --now or \
         --max-future; else {others}",
        humantime::format_duration(ahead)
    )
}

fn check_limits(
    settings: &RunSettings,
    staged: &StagedRun,
    head: Option<&Head>,
    as_of: Timestamp,
) -> Result<()> {
    let counts = &staged.stats.counts;
    let (rejected, late, rows) = (counts.rows_rejected(), counts.events_late, counts.rows_read);
    if rows < settings.min_rows {
        let what =
            format!("{rows} rows were read, fewer than the {} that --min-rows asks for", settings.min_rows);
        return Err(Error::new(ErrorKind::DataRefused, what)
            .remedy("check that the files are whole, or lower --min-rows")
            .nothing_changed());
    }
    if settings.max_rejects.is_exceeded(rejected, rows) {
        let first = staged.stats.first_rejects.join(", ");
        let limit = settings.max_rejects;
        let remedy = rejects_remedy(&staged.stats, as_of);
        let what =
            format!("{rejected} of {rows} rows were rejected, over the limit of {limit}; the first: {first}");
        return Err(Error::new(ErrorKind::DataRefused, what).remedy(remedy).nothing_changed());
    }
    if settings.max_late.is_exceeded(late, rows) {
        let watermark = head.map_or_else(String::new, |head| {
            let by = origin_text(head).map_or_else(String::new, |origin| format!(", set by {origin}"));
            head.watermark.time().map_or_else(String::new, |time| format!(" {time}{by}"))
        });
        let has_evicted = head.is_some_and(|head| head.purged != PurgedKeys::default());
        let purged = if has_evicted { ", or are of a key that a purge has removed" } else { "" };
        let what = format!(
            "{late} of {rows} rows are late, over the limit of {}: they lie before the watermark{watermark}{purged}",
            settings.max_late
        );
        return Err(Error::new(ErrorKind::DataRefused, what)
            .remedy("check that this is the right file and state folder, or raise --max-late")
            .nothing_changed());
    }
    Ok(())
}

/// What set the watermark, for people.
pub(crate) fn origin_text(head: &Head) -> Option<String> {
    let origin = head.watermark_origin.as_ref()?;
    let run = origin.run.number();
    Some(origin.place.as_ref().map_or_else(|| format!("run {run}"), |place| format!("{place} in run {run}")))
}

fn keep(
    run_context: &RunContext<'_>,
    plan: &Plan,
    staged: &StagedRun,
    files: Vec<FileEntry>,
    as_of: Timestamp,
    settings: &RunSettings,
) -> CommitRequest {
    let EventTime { watermark, accepts_from, latest } = staged.event_time;
    let head = run_context.checkpoint.head();
    let origin = if watermark > run_context.event_time().watermark {
        let place = match settings.advance {
            Advance::Delay(_) => place_of_latest(plan, staged, head),
            Advance::Stated(_) | Advance::Finalize => None,
        };
        Some(WatermarkOrigin { run: run_context.run(), place })
    } else {
        head.and_then(|head| head.watermark_origin.clone())
    };
    CommitRequest {
        kind: RunKind::Batch,
        as_of,
        definition: plan.definition.clone(),
        files,
        watermark,
        origin,
        latest,
        accepts_from,
        keep_generations: settings.keep_generations,
    }
}

/// Where the row with the latest event stands, if this batch has it.
fn place_of_latest(plan: &Plan, staged: &StagedRun, head: Option<&Head>) -> Option<Place> {
    let (time, file, line) = staged.stats.latest?;
    let is_latest = head.and_then(|head| head.latest).is_none_or(|latest| latest < time);
    is_latest.then(|| Place { file: plan.new[file].file.path().to_owned(), line })
}

/// All files are known. A view that is asked for is written all the same, as a finalize does that moves nothing.
fn nothing_to_take_in(
    context: &mut Context,
    common: &CommonSettings,
    settings: &RunSettings,
    plan: &Plan,
    (stopwatch, workers, watch): (&Stopwatch, &Workers, &Watch),
) -> Result<RunReport> {
    let report = nothing_to_do(context, plan, stopwatch);
    let watermark = context.checkpoint.head().and_then(|head| head.watermark.time());
    if watermark.is_none() || !settings.outputs.shows_open || settings.dry_run {
        return Ok(report);
    }
    let finalizing = FinalizeSettings {
        as_of: watermark,
        keep_generations: settings.keep_generations,
        outputs: settings.outputs,
    };
    Ok(RunReport { files: report.files, ..finalize(context, common, finalizing, workers, watch)? })
}

fn nothing_to_do(context: &Context, plan: &Plan, stopwatch: &Stopwatch) -> RunReport {
    let head = context.checkpoint.head();
    RunReport {
        files: plan
            .files
            .iter()
            .filter_map(|(path, digest)| Some(known_file(path, digest.as_ref()?)))
            .collect(),
        sessions_open: head.map_or(0, |head| head.sessions_open),
        events_open: head.map_or(0, |head| head.events_open),
        watermark: head.and_then(|head| time_text(head.watermark.time())),
        seconds: stopwatch.seconds(),
        seconds_by_phase: stopwatch.phases,
        ..RunReport::nothing()
    }
}

fn known_file(path: &str, digest: &FileDigest) -> FileReport {
    FileReport { path: path.to_owned(), digest: digest.to_string(), rows: 0, status: "known", source: None }
}

fn processed_file(path: &str, entry: Option<&FileEntry>) -> FileReport {
    let (digest, rows) = entry.map_or_else(Default::default, |entry| (entry.digest.to_string(), entry.rows));
    let source = entry.and_then(|entry| entry.source.clone());
    FileReport { path: path.to_owned(), digest, rows, status: "processed", source }
}

/// How late the latest row was, and the lateness that would have kept all: the watermark would have stayed that far
/// behind the latest event that the checkpoint knew.
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

pub(crate) fn time_text(time: Option<Timestamp>) -> Option<String> {
    time.map(|time| time.to_string())
}

fn report(
    plan: &Plan,
    request: &CommitRequest,
    counts: &Counts,
    staged: &StagedRun,
    head: Option<&Head>,
) -> RunReport {
    let mut processed = request.files.iter();
    let file = |(path, known): &(String, Option<FileDigest>)| match known {
        Some(digest) => known_file(path, digest),
        None => processed_file(path, processed.next()),
    };
    RunReport {
        status: Status::Committed,
        decided: plan.decided.clone(),
        lines: staged.stats.lines.lines,
        continuation_lines: staged.stats.lines.continuation,
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
        sessions_open: staged.open.sessions,
        events_open: staged.open.events,
        watermark: time_text(request.watermark.time()),
        first_event: time_text(staged.stats.earliest),
        last_event: time_text(staged.stats.latest.map(|(time, ..)| time)),
        late: late_report(staged, head),
        bytes_read: request.files.iter().map(|file| file.digest.bytes).sum(),
        files: plan.files.iter().map(file).collect(),
        ..RunReport::nothing()
    }
}
