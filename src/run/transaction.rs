//! The steps of every commit: stage, seal, commit, publish. `docs/durability.md` describes their order.

use super::context::Context;
use super::stopwatch::Stopwatch;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{FileDigest, FilePlace, RunEntry, RunId, RunKind};
use crate::output::{Manifest, Output, OutputKind, Staging};
use crate::report::{Outputs, SidePaths};
use crate::state::{Imported, head_digest};

/// A run on its way into the ledger, whatever command makes it.
///
/// Until the commit nothing changes, and the context removes what it has staged. After the commit, the next command that writes
/// finishes the rest.
#[derive(Debug)]
pub(crate) struct Transaction<'c> {
    context: &'c mut Context,
    staging: Staging,
    entry: RunEntry,
    change: LedgerChange<'c>,
}

/// What a commit changes in the ledger besides adding its entry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LedgerChange<'c> {
    /// Nothing.
    None,
    /// These known contents were found at these places.
    Places(&'c [(FileDigest, FilePlace)]),
    /// These files become unknown: a rollback undoes the runs that ingested them.
    Forget(&'c [FileDigest]),
    /// The ledger and the known files are those of an export, and the output folder is at run `follows`.
    Import {
        /// The export.
        imported: &'c Imported,
        /// The newest published run.
        follows: Option<RunId>,
    },
}

/// A run that is committed and published.
#[derive(Debug)]
pub(crate) struct Published {
    /// Its entry in the ledger.
    pub(crate) entry: RunEntry,
    manifest: Manifest,
}

impl<'c> Transaction<'c> {
    /// Stages a run without outputs. Its open state is already staged.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if its accounts do not balance, or if its folder cannot be created.
    pub(crate) fn stage(context: &'c mut Context, entry: RunEntry, change: LedgerChange<'c>) -> Result<Self> {
        check_balance(entry.check_identity())?;
        context.output.discard_staging()?;
        let staging = Staging::begin(&context.output, context.checkpoint.stream(), entry.head.run)?;
        Ok(Self { context, staging, entry, change })
    }

    /// Continues a run whose outputs and open state a fold has staged. It found known contents at `places`.
    ///
    /// # Errors
    /// [`ErrorKind::Failed`] if its accounts do not balance.
    pub(super) fn of_fold(
        context: &'c mut Context,
        staging: Staging,
        entry: RunEntry,
        places: &'c [(FileDigest, FilePlace)],
    ) -> Result<Self> {
        check_balance(entry.check_identity())?;
        Ok(Self { context, staging, entry, change: LedgerChange::Places(places) })
    }

    /// Seals, commits and publishes, and measures the time of each step.
    ///
    /// # Errors
    /// [`ErrorKind::CommitUnknown`] if the commit fails, [`ErrorKind::Failed`] for the other steps. Before the commit nothing
    /// has changed. After it the run is committed, and the next command that writes publishes it.
    pub(crate) fn carry_out(self, stopwatch: &mut Stopwatch) -> Result<Published> {
        let Self { context, staging, entry, change } = self;
        let manifest = seal(staging, &entry, change, stopwatch)?;
        stopwatch.book(|phases| &mut phases.stage);
        context.cancellation.begin_commit()?;
        commit(context, &entry, change)?;
        stopwatch.book(|phases| &mut phases.commit);
        publish(context, entry.head.run, &manifest)?;
        Ok(Published { entry, manifest })
    }
}

impl Published {
    /// The paths of what was published to `output`.
    pub(super) fn outputs(&self, output: &Output) -> Outputs {
        let paths = |kind: OutputKind| {
            let published = self.manifest.patterns_of(kind).into_iter();
            published.map(|path| output.folder().join(path).to_string_lossy().into_owned())
        };
        Outputs {
            sessions: paths(OutputKind::Sessions).next(),
            late: SidePaths(paths(OutputKind::Late).collect()),
            rejects: SidePaths(paths(OutputKind::Rejects).collect()),
            events: paths(OutputKind::Events).next(),
            open: paths(OutputKind::Open).next(),
        }
    }
}

/// The error for accounts that do not balance: nothing may be committed.
pub(crate) fn check_balance(balance: Result<(), String>) -> Result<()> {
    balance.map_err(|imbalance| {
        Error::new(ErrorKind::Failed, imbalance)
            .remedy("this is a defect of sessionize: please report it with the files of this batch")
            .nothing_changed()
    })
}

/// Syncs everything that is staged, the manifest last. It says how long the run has taken until then.
fn seal(
    staging: Staging,
    entry: &RunEntry,
    change: LedgerChange<'_>,
    stopwatch: &mut Stopwatch,
) -> Result<Manifest> {
    let rolls_back_to = match entry.kind {
        RunKind::Rollback { to } => Some(to),
        _ => None,
    };
    let complete = |manifest: Manifest| {
        stopwatch.book(|phases| &mut phases.stage);
        let timed = manifest.timed(stopwatch.phases_us());
        match change {
            LedgerChange::Import { follows, .. } => timed.following(follows),
            LedgerChange::None | LedgerChange::Places(_) | LedgerChange::Forget(_) => {
                timed.rolling_back_to(rolls_back_to)
            }
        }
    };
    staging.seal(head_digest(&entry.head), entry.head.generation, complete)
}

/// Makes the staged state, the entry and the known files current in one atomic write.
fn commit(context: &mut Context, entry: &RunEntry, change: LedgerChange<'_>) -> Result<()> {
    let run = entry.head.run.number();
    // From here on, the staged files may be the only copy of the run's output, so they stay whatever happens.
    context.keeps_staging = true;
    let checkpoint = &mut context.checkpoint;
    let committed = match change {
        LedgerChange::None => checkpoint.commit(entry),
        LedgerChange::Places(places) => checkpoint.commit_with_places(entry, places),
        LedgerChange::Forget(files) => checkpoint.commit_and_forget(entry, files),
        LedgerChange::Import { imported, .. } => checkpoint.commit_import(imported, entry),
    };
    committed.map_err(|error| error.commit_unknown(run))?;
    let sessions = entry.counts.sessions_completed;
    log::info!("run {run}: committed {sessions} sessions, generation {}", entry.head.generation);
    Ok(())
}

fn publish(context: &mut Context, run: RunId, manifest: &Manifest) -> Result<()> {
    context.output.publish(run, manifest)?;
    context.keeps_staging = false;
    context.cancellation.end_commit(run);
    log::info!("run {}: published {} files", run.number(), manifest.files.len());
    Ok(())
}
