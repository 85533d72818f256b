//! What lies behind a position, and in which steps a target gets there (`src/deliver/log.rs`).

use crate::delivery::bug::Bug;
use crate::delivery::feed::Feed;
use crate::ledger::{Entry, Events, Mark, head};
use crate::path::Run;

/// A step of a target: a run, or a rollback with the runs that it takes back and the target does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stride {
    /// Where the target is after it.
    pub mark: Mark,
    /// The run behind which everything is taken back.
    pub back_to: Option<Run>,
    /// The sessions of the run.
    pub rows: Events,
}

/// Why a delivery is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refusal {
    /// The folder is behind the target.
    Behind,
    /// The run of the position is another one here.
    Another,
    /// Runs behind the position were pruned.
    Pruned,
    /// An output is not there.
    Gone,
}

/// The steps behind a position.
///
/// # Errors
/// If position and log are of different histories, or if runs between them are no longer here.
pub fn strides(feed: &Feed, at: Mark, bug: Option<Bug>) -> Result<Vec<Stride>, Refusal> {
    if bug != Some(Bug::HistoryNotCompared) {
        expect_history(feed, at)?;
    }
    let behind: Vec<&Entry> = feed.runs.iter().filter(|entry| entry.mark.run > at.run).collect();
    let mut found = Vec::new();
    let mut next = 0;
    while let Some(first) = behind.get(next) {
        let takes_back = |number: &usize| behind[*number].back_to.is_some_and(|to| to < first.mark.run);
        let by = (next..behind.len()).rev().find(takes_back);
        let (end, back_to) = by.map_or((next, None), |by| (by, behind[by].back_to));
        let back_to = back_to.filter(|_| bug != Some(Bug::RunsNotTakenBack));
        found.push(Stride { mark: behind[end].mark, back_to, rows: behind[end].completed });
        next = end + 1;
    }
    Ok(found)
}

fn expect_history(feed: &Feed, at: Mark) -> Result<(), Refusal> {
    if feed.pruned > at.run {
        return Err(Refusal::Pruned);
    }
    if at == head(&[]) {
        return Ok(());
    }
    match feed.runs.iter().find(|entry| entry.mark.run == at.run) {
        None => Err(Refusal::Behind),
        Some(entry) if entry.mark == at => Ok(()),
        Some(_) => Err(Refusal::Another),
    }
}
