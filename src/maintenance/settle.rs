//! The end of a run without a batch: the same steps as those of a run with one.

use crate::core::event::Timestamp;
use crate::error::Result;
use crate::ledger::{Counts, FileDigest, Head, HeadMark, RunEntry, RunId, RunKind, StreamId};
use crate::output::{Manifest, Output, Staging};
use crate::report::{MaintenanceReport, Status};
use crate::run::{Context, begin_commit, end_commit, time_text};
use crate::state::{StagedState, Survey, head_digest};

/// What a run without a batch leaves.
#[derive(Debug)]
pub(super) struct Settling {
    pub(super) kind: RunKind,
    pub(super) as_of: Timestamp,
    pub(super) counts: Counts,
    pub(super) head: Head,
    /// Files that become unknown.
    pub(super) forgotten: Vec<FileDigest>,
}

/// The head `before` with other open state, after run `run`.
pub(super) fn head_with(before: &Head, run: RunId, (state, survey): (StagedState, Survey)) -> Head {
    Head {
        run,
        generation: state.generation,
        chunks: state.chunks,
        state_digest: state.digest,
        keys_open: survey.keys,
        sessions_open: survey.sessions,
        events_open: survey.events,
        oldest_open_start: survey.oldest_start,
        ..before.clone()
    }
}

/// Stages a run that completes no session.
pub(super) fn stage_nothing(
    (output, stream): (&Output, StreamId),
    head: &Head,
    mark: HeadMark,
    complete: impl FnOnce(Manifest) -> Manifest,
) -> Result<Manifest> {
    output.discard_staging()?;
    Staging::begin(output, stream, head.run)?.seal_as(mark, head.generation, complete)
}

/// Stages, commits, publishes.
pub(super) fn settle(context: &mut Context, settling: Settling) -> Result<RunEntry> {
    let Settling { kind, as_of, counts, head, forgotten } = settling;
    let to = match &kind {
        RunKind::Rollback { to } => Some(*to),
        _ => None,
    };
    let entry = RunEntry { kind, as_of, files: Vec::new(), counts, head };
    crate::run::check_balance(entry.check_identity())?;
    let complete = |manifest: Manifest| manifest.rolling_back_to(to);
    let place = (&context.output, context.checkpoint.stream());
    let manifest = stage_nothing(place, &entry.head, head_digest(&entry.head), complete)?;
    begin_commit()?;
    // From here on what is staged may be all that there is of it: it stays, however this ends.
    context.committing = true;
    context.checkpoint.commit_and_forget(&entry, &forgotten).map_err(|error| {
        error.or_remedy("run the same command again: it finds out whether this run has reached the disk")
    })?;
    context.output.publish(entry.head.run, &manifest)?;
    context.committing = false;
    end_commit(entry.head.run);
    Ok(entry)
}

/// The same for a run that leaves everything open as it is, after `before`.
pub(super) fn settle_unchanged(
    context: &mut Context,
    before: &Head,
    kind: RunKind,
    as_of: Timestamp,
) -> Result<RunEntry> {
    let copy = context.checkpoint.copy_state(before, |_| false)?;
    let head = head_with(before, before.run.next(), copy);
    let counts = Counts {
        events_open_before: before.events_open,
        events_open_after: head.events_open,
        ..Counts::default()
    };
    settle(context, Settling { kind, as_of, counts, head, forgotten: Vec::new() })
}

/// The report of a run without a batch; of `head` alone where nothing was done.
pub(super) fn report(head: &Head, entry: Option<&RunEntry>) -> MaintenanceReport {
    MaintenanceReport {
        run: entry.map(|entry| entry.head.run.number()),
        status: if entry.is_some() { Status::Committed } else { Status::NothingToDo },
        sessions_open: head.sessions_open,
        events_open: head.events_open,
        watermark: time_text(head.watermark.time()),
        rolled_back_to: None,
        retracted_runs: Vec::new(),
        forgotten_files: Vec::new(),
        missing_outputs: Vec::new(),
        events_removed: entry.map_or(0, |entry| entry.counts.events_removed),
        rollback_reaches: None,
    }
}
