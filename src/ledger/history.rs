//! The ledger as a whole: which runs are active, what a rollback undoes, whether the accounts balance.

use super::{Counts, FileDigest, Head, RunEntry, RunId, RunKind};
use std::collections::{BTreeMap, BTreeSet};

/// The active runs: those that no later rollback has undone.
pub fn active_runs(entries: &[RunEntry]) -> BTreeSet<RunId> {
    let mut active = BTreeSet::new();
    for entry in entries {
        if let RunKind::Rollback { to } = entry.kind {
            active.retain(|&run| run <= to);
        }
        active.insert(entry.head.run);
    }
    active
}

/// The outputs recorded as removed on purpose, each with the newest run that recorded it: it concerns outputs of earlier runs.
/// Whether that run is active does not matter, because a rollback does not restore files.
pub fn accepted_missing(entries: &[RunEntry]) -> BTreeMap<&str, RunId> {
    let mut accepted = BTreeMap::new();
    for entry in entries {
        if let RunKind::AcceptMissing { outputs } = &entry.kind {
            accepted.extend(outputs.iter().map(|output| (output.as_str(), entry.head.run)));
        }
    }
    accepted
}

/// The plan of a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackPlan {
    /// The run whose state is restored.
    pub to: Head,
    /// The heads under which that state may still exist: the run's own, and those of earlier rollbacks to it.
    pub found_under: Vec<Head>,
    /// The runs that are no longer active.
    pub retracted: Vec<RunId>,
    /// The files that they ingested, which can then be ingested again.
    pub forgotten: Vec<FileDigest>,
    /// The sum of their counts.
    pub counts: Counts,
}

/// Why a rollback is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRollback {
    /// The run does not exist.
    Unknown,
    /// The run is the last one, or the last run was the rollback to it: nothing came after it.
    Last,
    /// This later rollback has undone the run.
    TakenBack(RunId),
}

/// Plans a rollback to the state after `run`.
///
/// # Errors
/// Why it is not possible.
pub fn plan_rollback(entries: &[RunEntry], run: RunId) -> Result<RollbackPlan, NoRollback> {
    let before_all = run == RunId::BEFORE_ALL;
    let target = match entries.iter().find(|entry| entry.head.run == run) {
        Some(entry) => entry.head.clone(),
        None if before_all && !entries.is_empty() => Head::before_all(),
        None => return Err(NoRollback::Unknown),
    };
    let last = entries.last().map_or(run, |entry| entry.head.run);
    let is_there = entries.last().is_some_and(|entry| entry.kind == RunKind::Rollback { to: run });
    if run == last || is_there {
        return Err(NoRollback::Last);
    }
    let active = active_runs(entries);
    if !before_all && !active.contains(&run) {
        return Err(NoRollback::TakenBack(taken_back_by(entries, run).unwrap_or(last)));
    }
    let after = |entry: &&RunEntry| entry.head.run > run && active.contains(&entry.head.run);
    let mut counts = Counts { events_open_before: target.events_open, ..Counts::default() };
    counts.events_open_after = counts.events_open_before;
    let mut forgotten = Vec::new();
    // The counts of a rollback among them belong to runs that were undone before.
    for entry in entries.iter().filter(after) {
        if !matches!(entry.kind, RunKind::Rollback { .. }) {
            counts.add(&entry.counts);
        }
        forgotten.extend(entry.files.iter().map(|file| file.digest));
    }
    let same_state = |entry: &&RunEntry| entry.kind == RunKind::Rollback { to: run };
    let copies = entries.iter().filter(after).filter(same_state).map(|entry| entry.head.clone());
    Ok(RollbackPlan {
        found_under: std::iter::once(target.clone()).chain(copies).collect(),
        to: target,
        retracted: entries.iter().filter(after).map(|entry| entry.head.run).collect(),
        forgotten,
        counts: counts.taken_back(),
    })
}

fn taken_back_by(entries: &[RunEntry], run: RunId) -> Option<RunId> {
    let takes_back = |entry: &&RunEntry| match entry.kind {
        RunKind::Rollback { to } => to < run && run < entry.head.run,
        _ => false,
    };
    entries.iter().find(takes_back).map(|entry| entry.head.run)
}

/// Everything in which the ledger contradicts itself, with the run where it shows; nothing if its accounts balance.
pub fn audit(entries: &[RunEntry]) -> Vec<(RunId, String)> {
    let mut found = Vec::new();
    let mut expected = RunId::new(1);
    let mut before: Option<&RunEntry> = None;
    for (number, entry) in entries.iter().enumerate() {
        let run = entry.head.run;
        if run != expected {
            found.push((run, format!("run {} should stand here", expected.number())));
        }
        expected = run.next();
        found.extend(entry.check_identity().err().map(|imbalance| (run, imbalance)));
        found.extend(audit_step(before, entry).into_iter().map(|finding| (run, finding)));
        if let RunKind::Rollback { to } = entry.kind {
            found.extend(audit_rollback(&entries[..number], entry, to).map(|finding| (run, finding)));
        }
        before = Some(entry);
    }
    found
}

fn audit_step(before: Option<&RunEntry>, entry: &RunEntry) -> Vec<String> {
    let mut found = Vec::new();
    let held = before.map_or(0, |before| before.counts.events_open_after);
    if entry.counts.events_open_before != held {
        found.push(format!(
            "{} events were held before it, but {held} after the run before",
            entry.counts.events_open_before
        ));
    }
    if entry.counts.events_open_after != entry.head.events_open {
        found.push(format!(
            "{} events are held after it, but its head has {}",
            entry.counts.events_open_after, entry.head.events_open
        ));
    }
    let Some(before) = before.map(|before| &before.head) else { return found };
    if entry.head.generation <= before.generation && entry.kind != RunKind::Import {
        found.push(format!("generation {} does not follow {}", entry.head.generation, before.generation));
    }
    let goes_back = entry.head.watermark < before.watermark || entry.head.latest < before.latest;
    if goes_back && !matches!(entry.kind, RunKind::Rollback { .. }) {
        found.push("the watermark or the latest event goes back".to_owned());
    }
    found
}

fn audit_rollback(before: &[RunEntry], entry: &RunEntry, to: RunId) -> Option<String> {
    let target = before.iter().find(|entry| entry.head.run == to).map(|entry| entry.head.clone());
    let target = if to == RunId::BEFORE_ALL {
        Head::before_all()
    } else if let Some(target) = target.filter(|_| active_runs(before).contains(&to)) {
        target
    } else {
        return Some(format!("it rolls back to run {}, which was not active", to.number()));
    };
    let state = |head: &Head| (head.watermark, head.latest, head.sessions_open, head.events_open);
    let same = state(&target) == state(&entry.head) && target.definition == entry.head.definition;
    (!same).then(|| format!("its state is not that of run {}", to.number()))
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
