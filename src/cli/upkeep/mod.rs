//! The verbs that check, repair and carry a checkpoint. One file for each.

mod backup;
mod export_state;
mod import_state;
mod migrate;
mod purge;
mod rollback;
mod text;
mod verify;

use crate::error::Result;
use clap::Subcommand;

/// Verbs for who looks after a checkpoint.
#[derive(Debug, Subcommand)]
pub(super) enum UpkeepVerb {
    Verify(verify::VerifyFlags),
    Rollback(rollback::RollbackFlags),
    Purge(purge::PurgeFlags),
    Backup(backup::BackupFlags),
    ExportState(export_state::ExportStateFlags),
    ImportState(import_state::ImportStateFlags),
    Migrate(migrate::MigrateFlags),
}

pub(super) fn execute(verb: &UpkeepVerb) -> Result<()> {
    match verb {
        UpkeepVerb::Verify(flags) => verify::execute(flags),
        UpkeepVerb::Rollback(flags) => rollback::execute(flags),
        UpkeepVerb::Purge(flags) => purge::execute(flags),
        UpkeepVerb::Backup(flags) => backup::execute(flags),
        UpkeepVerb::ExportState(flags) => export_state::execute(flags),
        UpkeepVerb::ImportState(flags) => import_state::execute(flags),
        UpkeepVerb::Migrate(flags) => migrate::execute(flags),
    }
}
