//! The explicit cut (rule 7).

use super::batch::time_text;
use super::commit::{CommitRequest, balanced_counts, commit, outputs};
use super::context::Context;
use super::fold::RunContext;
use super::plan::rule_set;
use super::rounds::Reading;
use super::watch::{Stopwatch, Watch};
use super::workers::Workers;
use crate::core::event::Timestamp;
use crate::core::watermark::{Advance, EventTime};
use crate::error::Result;
use crate::ledger::{Head, RunEntry, RunKind, WatermarkOrigin};
use crate::report::{RunReport, Status};
use crate::settings::{CommonSettings, KeepGenerations, OutputSettings};

/// What a finalize is asked to do.
#[derive(Debug, Clone, Copy)]
pub struct FinalizeSettings {
    /// Only move the watermark to this time; `None` closes everything.
    pub as_of: Option<Timestamp>,
    /// How many generations of open state are kept.
    pub keep_generations: KeepGenerations,
    /// How outputs are written.
    pub outputs: OutputSettings,
}

/// Folds every tail, closes every open session, and moves the watermark one microsecond past the latest accepted event;
/// with [`FinalizeSettings::as_of`] only moves the watermark there. Changes nothing if there is nothing to close, the
/// watermark does not move, and no view of what is open is asked for that is not there.
///
/// # Errors
/// As [`super::run`], without those about data.
pub fn finalize(
    context: &mut Context,
    common: &CommonSettings,
    settings: FinalizeSettings,
    workers: &Workers,
    watch: &Watch,
) -> Result<RunReport> {
    let mut stopwatch = Stopwatch::start();
    let decided = |head: &&Head| !head.definition.is_undecided();
    let Some(head) = context.checkpoint.head().filter(decided).cloned() else {
        return Ok(RunReport::nothing());
    };
    let rules = rule_set(&head.definition)?;
    let advance = settings.as_of.map_or(Advance::Finalize, Advance::Stated);
    let EventTime { watermark, .. } = head.event_time().advanced(advance, 0);
    // Sessions that are told may still be held for corrections: a cut ends that too.
    let is_cut = head.keys_open == 0 && head.accepts_from == watermark;
    let moves_nothing = watermark == head.watermark && (settings.as_of.is_some() || is_cut);
    // Only the last run can have shown the state as it is.
    if moves_nothing
        && (!settings.outputs.shows_open || context.output.has_view_of(head.run, settings.outputs.format)?)
    {
        return Ok(unchanged(&head));
    }
    let run_context = RunContext {
        checkpoint: &context.checkpoint,
        output: &context.output,
        definition: &head.definition,
        rules: &rules,
        pool: &workers.pool,
        memory_bytes: usize::MAX,
        dry_run: false,
        outputs: settings.outputs,
    };
    let reading = Reading {
        files: &[],
        rules: run_context.row_rules(Timestamp::LAST_EVENT),
        keep_late_rows: false,
        spreadsheet_safe: settings.outputs.spreadsheet_safe,
        max_bytes: u64::MAX,
        watch,
    };
    let run = run_context.run();
    let staged = run_context.fold_sorted(&reading, advance, &mut stopwatch)?;
    let staged_time = staged.event_time;
    let counts = balanced_counts(context, &staged)?;
    let moved = watermark > head.watermark;
    let request = CommitRequest {
        kind: if settings.as_of.is_some() { RunKind::FinalizeAsOf } else { RunKind::Finalize },
        as_of: common.as_of,
        definition: head.definition,
        files: Vec::new(),
        watermark,
        origin: if moved { Some(WatermarkOrigin { run, place: None }) } else { head.watermark_origin },
        latest: head.latest,
        accepts_from: staged_time.accepts_from,
        keep_generations: settings.keep_generations,
    };
    let (entry, manifest) = commit(context, staged, counts, request, &mut stopwatch)?;
    let outputs = outputs(context, &manifest);
    let (seconds, seconds_by_phase) = (stopwatch.seconds(), stopwatch.phases);
    Ok(RunReport { outputs, seconds, seconds_by_phase, ..finalized(&entry) })
}

/// The report of what a committed finalize has counted.
fn finalized(entry: &RunEntry) -> RunReport {
    RunReport {
        run: Some(entry.head.run.number()),
        status: Status::Committed,
        sessions_completed: entry.counts.sessions_completed,
        events_completed: entry.counts.events_completed,
        events_duplicate: entry.counts.events_duplicate,
        sessions_retracted: entry.counts.sessions_retracted,
        events_retracted: entry.counts.events_retracted,
        ..unchanged(&entry.head)
    }
}

fn unchanged(head: &Head) -> RunReport {
    RunReport {
        sessions_open: head.sessions_open,
        events_open: head.events_open,
        watermark: time_text(head.watermark.time()),
        ..RunReport::nothing()
    }
}
