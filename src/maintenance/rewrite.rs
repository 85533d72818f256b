//! Runs that write the open state again without a batch: their heads and reports.

use crate::core::reducer::OpenCounts;
use crate::error::Result;
use crate::ledger::{Counts, Head, RunEntry, RunId, RunKind};
use crate::report::{MaintenanceReport, Status};
use crate::run::{Context, LedgerChange, Stopwatch, Transaction, time_text};
use crate::state::StagedState;

/// The head `before` with other open state, after run `run`.
pub(super) fn head_with(before: &Head, run: RunId, state: StagedState, open: OpenCounts) -> Head {
    Head {
        run,
        generation: state.generation,
        chunks: state.chunks,
        state_digest: state.digest,
        keys_open: open.keys,
        sessions_open: open.sessions,
        events_open: open.events,
        oldest_open_start: open.oldest_start,
        ..before.clone()
    }
}

/// Stages, commits and publishes a run without outputs.
pub(super) fn commit(context: &mut Context, entry: RunEntry, change: LedgerChange<'_>) -> Result<RunEntry> {
    let published = Transaction::stage(context, entry, change)?.carry_out(&mut Stopwatch::start())?;
    Ok(published.entry)
}

/// The same for a run that leaves the open state as it is, after `before`.
pub(super) fn commit_unchanged(context: &mut Context, before: &Head, kind: RunKind) -> Result<RunEntry> {
    let (state, open) = context.checkpoint.copy_state(before, |_| false)?;
    let head = head_with(before, before.run.next(), state, open);
    let counts = Counts {
        events_open_before: before.events_open,
        events_open_after: head.events_open,
        ..Counts::default()
    };
    let entry = RunEntry { kind, as_of: context.as_of, files: Vec::new(), counts, head };
    commit(context, entry, LedgerChange::None)
}

/// The report of a run without a batch; of `head` alone if nothing was done.
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
