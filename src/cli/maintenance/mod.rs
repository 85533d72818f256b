//! The verbs that check, repair and move a checkpoint, one file for each.

mod backup;
mod export_state;
mod import_state;
mod migrate;
mod prune;
mod purge;
mod rollback;
mod text;
mod verify;

use crate::error::Result;
use crate::run::Cancellation;
use clap::Subcommand;

/// The maintenance verbs.
#[derive(Debug, Subcommand)]
pub(super) enum MaintenanceVerb {
    Verify(verify::VerifyFlags),
    Rollback(rollback::RollbackFlags),
    Purge(purge::PurgeFlags),
    Prune(prune::PruneFlags),
    Backup(backup::BackupFlags),
    ExportState(export_state::ExportStateFlags),
    ImportState(import_state::ImportStateFlags),
    Migrate(migrate::MigrateFlags),
}

pub(super) fn execute(verb: &MaintenanceVerb, cancellation: &Cancellation) -> Result<()> {
    match verb {
        MaintenanceVerb::Verify(flags) => verify::execute(flags, cancellation),
        MaintenanceVerb::Rollback(flags) => rollback::execute(flags, cancellation),
        MaintenanceVerb::Purge(flags) => purge::execute(flags, cancellation),
        MaintenanceVerb::Prune(flags) => prune::execute(flags, cancellation),
        MaintenanceVerb::Backup(flags) => backup::execute(flags, cancellation),
        MaintenanceVerb::ExportState(flags) => export_state::execute(flags, cancellation),
        MaintenanceVerb::ImportState(flags) => import_state::execute(flags, cancellation),
        MaintenanceVerb::Migrate(flags) => migrate::execute(flags, cancellation),
    }
}
