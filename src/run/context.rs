//! The context of a command: its checkpoint and output, locked, opened and recovered.

use super::cancellation::Cancellation;
use super::format_copy::keep_copy;
use super::recovery::{decide, out_of_step, take_back_lost};
use crate::core::event::Timestamp;
use crate::definition::Definition;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::Recovery;
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::output::{Manifest, Output};
use crate::settings::CommonSettings;
use crate::state::{Checkpoint, FolderLock, Lock, LockHolder};
use std::path::Path;
use std::time::Duration;

/// An open checkpoint with its output, and the command that uses them. While it exists, no other run can use them, except to
/// look at them.
#[derive(Debug)]
pub struct Context {
    /// The checkpoint.
    pub(crate) checkpoint: Checkpoint,
    /// The output folder.
    pub(crate) output: Output,
    /// The time at the start of the command, from the clock or from `--now`.
    pub(crate) as_of: Timestamp,
    /// The request to end the command.
    pub(crate) cancellation: Cancellation,
    /// Whether a commit has begun whose run is not published yet: then the staged files are its only copy.
    pub(super) keeps_staging: bool,
    // The last field is dropped last: sled closes its files while the locks are still held.
    /// `None` if nothing may be changed.
    locks: Option<Locks>,
}

/// The locks of a command that writes.
#[derive(Debug)]
pub(crate) struct Locks {
    state: Lock,
    /// `None` while there is no such folder, and if the state is in the same folder.
    output: Option<FolderLock>,
}

impl Context {
    /// Takes the locks of state and output, in this order, opens the checkpoint, claims the output folder, and finishes an
    /// earlier run: a committed run is published, and a run that was only staged is removed.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`]. [`ErrorKind::Checkpoint`] if checkpoint and output are out of step or do not belong together.
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
            (Recovery::Publish, Some(manifest)) => {
                let run = manifest.run();
                log::info!("run {}: committed before, publishing it now", run.number());
                output.check_staged(run, &manifest)?;
                checkpoint.keep_commit()?;
                output.sync_found(Some(&manifest))?;
                output.publish(run, &manifest)?;
            }
            _ if output.has_staging() => {
                output.sync_found(None)?;
                take_back_lost(&checkpoint, &output)?;
                output.discard_staging()?;
            }
            _ => {}
        }
        Ok(Self::locked(locks, checkpoint, output, settings.as_of, cancellation))
    }

    /// The same for commands that need an existing checkpoint: it creates nothing.
    ///
    /// # Errors
    /// As [`Context::open`], and [`ErrorKind::Failed`] if there is no checkpoint.
    pub fn open_existing(settings: &CommonSettings, cancellation: &Cancellation) -> Result<Self> {
        expect_existing(settings)?;
        Self::open(settings, cancellation)
    }

    /// The definition, if a run has decided it.
    pub fn definition(&self) -> Option<&Definition> {
        self.checkpoint.head().map(|head| &head.definition)
    }

    /// The context of a command that has the `locks` and owns the output folder.
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

    /// The context of a dry run: a copy of a checkpoint (see [`super::Look`]).
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
    /// A run that ends before its commit removes its staged outputs.
    fn drop(&mut self) {
        if !self.keeps_staging && self.locks.is_some() && self.output.has_staging() {
            // The next command removes what stays.
            let _ = self.output.discard_staging();
        }
    }
}

impl Locks {
    /// Takes the lock of the state folder.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] if another command holds it for longer than `--wait`.
    pub(crate) fn of_state(settings: &CommonSettings, disk: &Disk) -> Result<Self> {
        let holder = LockHolder { process: std::process::id(), since: settings.as_of };
        Ok(Self { state: Lock::take(&settings.state, disk, holder, settings.wait)?, output: None })
    }

    /// Takes the lock of the output folder, if the folder exists and does not also contain the state.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] if another command holds it for longer than `wait`.
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

/// Refuses a missing state folder.
pub(crate) fn expect_existing(settings: &CommonSettings) -> Result<()> {
    if settings.state.is_dir() {
        return Ok(());
    }
    let output = Output::at(settings.out.clone(), Disk::default());
    match output.newest_manifest()?.as_ref().map(Manifest::mark) {
        Some(published) => Err(out_of_step(Recovery::Behind, None, Some(published), output.folder())),
        None => Err(Error::new(ErrorKind::Failed, "there is no checkpoint here")
            .at(settings.state.display())
            .remedy("give the --state of one, or make one with `sessionize run`")),
    }
}

/// Opens a checkpoint. If its format is older, a copy is kept before anything is written in the newest format.
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
