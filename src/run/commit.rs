//! The end of a run that has something to keep: seal, commit, publish, drop what is old.

use super::context::Context;
use super::fold::StagedRun;
use super::generations::drop_old;
use super::watch::{Stopwatch, begin_commit, end_commit};
use crate::core::event::Timestamp;
use crate::core::watermark::Watermark;
use crate::definition::Definition;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Counts, FileEntry, Head, KnownFiles, RunEntry, RunId, RunKind, WatermarkOrigin};
use crate::output::{Manifest, OutputKind};
use crate::purged::PurgedKeys;
use crate::report::Outputs;
use crate::settings::KeepGenerations;
use crate::state::head_digest;

/// What a run wants to keep.
#[derive(Debug)]
pub(super) struct CommitRequest {
    pub(super) kind: RunKind,
    pub(super) as_of: Timestamp,
    pub(super) definition: Definition,
    pub(super) files: Vec<FileEntry>,
    pub(super) watermark: Watermark,
    pub(super) origin: Option<WatermarkOrigin>,
    pub(super) latest: Option<Timestamp>,
    pub(super) accepts_from: Watermark,
    pub(super) keep_generations: KeepGenerations,
}

/// The counts of an attempt, held against the accounting identity.
///
/// # Errors
/// [`ErrorKind::Failed`] if they do not balance.
pub(super) fn balanced_counts(context: &Context, staged: &StagedRun) -> Result<Counts> {
    let counts = Counts {
        sessions_completed: staged.written.counts.sessions_completed,
        events_completed: staged.written.counts.events_completed,
        sessions_retracted: staged.written.counts.sessions_retracted,
        events_retracted: staged.written.counts.events_retracted,
        events_duplicate: staged.open.duplicates,
        events_open_before: context.checkpoint.head().map_or(0, |head| head.events_open),
        events_open_after: staged.open.events,
        ..staged.stats.counts.clone()
    };
    check_balance(counts.check_identity())?;
    Ok(counts)
}

/// The error for accounts that do not balance: nothing may be committed.
pub(crate) fn check_balance(balance: Result<(), String>) -> Result<()> {
    balance.map_err(|imbalance| {
        Error::new(ErrorKind::Failed, imbalance)
            .remedy("this is a defect of sessionize: please report it with the files of this batch")
            .nothing_changed()
    })
}

/// Commits and publishes. Until the commit nothing is changed; after it the next start finishes what this one does not.
pub(super) fn commit(
    context: &mut Context,
    staged: StagedRun,
    counts: Counts,
    request: CommitRequest,
    stopwatch: &mut Stopwatch,
) -> Result<(RunEntry, Manifest)> {
    let (Some(state), Some(staging)) = (staged.state, staged.written.staging) else {
        return Err(Error::new(ErrorKind::Failed, "nothing was staged"));
    };
    let run = context.checkpoint.head().map_or(RunId::new(1), |head| head.run.next());
    let head = Head {
        run,
        generation: state.generation,
        chunks: state.chunks,
        state_digest: state.digest,
        keys_open: staged.open.keys,
        sessions_open: staged.open.sessions,
        events_open: staged.open.events,
        oldest_open_start: staged.open.oldest_start,
        watermark: request.watermark,
        watermark_origin: request.origin,
        latest: request.latest,
        accepts_from: request.accepts_from,
        purged: still_evicted(context, request.accepts_from),
        known_files: known_files(context, &request.files, run),
        definition: request.definition,
    };
    let manifest = staging.seal(head_digest(&head), head.generation)?;
    let entry = RunEntry { kind: request.kind, as_of: request.as_of, files: request.files, counts, head };
    stopwatch.book(|phases| &mut phases.stage);
    begin_commit()?;
    context.committing = true;
    context.checkpoint.commit(&entry).map_err(|error| {
        error.or_remedy("run the same command again: it finds out whether this run has reached the disk")
    })?;
    let sessions = entry.counts.sessions_completed;
    log::info!("run {}: committed {sessions} sessions, generation {}", run.number(), entry.head.generation);
    stopwatch.book(|phases| &mut phases.commit);
    context.output.publish(run, &manifest)?;
    context.committing = false;
    end_commit(run);
    log::info!("run {}: published {} files", run.number(), manifest.files.len());
    if let Err(error) = drop_old(context, request.keep_generations, entry.as_of) {
        log::warn!("{error}; the run is committed and published, the next one drops what is old");
    }
    stopwatch.book(|phases| &mut phases.publish);
    Ok((entry, manifest))
}

fn known_files(context: &Context, new: &[FileEntry], run: RunId) -> KnownFiles {
    let before = context.checkpoint.head().map(|head| head.known_files).unwrap_or_default();
    new.iter().fold(before, |known, file| known.with(file.digest, run))
}

/// Keys that were removed, of which an event could otherwise still be accepted.
fn still_evicted(context: &Context, accepts_from: Watermark) -> PurgedKeys {
    context.checkpoint.head().map(|head| head.purged.needed_from(accepts_from)).unwrap_or_default()
}

/// The paths of what was published.
pub(super) fn outputs(context: &Context, manifest: &Manifest) -> Outputs {
    let path = |kind: OutputKind| {
        let published = manifest.file_of(kind)?;
        Some(context.output.folder().join(&published.path).to_string_lossy().into_owned())
    };
    Outputs {
        sessions: path(OutputKind::Sessions),
        late: path(OutputKind::Late),
        rejects: path(OutputKind::Rejects),
        events: path(OutputKind::Events),
        open: path(OutputKind::Open),
    }
}
