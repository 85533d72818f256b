//! Purge: removes the open state of one key, so that no session comes of it.

use super::rewrite::{commit, head_with, report};
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{Counts, Head, RunEntry, RunKind};
use crate::report::MaintenanceReport;
use crate::run::{Context, LedgerChange};

/// Removes the open session and the buffered events of `key`, and every older generation of open state, which may contain them
/// too. Its events count as removed. From now on, its events up to the watermark are late, because it is no longer known which
/// of its sessions were emitted. Published outputs stay as they are.
///
/// # Errors
/// [`ErrorKind::Checkpoint`] for damage, [`ErrorKind::Failed`] if nothing can be written.
pub fn purge(context: &mut Context, key: &[u8]) -> Result<MaintenanceReport> {
    let Some(before) = context.checkpoint.head().cloned() else {
        return Err(Error::new(ErrorKind::Failed, "there is no open state: no run was committed"));
    };
    let (state, open) = context.checkpoint.copy_state(&before, |other| other == key)?;
    let head = Head {
        purged: before.purged.with(key, before.watermark),
        ..head_with(&before, before.run.next(), state, open)
    };
    if head.keys_open == before.keys_open {
        // The next run overwrites what was staged. A purge that died may have left the key there.
        forget_before_last_purge(context)?;
        return Ok(report(&before, None));
    }
    let counts = Counts {
        events_open_before: before.events_open,
        events_open_after: head.events_open,
        events_removed: before.events_open - head.events_open,
        ..Counts::default()
    };
    let entry = RunEntry { kind: RunKind::Purge, as_of: context.as_of, files: Vec::new(), counts, head };
    let entry = commit(context, entry, LedgerChange::None)?;
    context.checkpoint.drop_generations_before(entry.head.generation)?;
    let reaches = Some(entry.head.run.number());
    Ok(MaintenanceReport { rollback_reaches: reaches, ..report(&entry.head, Some(&entry)) })
}

/// Removes the open state from before the last purge: no rollback returns to it.
fn forget_before_last_purge(context: &Context) -> Result<()> {
    let entries = context.checkpoint.runs()?;
    let last = entries.iter().rfind(|entry| entry.kind == RunKind::Purge);
    last.map_or(Ok(()), |purge| context.checkpoint.drop_generations_before(purge.head.generation))
}
