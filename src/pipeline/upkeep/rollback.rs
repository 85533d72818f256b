//! Back to the state after an earlier run: open state, watermark, known files and outputs together.

use super::settle::{Settling, head_with, report, settle};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Head, NoRollback, RollbackPlan, RunId, RunKind, plan_rollback};
use crate::pipeline::Context;
use crate::report::UpkeepReport;
use crate::settings::CommonSettings;

/// Takes the state after run `to_run` up again. The rollback is a run of its own with the next number: no number, and so no
/// name of an output, ever comes twice. The outputs of the runs that it takes back move below `retracted/`, and the files
/// that they took in may come again.
///
/// # Errors
/// [`ErrorKind::Usage`] if there is no such run to go back to, [`ErrorKind::Failed`] if its state is no longer kept.
pub fn rollback(context: &mut Context, common: &CommonSettings, to_run: u64) -> Result<UpkeepReport> {
    let to = RunId::new(to_run);
    let entries = context.checkpoint.runs()?;
    let plan = match plan_rollback(&entries, to) {
        Ok(plan) => plan,
        Err(NoRollback::Last) => {
            let head = entries.last().map(|entry| &entry.head);
            return head.map(|head| report(head, None)).ok_or_else(|| refusal(NoRollback::Unknown, to));
        }
        Err(why) => return Err(refusal(why, to)),
    };
    let rewritten = |kind: &RunKind| matches!(kind, RunKind::Import | RunKind::Evict);
    if entries.iter().any(|entry| entry.head.run > to && rewritten(&entry.kind)) {
        return Err(not_kept(to));
    }
    let source = state_of(context, &plan)?.ok_or_else(|| not_kept(to))?;
    let missing_outputs = plan.retracted.iter().flat_map(|&run| context.output.missing_of(run)).collect();
    let copy = context.checkpoint.copy_state(&source, |_| false)?;
    let run = entries.last().map_or(to, |entry| entry.head.run).next();
    let head = head_with(&plan.to, run, copy);
    let RollbackPlan { retracted, forgotten, counts, .. } = plan;
    let kind = RunKind::Rollback { to };
    let settling = Settling { kind, as_of: common.as_of, counts, head, forgotten: forgotten.clone() };
    let entry = settle(context, settling)?;
    let taken_back = entries.iter().filter(|entry| retracted.contains(&entry.head.run));
    context.checkpoint.drop_generations(taken_back.map(|entry| entry.head.generation))?;
    Ok(UpkeepReport {
        rolled_back_to: Some(to.number()),
        retracted_runs: retracted.into_iter().map(RunId::number).collect(),
        forgotten_files: forgotten.iter().map(ToString::to_string).collect(),
        missing_outputs,
        ..report(&entry.head, Some(&entry))
    })
}

/// The head under which the state of the target is still whole.
fn state_of(context: &Context, plan: &RollbackPlan) -> Result<Option<Head>> {
    for head in &plan.found_under {
        if context.checkpoint.audit_state(head)?.findings.is_empty() {
            return Ok(Some(head.clone()));
        }
    }
    Ok(None)
}

fn refusal(why: NoRollback, to: RunId) -> Error {
    let what = match why {
        NoRollback::Unknown | NoRollback::Last => format!("there is no run {} to roll back to", to.number()),
        NoRollback::TakenBack(by) => {
            format!(
                "run {} does not stand: the rollback in run {} has taken it back",
                to.number(),
                by.number()
            )
        }
    };
    Error::new(ErrorKind::Usage, what).remedy("`sessionize inspect --runs` lists the runs").nothing_changed()
}

fn not_kept(to: RunId) -> Error {
    Error::new(ErrorKind::Failed, format!("the open state after run {} is no longer kept", to.number()))
        .remedy("go back less far, or put back a backup; --keep says how many generations later runs keep")
        .nothing_changed()
}
