//! The checkpoint and the output of a command: locked, opened, recovered.

use super::format_copy::keep_copy;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, Recovery, Side, Staged, recover};
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::output::{Manifest, Output, belongs_to_another};
use crate::settings::CommonSettings;
use crate::state::{Checkpoint, FolderLock, Lock, LockHolder};
use std::path::Path;
use std::time::Duration;

/// An open checkpoint with its output. While it lives no other run can have them, unless it is only looked at.
#[derive(Debug)]
pub struct Context {
    /// The checkpoint.
    pub(crate) checkpoint: Checkpoint,
    /// The output folder.
    pub(crate) output: Output,
    /// Whether a commit has begun whose run is not published yet: then what is staged is all that there is of it.
    pub(crate) committing: bool,
    // The last fields are dropped last: sled closes its files while the locks still hold.
    /// `None` if nothing may be changed.
    lock: Option<Lock>,
    _output_lock: Option<FolderLock>,
}

impl Context {
    /// Takes the locks of state and output, in this order, opens the checkpoint, makes the output folder its own, and finishes
    /// what a run before has left: one that was committed is published, one that was only staged is removed.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`], [`ErrorKind::Checkpoint`] if checkpoint and output are out of step or do not belong together,
    /// [`ErrorKind::Failed`].
    pub fn open(settings: &CommonSettings) -> Result<Self> {
        let holder = LockHolder { process: std::process::id(), since: settings.as_of };
        let lock = Lock::take(&settings.state, holder, settings.wait)?;
        let checkpoint = open_migrating(&settings.state)?;
        let run = checkpoint.head().map_or(0, |head| head.run.number());
        log::info!("{}: the checkpoint is open at run {run}", settings.state.display());
        let output = Output::at(settings.out.clone());
        let is_new = checkpoint.head().is_none();
        checkpoint.keep_stream()?;
        if is_new {
            output.create()?;
        }
        let output_lock = lock_output(&output, &lock, settings.wait)?;
        let (recovery, staged) = decide(&checkpoint, &output)?;
        output.claim(checkpoint.stream(), is_new)?;
        match (recovery, staged) {
            (Recovery::Publish, Some((mark, manifest))) => {
                log::info!("run {}: committed before, publishing it now", mark.run.number());
                output.check_staged(mark.run, &manifest)?;
                output.publish(mark.run, &manifest)?;
            }
            _ if output.has_staging() => output.discard_staging()?,
            _ => {}
        }
        Ok(Self { checkpoint, output, committing: false, lock: Some(lock), _output_lock: output_lock })
    }

    /// The same for commands that cannot make anything of a checkpoint that is not there: nothing is created.
    ///
    /// # Errors
    /// As [`Context::open`], and [`ErrorKind::Failed`] if there is no checkpoint.
    pub fn open_existing(settings: &CommonSettings) -> Result<Self> {
        expect_existing(settings)?;
        Self::open(settings)
    }

    /// What a dry run works with: a copy of a checkpoint (see [`super::Look`]).
    pub(super) const fn of_look(checkpoint: Checkpoint, output: Output) -> Self {
        Self { checkpoint, output, committing: false, lock: None, _output_lock: None }
    }
}

/// Refuses a state folder that is not there.
pub(crate) fn expect_existing(settings: &CommonSettings) -> Result<()> {
    if settings.state.is_dir() {
        return Ok(());
    }
    let output = Output::at(settings.out.clone());
    match output.newest_manifest()?.as_ref().and_then(Manifest::mark) {
        Some(published) => Err(out_of_step(Recovery::Behind, None, Some(published), output.folder())),
        None => Err(Error::new(ErrorKind::Failed, "there is no checkpoint here")
            .at(settings.state.display())
            .remedy("give the --state of one, or make one with `sessionize run`")),
    }
}

impl Drop for Context {
    /// A run that ended before its commit takes its staged outputs away.
    fn drop(&mut self) {
        if !self.committing && self.lock.is_some() && self.output.has_staging() {
            // What stays is removed by the next start.
            let _ = self.output.discard_staging();
        }
    }
}

/// Takes the lock of an output folder, if it is there, unless the state is in the same folder and `state` has its lock.
///
/// # Errors
/// [`ErrorKind::Locked`] if another command works there and goes on for longer than `wait`.
pub(crate) fn lock_output(output: &Output, state: &Lock, wait: Duration) -> Result<Option<FolderLock>> {
    let folder = output.folder();
    if !folder.is_dir() || state.is_on(folder) {
        return Ok(None);
    }
    let in_use = || {
        Error::new(ErrorKind::Locked, "the output folder is in use by another command")
            .at(folder.display())
            .remedy("give each --state an --out of its own; else wait, or give --wait a duration such as 10m")
    };
    FolderLock::take(folder, wait)?.ok_or_else(in_use).map(Some)
}

/// Opens a checkpoint. Of one in an older format a copy is kept before anything can be written in the newest.
fn open_migrating(state: &Path) -> Result<Checkpoint> {
    let checkpoint = Checkpoint::open(state)?;
    match checkpoint.stored_version()? {
        Some(version) if version < CURRENT_VERSION => {
            drop(checkpoint);
            let kept = keep_copy(state, version)?;
            log::warn!("{}: a copy of the checkpoint in its older format is kept", kept.display());
            Checkpoint::open(state)
        }
        _ => Ok(checkpoint),
    }
}

type StagedManifest = Option<(HeadMark, Manifest)>;

fn decide(checkpoint: &Checkpoint, output: &Output) -> Result<(Recovery, StagedManifest)> {
    let head = checkpoint.mark();
    let published = output.newest_manifest()?.as_ref().and_then(Manifest::mark);
    let stream = Some(checkpoint.stream());
    let staged = head.and_then(|head| output.staged_manifest(head.run));
    let staged = staged.filter(|m| m.stream() == stream).and_then(|m| Some((m.mark()?, m)));
    let mark = |(mark, manifest): &(HeadMark, Manifest)| Staged { mark: *mark, follows: manifest.follows() };
    let of_output = Side { stream: output.owner()?, newest: published };
    let recovery = recover(Side { stream, newest: head }, of_output, staged.as_ref().map(mark));
    match recovery {
        Recovery::Discard | Recovery::Publish => Ok((recovery, staged)),
        Recovery::Ahead if head.is_some_and(|head| output.has_staging_of(head.run)) => {
            Err(staging_lost(head, output.folder()))
        }
        Recovery::Another => Err(belongs_to_another(output)),
        Recovery::Behind | Recovery::Ahead | Recovery::Orphan => match lost_outputs(checkpoint, output) {
            Some(lost) => Err(Error::new(ErrorKind::Checkpoint, lost).at(output.folder().display()).remedy(
                "put back a backup of both folders; without one, export-state --salvage and import-state go on without them",
            )),
            None => Err(out_of_step(recovery, head, published, output.folder())),
        },
    }
}

/// The manifest of the last run, if that is committed and not published; the error if checkpoint and output are out of step.
pub(super) fn unpublished(checkpoint: &Checkpoint, output: &Output) -> Result<Option<Manifest>> {
    let (recovery, staged) = decide(checkpoint, output)?;
    Ok(staged.filter(|_| recovery == Recovery::Publish).map(|(_, manifest)| manifest))
}

/// What is lost where the output folder stands at the run before the last one, and of that nothing is staged any more.
pub(crate) fn lost_outputs(checkpoint: &Checkpoint, output: &Output) -> Option<String> {
    let published = output.newest_manifest().ok()??.mark()?;
    let runs = checkpoint.readable_runs(&mut Vec::new()).ok()?;
    let [.., (_, before), (last, _)] = runs.as_slice() else { return None };
    let run = last.head.run;
    if published != *before || output.has_staging_of(run) {
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

fn staging_lost(head: Option<HeadMark>, folder: &Path) -> Error {
    let run = head.map_or(0, |head| head.run.number());
    let what =
        format!("run {run} is committed but not published, and the manifest that it staged is damaged");
    Error::new(ErrorKind::Checkpoint, what)
        .at(folder.display())
        .remedy("put back a backup of the output folder together with its state folder")
}

fn out_of_step(
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
            "give the --out that belongs to this --state, or put back the folder's manifests/",
        ),
        Recovery::Orphan => (
            format!("checkpoint and output are both at run {head}, but of different histories"),
            "give the --state and --out that belong together",
        ),
        _ => (
            format!(
                "the output folder is at run {published}, but the checkpoint only at run {head}: it is an older copy or damaged"
            ),
            "put back the checkpoint that belongs to this output, or start a new pair of --state and --out",
        ),
    };
    Error::new(ErrorKind::Checkpoint, what).at(folder.display()).remedy(remedy)
}
