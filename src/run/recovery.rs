//! What an earlier run left to do, and whether checkpoint and output are in step.

use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, Recovery, RunId, Side, Staged, active_runs, recover};
use crate::output::{Manifest, Output, belongs_to_another};
use crate::state::Checkpoint;
use std::path::Path;

/// Compares the head of the checkpoint with the newest manifest of the output folder. Returns the manifest that is staged for the
/// head too, if there is one.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] if they are out of step or do not belong together.
pub(super) fn decide(checkpoint: &Checkpoint, output: &Output) -> Result<(Recovery, Option<Manifest>)> {
    let head = checkpoint.mark();
    let newest_manifest = output.newest_manifest()?;
    let published = newest_manifest.as_ref().map(Manifest::mark);
    let staged = head.and_then(|head| output.staged_manifest(head.run));
    let staged = staged.filter(|manifest| manifest.stream() == checkpoint.stream());
    let mark = |manifest: &Manifest| Staged { mark: manifest.mark(), follows: manifest.follows() };
    let of_output = Side { stream: output.owner_by(newest_manifest.as_ref())?, newest: published };
    let recovery = recover(
        Side { stream: Some(checkpoint.stream()), newest: head },
        of_output,
        staged.as_ref().map(mark),
    );
    match recovery {
        Recovery::Discard | Recovery::Publish => Ok((recovery, staged)),
        Recovery::Ahead if head.is_some_and(|head| output.has_staging_of(head.run)) => {
            Err(staging_lost(head, output.folder()))
        }
        // Where no manifest is left, the whole folder of them is missing.
        Recovery::Ahead
            if published.is_some() && head.is_some_and(|head| has_outputs_of(output, head.run)) =>
        {
            Err(manifest_lost(head, output.folder()))
        }
        Recovery::Another => Err(belongs_to_another(output)),
        Recovery::Behind | Recovery::Ahead | Recovery::Orphan => match lost_outputs(checkpoint, output) {
            Some(lost) => Err(Error::new(ErrorKind::Checkpoint, lost).at(output.folder().display()).remedy(
                "restore a backup of both folders; without one, export-state --salvage and import-state continue without them",
            )),
            None => Err(out_of_step(recovery, head, published, output.folder())),
        },
    }
}

/// The manifest of the last run, if it is committed but not published; an error if checkpoint and output are out of step.
pub(super) fn unpublished(checkpoint: &Checkpoint, output: &Output) -> Result<Option<Manifest>> {
    let (recovery, staged) = decide(checkpoint, output)?;
    Ok(staged.filter(|_| recovery == Recovery::Publish))
}

/// Puts back what was published of a run whose commit the store has lost: what was before is what the checkpoint has, and so have
/// readers again.
///
/// # Errors
/// [`ErrorKind::Failed`] if a file cannot be moved, [`ErrorKind::Checkpoint`] if the ledger is damaged.
pub(super) fn take_back_lost(checkpoint: &Checkpoint, output: &Output) -> Result<()> {
    let next = checkpoint.mark().map_or(RunId::BEFORE_ALL, |head| head.run).next();
    let staged = output.staged_manifest(next).filter(|staged| staged.stream() == checkpoint.stream());
    let Some(staged) = staged else { return Ok(()) };
    if output.take_back(&staged, &active_runs(&checkpoint.runs()?))? {
        log::warn!(
            "run {} had begun to publish, but the checkpoint does not have it any more: it is an older copy, or damaged; what \
             the run had moved is back in its place, and the run has to be repeated",
            next.number()
        );
    }
    Ok(())
}

/// The loss if the output folder is at the run before the last one, and nothing of the last one is staged any more.
pub(crate) fn lost_outputs(checkpoint: &Checkpoint, output: &Output) -> Option<String> {
    let published = output.newest_manifest().ok()??.mark();
    let runs = checkpoint.readable_runs(&mut Vec::new()).ok()?;
    let [.., (_, before), (last, _)] = runs.as_slice() else { return None };
    let run = last.head.run;
    if published != *before || output.has_staging_of(run) || has_outputs_of(output, run) {
        return None;
    }
    let counts = &last.counts;
    Some(format!(
        "run {} is committed, but its outputs are neither published nor staged any more: {} sessions with {} events, {} late \
         and {} rejected rows are gone, and only a backup from before it and its files bring them again",
        run.number(),
        counts.sessions_completed,
        counts.events_completed,
        counts.events_late,
        counts.rows_rejected()
    ))
}

/// Whether outputs of `run` lie in their places. What cannot be read does not tell.
fn has_outputs_of(output: &Output, run: RunId) -> bool {
    output.outputs_of(run).is_ok_and(|outputs| !outputs.is_empty())
}

fn manifest_lost(head: Option<HeadMark>, folder: &Path) -> Error {
    let run = head.map_or(0, |head| head.run.number());
    let what = format!(
        "run {run} is committed and outputs of it lie here, but its manifest manifests/run-{run:08}.json is missing"
    );
    Error::new(ErrorKind::Checkpoint, what).at(folder.display()).remedy(
        "put back the manifest from a backup of the output folder; without one, export-state --salvage and import-state continue in a \
         new pair, and the outputs stay where they are",
    )
}

fn staging_lost(head: Option<HeadMark>, folder: &Path) -> Error {
    let run = head.map_or(0, |head| head.run.number());
    let what =
        format!("run {run} is committed but not published, and the manifest that it staged is damaged");
    Error::new(ErrorKind::Checkpoint, what)
        .at(folder.display())
        .remedy("restore a backup of the output folder together with its state folder")
}

/// The error for a checkpoint and an output folder that are out of step.
pub(super) fn out_of_step(
    recovery: Recovery,
    head: Option<HeadMark>,
    published: Option<HeadMark>,
    folder: &Path,
) -> Error {
    let number = |mark: Option<HeadMark>| mark.map_or(0, |mark| mark.run.number());
    let (head, published) = (number(head), number(published));
    let (what, remedy) = match recovery {
        Recovery::Ahead => (
            format!("the checkpoint is at run {head}, but this output folder is at run {published}"),
            "give the --out that belongs to this --state, or restore the folder's manifests/",
        ),
        Recovery::Orphan => (
            format!("checkpoint and output are both at run {head}, but their histories differ"),
            "give the --state and --out that belong together",
        ),
        _ => (
            format!(
                "the output folder is at run {published}, but the checkpoint only at run {head}: it is an older copy or damaged"
            ),
            "restore the checkpoint that belongs to this output, or start a new pair of --state and --out",
        ),
    };
    Error::new(ErrorKind::Checkpoint, what).at(folder.display()).remedy(remedy)
}
