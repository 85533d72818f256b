//! The generations of open state that are kept, and so how far back a rollback can go.

use super::context::Context;
use crate::core::event::Timestamp;
use crate::error::Result;
use crate::ledger::{RunEntry, RunId, RunKind, active_runs};
use crate::settings::KeepGenerations;
use crate::state::Checkpoint;
use std::collections::BTreeSet;

/// Removes the generations that `keep` does not cover after a run at `as_of`.
pub(super) fn drop_old(context: &Context, keep: KeepGenerations, as_of: Timestamp) -> Result<()> {
    let checkpoint = &context.checkpoint;
    let Some(current) = checkpoint.head().map(|head| head.generation) else { return Ok(()) };
    let first_kept = match keep {
        KeepGenerations::Count(count) => (current + 1).saturating_sub(count.get()),
        KeepGenerations::Age(us) => first_younger(checkpoint, us, as_of)?.unwrap_or(current),
    };
    checkpoint.drop_generations_before(first_kept)
}

/// The oldest generation whose run is younger than `age_us` at `as_of`. All earlier ones are older. Later ones are not checked,
/// so a clock that was wrong for a while removes nothing too early.
fn first_younger(checkpoint: &Checkpoint, age_us: i64, as_of: Timestamp) -> Result<Option<u64>> {
    let mut from = 0;
    while let Some(generation) = checkpoint.generation_from(from)? {
        let clock = checkpoint.clock_of_generation(generation)?;
        if clock.is_none_or(|clock| as_of.us_since(clock) < age_us) {
            return Ok(Some(generation));
        }
        from = generation + 1;
    }
    Ok(None)
}

/// The runs whose state a rollback can restore, including the last one.
pub(crate) fn kept_runs(checkpoint: &Checkpoint, entries: &[RunEntry]) -> Result<BTreeSet<RunId>> {
    let active = active_runs(entries);
    let generations = checkpoint.generations()?;
    let since = oldest_reachable(entries);
    let mut kept = BTreeSet::new();
    for entry in entries.iter().skip_while(|entry| entry.head.run < since) {
        if active.contains(&entry.head.run) && generations.contains(&entry.head.generation) {
            kept.insert(entry.head.run);
            // The state after a rollback is that of the run that it went back to.
            if let RunKind::Rollback { to } = entry.kind {
                kept.extend(Some(to).filter(|&to| to >= since && to != RunId::BEFORE_ALL));
            }
        }
    }
    Ok(kept)
}

/// No rollback goes back beyond this run: an import starts the generations again, and a purge must not be undone.
pub(crate) fn oldest_reachable(entries: &[RunEntry]) -> RunId {
    let begins = |entry: &&RunEntry| matches!(entry.kind, RunKind::Import | RunKind::Purge);
    entries.iter().rfind(begins).map_or(RunId::new(1), |entry| entry.head.run)
}

/// The same as text: `runs 12 to 40 are kept`.
pub(crate) fn kept_text(kept: &BTreeSet<RunId>) -> String {
    match (kept.first(), kept.last()) {
        (Some(first), Some(last)) if first != last => {
            format!("runs {} to {} are kept", first.number(), last.number())
        }
        (Some(only), _) => format!("only run {} is kept", only.number()),
        _ => "no run is kept".to_owned(),
    }
}
