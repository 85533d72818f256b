//! The published runs as a log: what lies behind a position, and in which steps a target gets there.

use super::follower::{BEFORE_ALL, Step};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use crate::output::{Manifest, Output, PrunedRuns};

/// The stream whose runs are published here.
///
/// # Errors
/// [`ErrorKind::Failed`] if nothing is published here.
pub(super) fn stream_of(output: &Output) -> Result<StreamId> {
    let newest = output.newest_manifest()?;
    newest.as_ref().map(Manifest::stream).ok_or_else(|| {
        Error::new(ErrorKind::Failed, "no run is published here, so there is nothing to deliver")
            .at(output.folder().display())
            .remedy("give the --out of the runs")
    })
}

/// The position behind `run`, at which a new target begins that lacks the runs up to it.
///
/// # Errors
/// [`ErrorKind::Usage`] if neither the run nor the summary of pruned runs that ends with it is here.
pub(super) fn mark_of(output: &Output, run: RunId) -> Result<HeadMark> {
    let pruned = output.pruned()?.map(|pruned| pruned.mark()).filter(|mark| mark.run == run);
    let published = output.manifest_of(run)?.map(|manifest| manifest.mark());
    pruned.or(published).ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            format!("a target cannot begin after run {}, which is not here", run.number()),
        )
        .at(output.folder().display())
        .remedy("give --start-after the last run that was pruned, or one that is published")
    })
}

/// The manifests behind `at`, in their order, each of which follows the one before.
///
/// # Errors
/// [`ErrorKind::Delivery`] if the log and the position are of different histories, or if a run between them is no longer here.
pub(super) fn manifests_after(output: &Output, stream: StreamId, at: HeadMark) -> Result<Vec<Manifest>> {
    let runs = output.published_runs()?;
    expect_history(output, stream, at, runs.last().copied())?;
    let mut found = Vec::new();
    let mut before = Some(at.run).filter(|_| at != BEFORE_ALL);
    for &run in runs.iter().filter(|&&run| run > at.run) {
        let Some(manifest) = output.manifest_of(run)? else { return Err(hole(output, at, run)) };
        if manifest.stream() != stream {
            return Err(another_history(output, at));
        }
        if manifest.follows() != before {
            return Err(hole(output, at, manifest.follows().unwrap_or(run)));
        }
        before = Some(run);
        found.push(manifest);
    }
    Ok(found)
}

fn expect_history(output: &Output, stream: StreamId, at: HeadMark, newest: Option<RunId>) -> Result<()> {
    let pruned = output.pruned()?;
    if let Some(pruned) = pruned.as_ref().filter(|pruned| pruned.through() > at.run) {
        return Err(lacks_pruned(output, at, pruned));
    }
    if at == BEFORE_ALL {
        return Ok(());
    }
    if newest.is_none_or(|newest| newest < at.run) {
        let newest = newest.map_or(0, RunId::number);
        let what =
            format!("the target is at run {}, but this output folder only at run {newest}", at.run.number());
        return Err(Error::new(ErrorKind::Delivery, what).at(output.folder().display()).remedy(
            "the folder is an older copy: put back the newest one, or put back the target as it was then",
        ));
    }
    match output.manifest_of(at.run)? {
        Some(manifest) if manifest.stream() == stream && manifest.mark() == at => Ok(()),
        Some(_) => Err(another_history(output, at)),
        // What stands for runs that were pruned has the head of the last of them.
        None if pruned.map(|pruned| pruned.mark()) == Some(at) => Ok(()),
        None => Err(hole(output, at, at.run)),
    }
}

fn another_history(output: &Output, at: HeadMark) -> Error {
    let what =
        format!("run {} of the target is another one than that of this output folder", at.run.number());
    Error::new(ErrorKind::Delivery, what)
        .at(output.folder().display())
        .remedy("deliver from the folder whose runs the target has, or to tables of its own")
}

fn lacks_pruned(output: &Output, at: HeadMark, pruned: &PrunedRuns) -> Error {
    let what = format!(
        "the runs up to run {} were pruned here, and the target is only at run {}",
        pruned.through().number(),
        at.run.number()
    );
    let copies = "put back a newer copy of the target; or deliver from a backup of this folder that still has them, then from here";
    let remedy = if at == BEFORE_ALL {
        format!("{copies}; or begin a new target without them: --start-after {}", pruned.through().number())
    } else {
        copies.to_owned()
    };
    Error::new(ErrorKind::Delivery, what).at(output.folder().display()).remedy(remedy)
}

fn hole(output: &Output, at: HeadMark, run: RunId) -> Error {
    let what =
        format!("run {} is no longer here, and the target is at run {}", run.number(), at.run.number());
    Error::new(ErrorKind::Delivery, what)
        .at(output.folder().display())
        .remedy("put back its outputs and its manifest, or a backup of the target that has it")
}

/// A step of a target whose rows are still to be opened.
#[derive(Debug)]
pub(super) struct NextStep<'m> {
    /// The manifest at which the step ends.
    manifest: &'m Manifest,
    /// As in [`Step`].
    back_to: Option<RunId>,
}

/// The steps over `manifests`. A run that a later one of them takes back is not taken at all: the step leads to the rollback. So a
/// target always has what the active runs had published at its position.
pub(super) fn steps(manifests: &[Manifest]) -> Vec<NextStep<'_>> {
    let rollback = |(number, manifest): (usize, &Manifest)| Some((number, manifest.rolled_back_to()?));
    let rollbacks: Vec<(usize, RunId)> = manifests.iter().enumerate().filter_map(rollback).collect();
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(first) = manifests.get(next) {
        let takes_back = |(number, to): &&(usize, RunId)| *number >= next && *to < first.run();
        let by = rollbacks.iter().rfind(takes_back);
        let end = by.map_or(next, |(number, _)| *number);
        found.push(NextStep { manifest: &manifests[end], back_to: by.map(|(_, to)| *to) });
        next = end + 1;
    }
    found
}

impl NextStep<'_> {
    /// The step with its rows, whose files are read once here.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] if a file is gone or is not what was published.
    pub(super) fn open(self, output: &Output) -> Result<Step> {
        Ok(Step { mark: self.manifest.mark(), back_to: self.back_to, rows: output.open_rows(self.manifest)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A log: for each run, the run to which it rolls back, if it does.
    fn log(runs: &[Option<u64>]) -> Vec<Manifest> {
        let manifest = |(number, to): (u64, &Option<u64>)| {
            let mark = HeadMark { run: RunId::new(number), digest: u128::from(number) };
            let plain = Manifest::new(StreamId::of_random([7; 16]), mark, number, Vec::new());
            plain.rolling_back_to(to.map(RunId::new))
        };
        (1..).zip(runs).map(manifest).collect()
    }

    fn steps_of(runs: &[Option<u64>], after: usize) -> Vec<(u64, Option<u64>)> {
        let manifests = &log(runs)[after..];
        let shown = |step: NextStep<'_>| (step.manifest.run().number(), step.back_to.map(RunId::number));
        steps(manifests).into_iter().map(shown).collect()
    }

    #[test]
    fn a_run_that_is_taken_back_later_is_passed_over() {
        assert_eq!(steps_of(&[None, None, None], 1), [(2, None), (3, None)]);
        let back = [None, None, None, Some(1), None];
        assert_eq!(steps_of(&back, 0), [(1, None), (4, Some(1)), (5, None)]);
        assert_eq!(steps_of(&back, 2), [(4, Some(1)), (5, None)]);
        assert_eq!(steps_of(&back, 4), [(5, None)]);
    }

    #[test]
    fn of_several_rollbacks_the_last_that_takes_a_run_back_counts() {
        let inside = [None, None, Some(1), None, Some(0), None];
        assert_eq!(steps_of(&inside, 0), [(5, Some(0)), (6, None)]);
        let apart = [None, None, Some(1), None, None, Some(4)];
        assert_eq!(steps_of(&apart, 0), [(1, None), (3, Some(1)), (4, None), (6, Some(4))]);
    }
}
