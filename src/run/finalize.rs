//! The finalize (rule 7): a run without files.

use super::context::Context;
use super::execute::execute;
use super::plan::Plan;
use super::progress::Progress;
use super::reported::unchanged;
use super::stopwatch::Stopwatch;
use super::workers::Workers;
use crate::core::event::Timestamp;
use crate::core::watermark::Advance;
use crate::definition::DefinitionRequest;
use crate::error::Result;
use crate::ledger::{Head, RunKind};
use crate::report::RunReport;
use crate::settings::{
    FileOrder, FileSettings, KeepGenerations, Limit, OutputSettings, RunSettings, SourceChoice,
};

/// The settings of a finalize.
#[derive(Debug, Clone, Copy)]
pub struct FinalizeSettings {
    /// Only moves the watermark to this time; `None` closes everything.
    pub as_of: Option<Timestamp>,
    /// How many generations of open state are kept.
    pub keep_generations: KeepGenerations,
    /// How outputs are written.
    pub outputs: OutputSettings,
}

impl FinalizeSettings {
    fn kind(self) -> RunKind {
        if self.as_of.is_some() { RunKind::FinalizeAsOf } else { RunKind::Finalize }
    }

    /// The settings of a run that ingests nothing: it can reach no limit.
    fn of_run(self) -> RunSettings {
        RunSettings {
            request: DefinitionRequest::default(),
            key_hasher: None,
            file_order: FileOrder::Given,
            choice: SourceChoice::Only,
            redefine: false,
            advance: self.as_of.map_or(Advance::Finalize, Advance::Stated),
            max_future_us: 0,
            max_rejects: Limit::Rows(u64::MAX),
            max_late: Limit::Rows(u64::MAX),
            min_rows: 0,
            keep_late_rows: false,
            dry_run: false,
            files: FileSettings::default(),
            memory_bytes: usize::MAX,
            keep_generations: self.keep_generations,
            max_bytes: u64::MAX,
            outputs: self.outputs,
            command: Vec::new(),
        }
    }
}

/// Folds every buffered event, closes every open session, and moves the watermark to one microsecond after the latest accepted
/// event. With [`FinalizeSettings::as_of`], only moves the watermark there. Changes nothing if there is nothing to close, the
/// watermark does not move, and a requested view of open sessions already exists.
///
/// # Errors
/// As [`super::run`], without those about data.
pub fn finalize(context: &mut Context, settings: FinalizeSettings, workers: &Workers) -> Result<RunReport> {
    let stopwatch = Stopwatch::start();
    let decided = |head: &&Head| !head.definition.is_undecided();
    let Some(head) = context.checkpoint.head().filter(decided) else { return Ok(RunReport::default()) };
    let of_run = settings.of_run();
    // Only the last run can have written a view of the present state.
    let has_view = || context.output.has_view_of(head.run, settings.outputs.form);
    if changes_nothing(head, of_run.advance) && (!settings.outputs.shows_open || has_view()?) {
        return Ok(unchanged(Some(head)));
    }
    let plan = Plan::without_files(head, settings.kind())?;
    execute(context, &plan, &of_run, workers, &Progress::default(), stopwatch)
}

/// Whether no session would close and the watermark would not move.
fn changes_nothing(head: &Head, advance: Advance) -> bool {
    let watermark = head.event_time().advanced(advance, 0).watermark;
    // Completed sessions may still be kept for corrections: a finalize ends that too.
    let is_cut = head.keys_open == 0 && head.accepts_from == watermark;
    watermark == head.watermark && (advance != Advance::Finalize || is_cut)
}
