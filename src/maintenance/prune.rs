//! What nobody needs any more in the output folder, removed.

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, Needed, PruneLimit, RunId, plan_prune};
use crate::output::{Output, Prunable, PrunedRuns};
use crate::report::{PruneReport, Status};
use crate::run::{Cancellation, Context, Look, kept_runs};
use crate::settings::CommonSettings;
use crate::state::Checkpoint;

/// What may be removed.
#[derive(Debug, Clone, Copy)]
pub struct PruneSettings {
    /// How old a run must be, in microseconds.
    pub older_than_us: i64,
    /// Whether outputs may go although nobody is known to have them.
    pub unfollowed: bool,
    /// Whether to say only what would be removed.
    pub dry_run: bool,
}

/// Removes the outputs and manifests of old runs, published or retracted, and leaves one file that stands for their manifests.
/// The checkpoint with its ledger stays as it is. May end anywhere: the same command again goes on.
///
/// # Errors
/// [`ErrorKind::Usage`] if no follower is registered and it would remove outputs without being told to; [`ErrorKind::Checkpoint`]
/// for damage; [`ErrorKind::Failed`] if something cannot be removed.
pub fn prune(
    common: &CommonSettings,
    settings: PruneSettings,
    cancellation: &Cancellation,
) -> Result<PruneReport> {
    if settings.dry_run {
        let look = Look::at_existing(common, cancellation)?;
        let plan = Plan::of(&look.checkpoint, &look.output, common, settings)?;
        return Ok(plan.report(Status::DryRun));
    }
    let context = Context::open_existing(common, cancellation)?;
    let plan = Plan::of(&context.checkpoint, &context.output, common, settings)?;
    if plan.is_done() {
        return Ok(plan.report(Status::NothingToDo));
    }
    context.cancellation.begin_commit()?;
    let report = plan.report(Status::Committed);
    if let Some(pruned) = plan.pruned {
        context.output.write_pruned(&pruned)?;
    }
    context.output.remove_pruned(&plan.prunable)?;
    Ok(report)
}

struct Plan {
    through: RunId,
    limit: PruneLimit,
    prunable: Prunable,
    /// What is to stand for the runs; `None` if that stands there.
    pruned: Option<PrunedRuns>,
}

impl Plan {
    fn of(
        checkpoint: &Checkpoint,
        output: &Output,
        common: &CommonSettings,
        settings: PruneSettings,
    ) -> Result<Self> {
        let entries = checkpoint.runs()?;
        let needed = Needed {
            since: common.as_of.saturating_add_us(-settings.older_than_us),
            rollback_to: kept_runs(checkpoint, &entries)?.first().copied().unwrap_or(RunId::BEFORE_ALL),
            taken: output.taken_by_all()?,
        };
        let (last, limit) = plan_prune(&entries, needed);
        let before = output.pruned()?.map_or(RunId::BEFORE_ALL, |pruned| pruned.through());
        // What was pruned stays pruned, whoever asks for less.
        let through = last.max(before);
        let prunable = output.prunable(through)?;
        let removes_outputs = last > before && !prunable.outputs.is_empty();
        if needed.taken.is_none() && removes_outputs && !settings.unfollowed {
            return Err(unfollowed(&prunable, output));
        }
        let marks: Vec<HeadMark> =
            checkpoint.readable_runs(&mut Vec::new())?.into_iter().map(|(_, mark)| mark).collect();
        let heads: Vec<HeadMark> = marks.into_iter().take_while(|mark| mark.run <= through).collect();
        let pruned = PrunedRuns::of(checkpoint.stream(), &heads).filter(|_| last > before);
        Ok(Self { through, limit, prunable, pruned })
    }

    fn is_done(&self) -> bool {
        self.pruned.is_none() && self.prunable.is_empty()
    }

    fn report(&self, status: Status) -> PruneReport {
        PruneReport {
            status,
            pruned_through: self.through.number(),
            limited_by: self.limit.name(),
            outputs: self.prunable.outputs.len() as u64,
            manifests: self.prunable.manifests.len() as u64,
            bytes: self.prunable.bytes(),
        }
    }
}

fn unfollowed(prunable: &Prunable, output: &Output) -> Error {
    let count = prunable.outputs.len();
    let what = format!(
        "no follower is registered, and prune would remove {count} outputs that nobody is known to have"
    );
    Error::new(ErrorKind::Usage, what)
        .at(output.folder().display())
        .remedy("deliver them first, or confirm with --unfollowed that you have them or do not need them")
        .nothing_changed()
}
