//! The view of a command that only looks: the last commit, in a private copy, and the outputs that belong to it.
//!
//! Nothing is locked, so a look never makes another command fail or wait. Nothing is written to the state or output folder, so
//! a look works on read-only folders. In return, another command may write while the files are copied. Their stamps before and
//! after show that, and then the look starts again. A command writes while it opens the checkpoint, stages its open state,
//! commits, and removes old generations; there is enough time between these steps, and between commands.
#![expect(clippy::disallowed_methods, reason = "waits for a moment in which nobody writes")]

use super::cancellation::Cancellation;
use super::context::{Context, expect_existing};
use super::recovery::unpublished;
use crate::core::event::Timestamp;
use crate::definition::Definition;
use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::RunId;
use crate::output::{Manifest, Output};
use crate::settings::CommonSettings;
use crate::state::{Checkpoint, Stamp, unwritable};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long other commands may keep writing before a look gives up; `--wait` adds to it.
const PATIENCE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A checkpoint as it was last committed, with its output.
#[derive(Debug)]
pub struct Look {
    /// The open copy.
    pub(crate) checkpoint: Checkpoint,
    /// The output folder.
    pub(crate) output: Output,
    /// The manifest of the last run, if that run is committed but not all of its outputs are published.
    pub(crate) unpublished: Option<Manifest>,
    /// What is wrong with the head, if the look accepts damage.
    pub(crate) damages: Vec<String>,
    seen: Seen,
    as_of: Timestamp,
    cancellation: Cancellation,
    /// The folder of the copy, if the checkpoint needs more than its open files.
    _copy: Option<TempDir>,
}

/// How a checkpoint is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It must be undamaged, and in step with its output.
    Whole,
    /// As far as it can be read.
    Damaged,
}

impl Look {
    /// Looks at the checkpoint, or at a new one if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::Checkpoint`] for damage, or if checkpoint and output are out of step. [`ErrorKind::Failed`] if the files
    /// cannot be read, there is no space for the copy, or the command is interrupted. [`ErrorKind::Locked`] if other commands
    /// keep writing.
    pub fn at(common: &CommonSettings, cancellation: &Cancellation) -> Result<Self> {
        Self::with(common, cancellation, Opening::Whole, |_| Ok(())).map(|(look, ())| look)
    }

    /// The same for a checkpoint that must exist.
    ///
    /// # Errors
    /// As [`Look::at`], and [`ErrorKind::Failed`] if there is no checkpoint.
    pub fn at_existing(common: &CommonSettings, cancellation: &Cancellation) -> Result<Self> {
        expect_existing(common)?;
        Self::at(common, cancellation)
    }

    /// The definition, if a run has decided it.
    pub fn definition(&self) -> Option<&Definition> {
        self.checkpoint.head().map(|head| &head.definition)
    }

    /// The context of a run that changes nothing.
    pub fn into_context(self) -> Context {
        Context::of_look(self.checkpoint, self.output, self.as_of, self.cancellation)
    }

    /// Looks, and runs `also` in the same state of the files.
    pub(crate) fn with<T>(
        common: &CommonSettings,
        cancellation: &Cancellation,
        opening: Opening,
        mut also: impl FnMut(&Self) -> Result<T>,
    ) -> Result<(Self, T)> {
        cancellation.leaves_something();
        let (start, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let found = Self::try_with(common, cancellation, opening, &mut also)?;
            cancellation.check()?;
            if let Some(found) = found {
                return found;
            }
            if start.elapsed() > PATIENCE + common.wait {
                return Err(Error::new(ErrorKind::Locked, "a command keeps writing to the checkpoint")
                    .at(common.state.display())
                    .remedy("rerun the command later, or give --wait a duration such as 10m"));
            }
            std::thread::sleep(pause);
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// One attempt; `None` if another command wrote in the meantime, so that neither result nor error means anything.
    fn try_with<T>(
        common: &CommonSettings,
        cancellation: &Cancellation,
        opening: Opening,
        also: &mut impl FnMut(&Self) -> Result<T>,
    ) -> Result<Option<Result<(Self, T)>>> {
        let seen = Seen::now(common)?;
        std::thread::sleep(seen.files.until_settled());
        let found = Self::take(common, cancellation, opening, seen.clone()).and_then(|look| {
            let other = also(&look)?;
            Ok((look, other))
        });
        Ok((Seen::now(common)? == seen).then_some(found))
    }

    fn take(
        common: &CommonSettings,
        cancellation: &Cancellation,
        opening: Opening,
        seen: Seen,
    ) -> Result<Self> {
        if seen.files.is_empty() && opening == Opening::Whole {
            return Self::at_nothing(common, cancellation, seen);
        }
        let copy = tempfile::tempdir().map_err(|error| unwritable(&std::env::temp_dir(), &error))?;
        seen.files.copy(&common.state, copy.path(), || cancellation.check())?;
        let output = Output::at(common.out.clone(), Disk::default());
        let (checkpoint, unpublished, damages) = match opening {
            Opening::Whole => {
                let checkpoint = Checkpoint::open_copy(copy.path(), &common.state)?;
                let unpublished = unpublished(&checkpoint, &output)?;
                (checkpoint, unpublished, Vec::new())
            }
            Opening::Damaged => {
                let (checkpoint, damages) = Checkpoint::open_damaged(copy.path(), &common.state)?;
                (checkpoint, None, damages)
            }
        };
        let run = checkpoint.head().map_or(0, |head| head.run.number());
        log::info!("{}: a copy of the checkpoint is open at run {run}", common.state.display());
        // If the process is killed from here on, it leaves nothing behind.
        let copy = seen.files.has_blobs().then_some(copy);
        Ok(Self {
            checkpoint,
            output,
            unpublished,
            damages,
            seen,
            as_of: common.as_of,
            cancellation: cancellation.clone(),
            _copy: copy,
        })
    }

    /// A look at a folder without a checkpoint: there is nothing to copy.
    fn at_nothing(common: &CommonSettings, cancellation: &Cancellation, seen: Seen) -> Result<Self> {
        let checkpoint = Checkpoint::begin_in_memory(&common.state)?;
        let output = Output::at(common.out.clone(), Disk::default());
        Ok(Self {
            unpublished: unpublished(&checkpoint, &output)?,
            checkpoint,
            output,
            damages: Vec::new(),
            seen,
            as_of: common.as_of,
            cancellation: cancellation.clone(),
            _copy: None,
        })
    }

    /// The last run, if it is committed but not published.
    pub(crate) fn unpublished_run(&self) -> Option<u64> {
        self.unpublished.as_ref().map(|manifest| manifest.run().number())
    }

    /// Whether state and output have changed since the look.
    pub(crate) fn is_over(&self, common: &CommonSettings) -> bool {
        Seen::now(common).map_or(true, |seen| seen != self.seen)
    }

    /// The clock at its start.
    pub(crate) const fn as_of(&self) -> Timestamp {
        self.as_of
    }

    /// The files of the checkpoint.
    pub(crate) const fn files(&self) -> &Stamp {
        &self.seen.files
    }
}

/// The stamps of state and output: while they stay the same, no command has committed or published.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    files: Stamp,
    published: Option<RunId>,
    pruned: Option<RunId>,
}

impl Seen {
    fn now(common: &CommonSettings) -> Result<Self> {
        // Whoever reads the manifests reports a folder that cannot be read.
        let output = Output::at(common.out.clone(), Disk::default());
        let published = output.newest_run().ok().flatten();
        let pruned = output.pruned().ok().flatten().map(|pruned| pruned.through());
        Ok(Self { files: Stamp::of(&common.state)?, published, pruned })
    }
}
