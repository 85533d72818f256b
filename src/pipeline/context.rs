//! The checkpoint and the output of a command: locked, opened, recovered.

use super::upkeep::keep_copy;
use crate::checkpoint::{Checkpoint, Lock, LockHolder};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, Recovery, Staged, recover};
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::settings::CommonSettings;
use crate::sink::{Manifest, Output};
use std::path::Path;

/// An open checkpoint with its output. While it lives no other run can have them, unless it is only looked at.
#[derive(Debug)]
pub struct Context {
    /// The checkpoint.
    pub(super) checkpoint: Checkpoint,
    /// The output folder.
    pub(super) output: Output,
    /// Whether a commit has begun whose run is not published yet: then what is staged is all that there is of it.
    pub(super) committing: bool,
    /// `None` if nothing may be changed. The last field is dropped last: sled closes its files while the lock still holds.
    lock: Option<Lock>,
}

impl Context {
    /// Takes the lock, opens the checkpoint, and finishes what a run before has left: one that was committed is
    /// published, one that was only staged is removed.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`], [`ErrorKind::Checkpoint`] if checkpoint and output are out of step, [`ErrorKind::Failed`].
    pub fn open(settings: &CommonSettings) -> Result<Self> {
        let holder = LockHolder { process: std::process::id(), since: settings.as_of };
        let lock = Lock::take(&settings.state, holder, settings.wait)?;
        let checkpoint = open_migrating(&settings.state)?;
        let run = checkpoint.head().map_or(0, |head| head.run.number());
        tracing::info!(state = %settings.state.display(), run, "the checkpoint is open");
        let output = Output::at(settings.out.clone());
        let (recovery, staged) = decide(&checkpoint, &output)?;
        match (recovery, staged) {
            (Recovery::Publish, Some((mark, manifest))) => {
                tracing::info!(run = mark.run.number(), "publishing a run that was committed before");
                output.check_staged(mark.run, &manifest)?;
                output.publish(mark.run, &manifest)?;
            }
            _ if output.has_staging() => output.discard_staging()?,
            _ => {}
        }
        Ok(Self { checkpoint, output, committing: false, lock: Some(lock) })
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
        Self { checkpoint, output, committing: false, lock: None }
    }
}

/// Refuses a state folder that is not there.
pub(super) fn expect_existing(settings: &CommonSettings) -> Result<()> {
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

/// Opens a checkpoint. Of one in an older format a copy is kept before anything can be written in the newest.
fn open_migrating(state: &Path) -> Result<Checkpoint> {
    let checkpoint = Checkpoint::open(state)?;
    match checkpoint.stored_version()? {
        Some(version) if version < CURRENT_VERSION => {
            drop(checkpoint);
            let kept = keep_copy(state, version)?;
            tracing::warn!(kept = %kept.display(), "a checkpoint of an older format: a copy of it is kept");
            Checkpoint::open(state)
        }
        _ => Ok(checkpoint),
    }
}

type StagedManifest = Option<(HeadMark, Manifest)>;

fn decide(checkpoint: &Checkpoint, output: &Output) -> Result<(Recovery, StagedManifest)> {
    let head = checkpoint.mark();
    let published = output.newest_manifest()?.as_ref().and_then(Manifest::mark);
    let staged = head.and_then(|head| output.staged_manifest(head.run)).and_then(|m| Some((m.mark()?, m)));
    let mark = |(mark, manifest): &(HeadMark, Manifest)| Staged { mark: *mark, follows: manifest.follows() };
    let recovery = recover(head, published, staged.as_ref().map(mark));
    match recovery {
        Recovery::Discard | Recovery::Publish => Ok((recovery, staged)),
        Recovery::Ahead if head.is_some_and(|head| output.has_staging_of(head.run)) => {
            Err(staging_lost(head, output.folder()))
        }
        Recovery::Behind | Recovery::Ahead | Recovery::Strangers => {
            Err(out_of_step(recovery, head, published, output.folder()))
        }
    }
}

/// The manifest of the last run, if that is committed and not published; the error if checkpoint and output are out of step.
pub(super) fn unpublished(checkpoint: &Checkpoint, output: &Output) -> Result<Option<Manifest>> {
    let (recovery, staged) = decide(checkpoint, output)?;
    Ok(staged.filter(|_| recovery == Recovery::Publish).map(|(_, manifest)| manifest))
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
        Recovery::Strangers => (
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
