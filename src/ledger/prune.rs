//! Which runs of the past nobody needs any more in the output folder.

use super::{RunEntry, RunId};
use crate::core::event::Timestamp;

/// What has to stay.
#[derive(Debug, Clone, Copy)]
pub struct Needed {
    /// Outputs of runs from this time on.
    pub since: Timestamp,
    /// The oldest run that a rollback can go back to: it retracts the outputs of the runs after it.
    pub rollback_to: RunId,
    /// The run up to which every follower has what was published; `None` if there is no follower. What goes on from it begins
    /// with its manifest.
    pub taken: Option<RunId>,
}

/// What ends the runs that may be pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PruneLimit {
    /// The next run is younger.
    Age,
    /// A rollback may still retract the next run.
    Rollback,
    /// A follower still needs the next run.
    Followers,
    /// The next run is the newest: every command holds its manifest against the checkpoint.
    Newest,
}

impl PruneLimit {
    /// What it is called in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Rollback => "rollback",
            Self::Followers => "followers",
            Self::Newest => "newest-run",
        }
    }
}

/// The last of the runs that nobody needs any more, counted from the first one without a gap, and why it is the last;
/// [`RunId::BEFORE_ALL`] if there is none.
pub fn plan_prune(entries: &[RunEntry], needed: Needed) -> (RunId, PruneLimit) {
    let newest = entries.last().map_or(RunId::BEFORE_ALL, |entry| entry.head.run);
    let mut last = RunId::BEFORE_ALL;
    for entry in entries {
        let run = entry.head.run;
        let limit = if run == newest {
            Some(PruneLimit::Newest)
        } else if entry.as_of >= needed.since {
            Some(PruneLimit::Age)
        } else if run > needed.rollback_to {
            Some(PruneLimit::Rollback)
        } else if needed.taken.is_some_and(|taken| run >= taken) {
            Some(PruneLimit::Followers)
        } else {
            None
        };
        if let Some(limit) = limit {
            return (last, limit);
        }
        last = run;
    }
    (last, PruneLimit::Newest)
}
