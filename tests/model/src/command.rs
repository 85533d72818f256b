//! What a user asks for, and what a checkpoint makes of it.

use crate::bug::Bug;
use crate::commit::Layout;
use crate::ledger::{Entry, Events, after_finalize, after_rollback, after_run, head};
use crate::path::Run;
use crate::store::Data;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// `run` over one batch, counted from 0.
    Run(u8),
    /// `finalize`.
    Finalize,
    /// `rollback --to-run`.
    Rollback(Run),
    /// `backup`.
    Backup,
}

impl Command {
    /// The entry of the run that it makes; `None` if there is nothing to do.
    pub fn entry(self, data: &Data, bug: Option<Bug>) -> Option<Entry> {
        match self {
            Self::Run(batch) if bug == Some(Bug::BatchNotRecognized) => {
                let known = head(&data.runs).known;
                let new = Events::of_batch(batch);
                after_run(&data.runs, batch).or_else(|| {
                    let mut entry = after_finalize(&data.runs)?;
                    (entry.mark.known, entry.mark.open) = (known, new);
                    Some(entry)
                })
            }
            Self::Run(batch) => after_run(&data.runs, batch),
            Self::Finalize => after_finalize(&data.runs),
            Self::Rollback(to) => {
                let known = head(&data.runs).known;
                let mut entry = after_rollback(&data.runs, to)?;
                if bug == Some(Bug::RollbackForgetsNothing) {
                    entry.mark.known = known;
                }
                Some(entry)
            }
            Self::Backup => None,
        }
    }

    /// How it writes its output.
    pub const fn layout(self, by_days: bool, is_silent: bool) -> Layout {
        match self {
            Self::Rollback(_) => Layout::RunOfStateAlone,
            _ if is_silent => Layout::Nothing,
            _ if by_days => Layout::ByDays,
            _ => Layout::Whole,
        }
    }
}
