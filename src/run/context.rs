//! The checkpoint and the output of a command: locked, opened, recovered.

use super::cancellation::Cancellation;
use super::format_copy::keep_copy;
use super::recovery::{decide, out_of_step};
use crate::core::event::Timestamp;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Recovery;
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::output::{Manifest, Output};
use crate::settings::CommonSettings;
use crate::state::{Checkpoint, FolderLock, Lock, LockHolder};
use std::path::Path;
use std::time::Duration;

/// An open checkpoint with its output, and the command that works with them. While it lives no other run can have them,
/// unless they are only looked at.
#[derive(Debug)]
pub struct Context {
    /// The checkpoint.
    pub(crate) checkpoint: Checkpoint,
    /// The output folder.
    pub(crate) output: Output,
    /// The clock at the start of the command, or what stands in for it.
    pub(crate) as_of: Timestamp,
    /// Whether the command is asked to end.
    pub(crate) cancellation: Cancellation,
    /// Whether a commit has begun whose run is not published yet: then what is staged is all that there is of it.
    pub(super) keeps_staging: bool,
    // The last field is dropped last: sled closes its files while the locks still hold.
    /// `None` if nothing may be changed.
    locks: Option<Locks>,
}

/// The locks of a command that writes.
#[derive(Debug)]
pub(crate) struct Locks {
    state: Lock,
    /// `None` as long as there is no such folder, and where the state is in the same one.
    output: Option<FolderLock>,
}

impl Context {
    /// Takes the locks of state and output, in this order, opens the checkpoint, makes the output folder its own, and finishes
    /// what a run before has left: one that was committed is published, one that was only staged is removed.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`], [`ErrorKind::Checkpoint`] if checkpoint and output are out of step or do not belong together,
    /// [`ErrorKind::Failed`].
    pub fn open(settings: &CommonSettings, cancellation: &Cancellation) -> Result<Self> {
        let disk = Disk::default();
        let mut locks = Locks::of_state(settings, &disk)?;
        let checkpoint = open_migrating(&settings.state, &disk)?;
        let run = checkpoint.head().map_or(0, |head| head.run.number());
        log::info!("{}: the checkpoint is open at run {run}", settings.state.display());
        let output = Output::at(settings.out.clone(), disk);
        let is_new = checkpoint.head().is_none();
        checkpoint.keep_stream()?;
        if is_new {
            output.create()?;
        }
        locks.add_output(&output, settings.wait)?;
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
        Ok(Self::locked(locks, checkpoint, output, settings.as_of, cancellation))
    }

    /// The same for commands that cannot make anything of a checkpoint that is not there: nothing is created.
    ///
    /// # Errors
    /// As [`Context::open`], and [`ErrorKind::Failed`] if there is no checkpoint.
    pub fn open_existing(settings: &CommonSettings, cancellation: &Cancellation) -> Result<Self> {
        expect_existing(settings)?;
        Self::open(settings, cancellation)
    }

    /// What a command works with that holds `locks` and has made sure that the output folder is its own.
    pub(crate) fn locked(
        locks: Locks,
        checkpoint: Checkpoint,
        output: Output,
        as_of: Timestamp,
        cancellation: &Cancellation,
    ) -> Self {
        let cancellation = cancellation.clone();
        Self { checkpoint, output, as_of, cancellation, keeps_staging: false, locks: Some(locks) }
    }

    /// What a dry run works with: a copy of a checkpoint (see [`super::Look`]).
    pub(super) const fn of_look(
        checkpoint: Checkpoint,
        output: Output,
        as_of: Timestamp,
        cancellation: Cancellation,
    ) -> Self {
        Self { checkpoint, output, as_of, cancellation, keeps_staging: false, locks: None }
    }
}

impl Drop for Context {
    /// A run that ended before its commit takes its staged outputs away.
    fn drop(&mut self) {
        if !self.keeps_staging && self.locks.is_some() && self.output.has_staging() {
            // What stays is removed by the next start.
            let _ = self.output.discard_staging();
        }
    }
}

impl Locks {
    /// Takes the lock of the state folder.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] if another command works there and goes on for longer than `--wait`.
    pub(crate) fn of_state(settings: &CommonSettings, disk: &Disk) -> Result<Self> {
        let holder = LockHolder { process: std::process::id(), since: settings.as_of };
        Ok(Self { state: Lock::take(&settings.state, disk, holder, settings.wait)?, output: None })
    }

    /// Takes the lock of the output folder, if it is there, unless the state is in the same folder.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] if another command works there and goes on for longer than `wait`.
    pub(crate) fn add_output(&mut self, output: &Output, wait: Duration) -> Result<()> {
        let folder = output.folder();
        if !folder.is_dir() || self.state.is_on(folder) {
            return Ok(());
        }
        let in_use = || {
            Error::new(ErrorKind::Locked, "the output folder is in use by another command")
                .at(folder.display())
                .remedy(
                    "give each --state an --out of its own; else wait, or give --wait a duration such as 10m",
                )
        };
        self.output = Some(FolderLock::take(folder, wait)?.ok_or_else(in_use)?);
        Ok(())
    }
}

/// Refuses a state folder that is not there.
pub(crate) fn expect_existing(settings: &CommonSettings) -> Result<()> {
    if settings.state.is_dir() {
        return Ok(());
    }
    let output = Output::at(settings.out.clone(), Disk::default());
    match output.newest_manifest()?.as_ref().and_then(Manifest::mark) {
        Some(published) => Err(out_of_step(Recovery::Behind, None, Some(published), output.folder())),
        None => Err(Error::new(ErrorKind::Failed, "there is no checkpoint here")
            .at(settings.state.display())
            .remedy("give the --state of one, or make one with `sessionize run`")),
    }
}

/// Opens a checkpoint. Of one in an older format a copy is kept before anything can be written in the newest.
fn open_migrating(state: &Path, disk: &Disk) -> Result<Checkpoint> {
    let checkpoint = Checkpoint::open(state, disk)?;
    match checkpoint.stored_version()? {
        Some(version) if version < CURRENT_VERSION => {
            drop(checkpoint);
            let kept = keep_copy(state, version, disk)?;
            log::warn!("{}: a copy of the checkpoint in its older format is kept", kept.display());
            Checkpoint::open(state, disk)
        }
        _ => Ok(checkpoint),
    }
}
