//! Migrates an older version of the checkpoint format to the newest.
//!
//! Every released version can be read, row by row, and only the newest is written. So the next run would migrate the open state
//! anyway, after it has kept a copy of the folder. `migrate` does it at once.

use super::rewrite::commit_unchanged;
use crate::error::Result;
use crate::ledger::RunKind;
use crate::migrations::checkpoint::CURRENT_VERSION;
use crate::report::MigrateReport;
use crate::run::Context;

/// Writes the open state and the head again in the newest version. Entries of the ledger stay as they are.
///
/// # Errors
/// [`crate::error::ErrorKind::Checkpoint`] for damage, [`crate::error::ErrorKind::Failed`] if nothing can be written.
pub fn migrate(context: &mut Context) -> Result<MigrateReport> {
    let from = context.checkpoint.stored_version()?.unwrap_or(CURRENT_VERSION);
    let report = MigrateReport { run: None, from, to: CURRENT_VERSION };
    let Some(before) = context.checkpoint.head().cloned().filter(|_| from < CURRENT_VERSION) else {
        return Ok(report);
    };
    let entry = commit_unchanged(context, &before, RunKind::Migrate)?;
    Ok(MigrateReport { run: Some(entry.head.run.number()), ..report })
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests read and write files")]
#[path = "migrate_tests.rs"]
mod tests;
