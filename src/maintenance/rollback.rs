//! Rollback: returns to the state after an earlier run, with open state, watermark, known files and outputs.

use super::rewrite::{commit, head_with, report};
use crate::core::reducer::OpenCounts;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Head, NoRollback, RollbackPlan, RunEntry, RunId, RunKind, plan_rollback};
use crate::report::MaintenanceReport;
use crate::run::{Context, LedgerChange, kept_runs, kept_text, oldest_reachable};
use crate::state::StagedState;
use std::collections::BTreeSet;

/// Restores the state after run `to_run`. The rollback is a run with the next number, so no number, and no name of an output,
/// is used twice. The outputs of the runs that it undoes move to `retracted/`, and their files can be ingested again.
///
/// # Errors
/// [`ErrorKind::Usage`] if there is no such run. [`ErrorKind::Failed`] if its state is no longer kept.
pub fn rollback(context: &mut Context, to_run: u64) -> Result<MaintenanceReport> {
    let entries = context.checkpoint.runs()?;
    let to = target(to_run, &entries);
    let kept = kept_runs(&context.checkpoint, &entries)?;
    let plan = match plan_rollback(&entries, to) {
        Ok(plan) => plan,
        Err(NoRollback::Last) => {
            let head = entries.last().map(|entry| &entry.head);
            return head
                .map(|head| report(head, None))
                .ok_or_else(|| refusal(NoRollback::Unknown, to, &kept));
        }
        Err(why) => return Err(refusal(why, to, &kept)),
    };
    expect_unpruned(context, &plan.retracted)?;
    let (state, open) = copy_state(context, &entries, &plan)?.ok_or_else(|| not_kept(to, &kept))?;
    let missing_outputs = plan.retracted.iter().flat_map(|&run| context.output.missing_of(run)).collect();
    let run = entries.last().map_or(to, |entry| entry.head.run).next();
    let head = head_with(&plan.to, run, state, open);
    let RollbackPlan { retracted, forgotten, counts, .. } = plan;
    let kind = RunKind::Rollback { to };
    let entry = RunEntry { kind, as_of: context.as_of, files: Vec::new(), counts, head };
    let entry = commit(context, entry, LedgerChange::Forget(&forgotten))?;
    // The states of the undone runs are no longer needed.
    let first = entries.iter().find(|entry| entry.head.run == to).map_or(0, |to| to.head.generation + 1);
    context.checkpoint.drop_generations(first..entry.head.generation)?;
    Ok(MaintenanceReport {
        rolled_back_to: Some(to.number()),
        retracted_runs: retracted.into_iter().map(RunId::number).collect(),
        forgotten_files: forgotten.iter().map(ToString::to_string).collect(),
        missing_outputs,
        ..report(&entry.head, Some(&entry))
    })
}

/// Outputs that were pruned are with whoever has them: no rollback can retract them there.
fn expect_unpruned(context: &Context, retracted: &[RunId]) -> Result<()> {
    let Some(pruned) = context.output.pruned()? else { return Ok(()) };
    let through = pruned.through();
    if retracted.iter().all(|&run| run > through) {
        return Ok(());
    }
    let run = through.number();
    let what = format!("the runs up to run {run} were pruned, so their outputs can no longer be retracted");
    Err(Error::new(ErrorKind::Failed, what)
        .at(context.output.folder().display())
        .remedy(format!("go back to run {run} or a later one, or begin with a new pair of --state and --out"))
        .nothing_changed())
}

/// The target: before the first run of an imported checkpoint, this is the imported state.
fn target(to_run: u64, entries: &[RunEntry]) -> RunId {
    let to = RunId::new(to_run);
    let imported = entries.iter().rfind(|entry| entry.kind == RunKind::Import).map(|entry| entry.head.run);
    imported.filter(|_| to == RunId::BEFORE_ALL).unwrap_or(to)
}

/// The state of the target under a new generation; `None` if it is no longer kept. Before the first run it is empty.
fn copy_state(
    context: &Context,
    entries: &[RunEntry],
    plan: &RollbackPlan,
) -> Result<Option<(StagedState, OpenCounts)>> {
    if plan.to.run == RunId::BEFORE_ALL {
        return Ok(Some((context.checkpoint.stage_state()?.finish()?, OpenCounts::default())));
    }
    if plan.to.run < oldest_reachable(entries) {
        return Ok(None);
    }
    let source = state_of(context, plan)?;
    source.map(|head| context.checkpoint.copy_state(&head, |_| false)).transpose()
}

/// The head under which the state of the target is still complete.
fn state_of(context: &Context, plan: &RollbackPlan) -> Result<Option<Head>> {
    for head in &plan.found_under {
        let is_kept = context.checkpoint.has_generation(head.generation)?;
        if is_kept && context.checkpoint.audit_state(head)?.findings.is_empty() {
            return Ok(Some(head.clone()));
        }
    }
    Ok(None)
}

fn refusal(why: NoRollback, to: RunId, kept: &BTreeSet<RunId>) -> Error {
    let what = match why {
        NoRollback::Unknown | NoRollback::Last => format!("there is no run {} to roll back to", to.number()),
        NoRollback::TakenBack(by) => {
            format!("run {} is not active: the rollback in run {} undid it", to.number(), by.number())
        }
    };
    Error::new(ErrorKind::Usage, what)
        .remedy(format!("{}; `sessionize inspect --runs` lists them", kept_text(kept)))
        .nothing_changed()
}

fn not_kept(to: RunId, kept: &BTreeSet<RunId>) -> Error {
    let what = format!("the open state after run {} is no longer kept", to.number());
    Error::new(ErrorKind::Failed, what)
        .remedy(format!(
            "{}, and --to-run 0 is the state before all; go back less far, or restore a backup; --keep-generations says \
             how many stay",
            kept_text(kept)
        ))
        .nothing_changed()
}
