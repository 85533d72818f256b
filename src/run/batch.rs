//! A run: a batch in, sessions out, one commit.

use super::context::Context;
use super::execute::execute;
use super::finalize::{FinalizeSettings, finalize};
use super::plan::Plan;
use super::progress::Progress;
use super::reported;
use super::stopwatch::Stopwatch;
use super::workers::Workers;
use crate::error::Result;
use crate::input::BatchFile;
use crate::report::RunReport;
use crate::settings::RunSettings;

/// Processes a batch: reads, folds, commits, publishes.
///
/// Files whose content the ledger knows are skipped. If there are no others, nothing changes. Memory: the open sessions, and
/// what [`RunSettings::memory_bytes`] allows for events that are out of order.
///
/// # Errors
/// [`ErrorKind::DataRefused`] if rejects or late rows exceed their limits, or a file cannot be parsed. [`ErrorKind::NoInput`]
/// if a file cannot be read. [`ErrorKind::Definition`] if the definition differs from the checkpoint's.
/// [`ErrorKind::CommitUnknown`] if the commit fails. [`ErrorKind::Checkpoint`] for damage. [`ErrorKind::Failed`] for the rest.
/// In each case nothing has changed, or the next run finishes the publishing.
///
/// [`ErrorKind::DataRefused`]: crate::error::ErrorKind::DataRefused
/// [`ErrorKind::NoInput`]: crate::error::ErrorKind::NoInput
/// [`ErrorKind::Definition`]: crate::error::ErrorKind::Definition
/// [`ErrorKind::CommitUnknown`]: crate::error::ErrorKind::CommitUnknown
/// [`ErrorKind::Checkpoint`]: crate::error::ErrorKind::Checkpoint
/// [`ErrorKind::Failed`]: crate::error::ErrorKind::Failed
pub fn run(
    context: &mut Context,
    settings: &RunSettings,
    files: Vec<BatchFile>,
    workers: &Workers,
    progress: &Progress,
) -> Result<RunReport> {
    context.cancellation.check()?;
    let stopwatch = Stopwatch::start();
    let plan = Plan::make(context, settings, files)?;
    if plan.new.is_empty() {
        return nothing_to_take_in(context, settings, &plan, workers, &stopwatch);
    }
    execute(context, &plan, settings, workers, progress, stopwatch)
}

/// All files are known. A requested view of open sessions is written anyway, like a finalize that does not move the watermark.
fn nothing_to_take_in(
    context: &mut Context,
    settings: &RunSettings,
    plan: &Plan,
    workers: &Workers,
    stopwatch: &Stopwatch,
) -> Result<RunReport> {
    let head = context.checkpoint.head();
    let report = reported::nothing_new(head, plan, stopwatch);
    let watermark = head.and_then(|head| head.watermark.time());
    if watermark.is_none() || !settings.outputs.shows_open || settings.dry_run {
        return Ok(report);
    }
    let finalizing = FinalizeSettings {
        as_of: watermark,
        keep_generations: settings.keep_generations,
        outputs: settings.outputs,
    };
    Ok(RunReport { files: report.files, ..finalize(context, finalizing, workers)? })
}
