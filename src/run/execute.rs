//! A run of either kind, from its plan to its report: fold, check, commit, publish. A finalize is a run without files.

use super::context::Context;
use super::first_use::explain_rejects;
use super::fold::StagedRun;
use super::generations::drop_old;
use super::limits::check_limits;
use super::plan::Plan;
use super::progress::Progress;
use super::read_stats::ReadStats;
use super::reading::Reading;
use super::reported;
use super::stopwatch::Stopwatch;
use super::strategy::RunContext;
use super::time_hints::TimeHints;
use super::transaction::{Transaction, check_balance};
use super::workers::Workers;
use crate::core::event::{Place, Timestamp};
use crate::core::reducer::SessionFold;
use crate::core::watermark::{Advance, EventTime};
use crate::error::{Error, ErrorKind, Result};
use crate::input::file_changed;
use crate::ledger::{Counts, FileDigest, FileEntry, FilePlace, Head, KnownFiles, RunEntry, WatermarkOrigin};
use crate::report::{RunReport, Status};
use crate::settings::RunSettings;
use crate::state::{Checkpoint, StagedState};
use std::collections::HashSet;
use std::sync::Arc;

/// Executes the plan.
///
/// # Errors
/// As [`super::run`].
pub(super) fn execute(
    context: &mut Context,
    plan: &Plan,
    settings: &RunSettings,
    workers: &Workers,
    progress: &Progress,
    mut stopwatch: Stopwatch,
) -> Result<RunReport> {
    let before = context.checkpoint.head().map_or_else(EventTime::default, Head::event_time);
    let fold = SessionFold::new(plan.definition.gap, Arc::clone(&plan.rules), before);
    let run_context = RunContext {
        checkpoint: &context.checkpoint,
        output: &context.output,
        definition: &plan.definition,
        fold: &fold,
        pool: &workers.pool,
        settings,
    };
    let latest_allowed = context.as_of.saturating_add_us(settings.max_future_us).min(Timestamp::LAST_EVENT);
    let reading = Reading {
        files: &plan.new,
        rules: run_context.row_rules(latest_allowed),
        keep_late_rows: settings.keep_late_rows,
        spreadsheet_safe: settings.outputs.spreadsheet_safe,
        max_bytes: settings.max_bytes,
        progress,
        cancellation: &context.cancellation,
    };
    let staged = run_context.fold_batch(&reading, &mut stopwatch)?;
    let files = file_entries(&context.checkpoint, plan, &staged.stats)?;
    let before = context.checkpoint.head();
    let hints = TimeHints::of(plan, &staged.stats, latest_allowed);
    check_limits(settings, &staged, before, context.as_of, hints.rejected.as_ref()).map_err(|error| {
        if plan.is_first { explain_rejects(error, &plan.new, settings, &staged.stats) } else { error }
    })?;
    let counts = counts(before, &staged);
    check_balance(counts.check_identity())?;
    let mut report = RunReport {
        rejected_time: hints.rejected,
        numbers_before_1990: hints.early_numbers,
        ..reported::staged(plan, &staged, before, &files, &counts)
    };
    if !settings.dry_run {
        let files = taken_in(plan, &files, &staged.stats);
        let entry = ledger_entry(run_context, plan, &staged, files, counts, context.as_of)?;
        let staging = staged.written.staging.ok_or_else(nothing_staged)?;
        let places = plan.known_places();
        let published = Transaction::of_fold(context, staging, entry, &places)?.carry_out(&mut stopwatch)?;
        if let Err(error) = drop_old(context, settings.keep_generations, context.as_of) {
            log::warn!("{error}; the run is committed and published, the next one drops what is old");
        }
        stopwatch.book(|phases| &mut phases.publish);
        report.status = Status::Committed;
        report.run = Some(published.entry.head.run.number());
        report.outputs = published.outputs(&context.output);
    }
    report.seconds = stopwatch.seconds();
    report.seconds_by_phase = stopwatch.phases;
    Ok(report)
}

fn nothing_staged() -> Error {
    Error::new(ErrorKind::Failed, "nothing was staged")
}

/// The ledger entries of the files that were read. Their digests are complete only now. If a digest is known although something
/// new was ingested, the file changed while it was read.
fn file_entries(checkpoint: &Checkpoint, plan: &Plan, stats: &ReadStats) -> Result<Vec<FileEntry>> {
    let mut entries: Vec<FileEntry> = Vec::with_capacity(plan.new.len());
    let mut contents = HashSet::new();
    for (number, of) in plan.new.iter().enumerate() {
        let unfinished_bytes = stats.unfinished_bytes_of_file[number];
        let digest = of.file.digest(unfinished_bytes, of.leaves_unfinished)?;
        let known_bytes = of.part.known_bytes;
        let is_new = checkpoint.run_of_file(&digest)?.is_none() && contents.insert(digest);
        if !is_new && !has_nothing_new(digest, known_bytes, unfinished_bytes) {
            return Err(file_changed(of.file.path()));
        }
        // The stamp is that of the whole file, so it may not stand for a file of which something is left.
        let place = of
            .file
            .place()?
            .map(|place| FilePlace { stamp: place.stamp.filter(|_| unfinished_bytes == 0), ..place });
        let path = of.file.path().to_string_lossy().into_owned();
        let (rows, source) = (stats.rows_of_file[number], of.source.clone());
        entries.push(FileEntry { path, digest, known_bytes, rows, source, place });
    }
    Ok(entries)
}

/// Whether all new rows of a file are left for a later run.
const fn has_nothing_new(digest: FileDigest, known_bytes: u64, unfinished_bytes: u64) -> bool {
    unfinished_bytes > 0 && digest.bytes == known_bytes
}

/// The files for the ledger: those of which something was ingested, empty ones, and shorter ones that were a part of them. No
/// content occurs twice: what was ingested of a file with an unfinished row may equal a shorter file. A run that decides no definition
/// takes in nothing: its lines may be rows under another one.
fn taken_in(plan: &Plan, entries: &[FileEntry], stats: &ReadStats) -> Vec<FileEntry> {
    let with_rest = entries.iter().zip(&stats.unfinished_bytes_of_file);
    let taken = with_rest.filter(|(file, rest)| !has_nothing_new(file.digest, file.known_bytes, **rest));
    let all = taken.map(|(file, _)| file.clone()).chain(plan.within_longer_files(entries));
    let decides = plan.decides(stats.counts.rows_read);
    let mut contents = HashSet::new();
    all.filter(|file| (decides || file.digest.bytes == 0) && contents.insert(file.digest)).collect()
}

/// The counts of a run after `before`.
fn counts(before: Option<&Head>, staged: &StagedRun) -> Counts {
    let mut counts = Counts {
        events_duplicate: staged.open.duplicates,
        events_open_before: before.map_or(0, |head| head.events_open),
        events_open_after: staged.open.events,
        ..staged.stats.counts.clone()
    };
    staged.written.counts.add_to(&mut counts);
    counts
}

fn ledger_entry(
    run_context: RunContext<'_>,
    plan: &Plan,
    staged: &StagedRun,
    files: Vec<FileEntry>,
    counts: Counts,
    as_of: Timestamp,
) -> Result<RunEntry> {
    let state = staged.state.ok_or_else(nothing_staged)?;
    let head = head_after(run_context, plan, staged, &files, state);
    Ok(RunEntry { kind: plan.kind.clone(), as_of, files, counts, head })
}

fn head_after(
    run_context: RunContext<'_>,
    plan: &Plan,
    staged: &StagedRun,
    files: &[FileEntry],
    state: StagedState,
) -> Head {
    let before = run_context.checkpoint.head();
    let run = run_context.run();
    let EventTime { watermark, accepts_from, latest } = staged.event_time;
    let known = before.map(|head| head.known_files).unwrap_or_default();
    Head {
        run,
        generation: state.generation,
        chunks: state.chunks,
        state_digest: state.digest,
        keys_open: staged.open.keys,
        sessions_open: staged.open.sessions,
        events_open: staged.open.events,
        oldest_open_start: staged.open.oldest_start,
        watermark,
        watermark_origin: watermark_origin(run_context, plan, staged),
        latest,
        accepts_from,
        // Keys of which an event could otherwise still be accepted.
        purged: before.map(|head| head.purged.needed_from(accepts_from)).unwrap_or_default(),
        known_files: files.iter().fold(known, |known: KnownFiles, file| known.with(file.digest, run)),
        definition: plan.definition_after(staged.stats.counts.rows_read).clone(),
    }
}

/// What set the watermark: this run, or an earlier one.
fn watermark_origin(run_context: RunContext<'_>, plan: &Plan, staged: &StagedRun) -> Option<WatermarkOrigin> {
    let before = run_context.checkpoint.head();
    if staged.event_time.watermark <= run_context.fold.event_time().watermark {
        return before.and_then(|head| head.watermark_origin.clone());
    }
    let place = match run_context.settings.advance {
        Advance::Delay(_) => place_of_latest(plan, staged, before),
        Advance::Stated(_) | Advance::Finalize => None,
    };
    Some(WatermarkOrigin { run: run_context.run(), place })
}

/// The place of the row with the latest event, if it is in this batch.
fn place_of_latest(plan: &Plan, staged: &StagedRun, head: Option<&Head>) -> Option<Place> {
    let (time, file, line) = staged.stats.latest?;
    let is_latest = head.and_then(|head| head.latest).is_none_or(|latest| latest < time);
    is_latest.then(|| Place { file: plan.new[file].file.path().to_owned(), line })
}
