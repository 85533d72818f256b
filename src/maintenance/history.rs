//! Sessions in the outputs of all runs, found by their ids and keys.

use super::session_rows::{SessionRow, for_each_session};
use crate::core::event::Timestamp;
use crate::error::Result;
use crate::ledger::{RunEntry, RunId, RunKind, active_runs};
use crate::output::{Manifest, OutputKind};
use crate::run::{Cancellation, Look};
use std::collections::BTreeSet;

/// A row of an output, with its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundSession {
    pub(super) run: RunId,
    pub(super) id: String,
    pub(super) key: Vec<u8>,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    pub(super) event_count: u64,
    pub(super) close_reason: String,
    pub(super) is_retracted: bool,
}

impl FoundSession {
    fn of(run: RunId, row: &SessionRow<'_>) -> Self {
        Self {
            run,
            id: String::from_utf8_lossy(row.id).into_owned(),
            key: row.key.to_vec(),
            start: row.start,
            end: row.end,
            event_count: row.event_count,
            close_reason: row.close_reason.to_owned(),
            is_retracted: row.is_retracted,
        }
    }
}

/// The outputs of all runs.
pub(super) struct History<'l> {
    pub(super) look: &'l Look,
    pub(super) runs: &'l [RunEntry],
    active: BTreeSet<RunId>,
    cancellation: &'l Cancellation,
}

impl<'l> History<'l> {
    pub(super) fn new(look: &'l Look, runs: &'l [RunEntry], cancellation: &'l Cancellation) -> Self {
        Self { look, runs, active: active_runs(runs), cancellation }
    }

    pub(super) fn entry(&self, run: RunId) -> Option<&'l RunEntry> {
        self.runs.iter().find(|entry| entry.head.run == run)
    }

    /// The rollback that has undone a run.
    pub(super) fn undone_by(&self, run: RunId) -> Option<RunId> {
        let undoes = |entry: &&RunEntry| matches!(entry.kind, RunKind::Rollback { to } if to < run && run < entry.head.run);
        self.runs.iter().find(undoes).map(|entry| entry.head.run)
    }

    /// The last row with this id: of the runs that stand, or else of those that a rollback has undone. Reads outputs from the newest
    /// run on, until it is found.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it is interrupted, [`crate::error::ErrorKind::Checkpoint`] for an output that this build
    /// cannot read.
    pub(super) fn find(&self, id: &str, of_active: bool) -> Result<Option<FoundSession>> {
        let runs = self.runs.iter().map(|entry| entry.head.run);
        for run in runs.rev().filter(|run| self.active.contains(run) == of_active) {
            let mut found = None;
            self.for_each_row(run, |row| {
                if row.id == id.as_bytes() {
                    found = Some(FoundSession::of(run, row));
                }
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The sessions of a key that the runs that stand have left, in the order of their starts. Reads all outputs.
    ///
    /// # Errors
    /// [`crate::error::ErrorKind::Failed`] if it is interrupted, [`crate::error::ErrorKind::Checkpoint`] for an output that this build
    /// cannot read.
    pub(super) fn sessions_of(&self, key: &[u8]) -> Result<Vec<FoundSession>> {
        let mut sessions: Vec<FoundSession> = Vec::new();
        for &run in &self.active {
            self.for_each_row(run, |row| {
                if row.key == key {
                    let found = FoundSession::of(run, row);
                    sessions.retain(|session| session.id != found.id);
                    if !found.is_retracted {
                        sessions.push(found);
                    }
                }
            })?;
        }
        sessions.sort_by_key(|session| (session.start, session.end));
        Ok(sessions)
    }

    /// Whether something of the runs that stand is no longer here, so that a session may be missing.
    pub(super) fn lacks_outputs(&self) -> bool {
        let lacks = |entry: &RunEntry| {
            let missing = self.manifest_of(entry.head.run).is_none_or(|manifest| {
                let opened = self.look.output.missing_of(manifest.run());
                !opened.is_empty()
            });
            let is_rollback = matches!(entry.kind, RunKind::Rollback { .. });
            entry.counts.sessions_completed > 0 && !is_rollback && missing
        };
        self.runs.iter().filter(|entry| self.active.contains(&entry.head.run)).any(lacks)
    }

    pub(super) fn manifest_of(&self, run: RunId) -> Option<Manifest> {
        self.look.output.manifest_of(run).ok().flatten()
    }

    /// Outputs that are gone or changed have no rows.
    fn for_each_row(&self, run: RunId, mut take: impl FnMut(&SessionRow<'_>)) -> Result<()> {
        self.cancellation.check()?;
        let Some(manifest) = self.manifest_of(run) else { return Ok(()) };
        for file in self.look.output.open_each(&manifest, OutputKind::Sessions).flatten() {
            for_each_session(file, |row| {
                take(&row);
                Ok(())
            })?;
            self.cancellation.check()?;
        }
        Ok(())
    }
}
