//! `sessionize migrate`

use super::text::migrate_page;
use crate::cli::common::CommonFlags;
use crate::error::Result;
use crate::maintenance;
use crate::run::{Cancellation, Context};
use clap::Args;

/// Convert the checkpoint to the newest format now
#[derive(Debug, Args)]
pub(in crate::cli) struct MigrateFlags {
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &MigrateFlags, cancellation: &Cancellation) -> Result<()> {
    let common = flags.common.settings();
    let mut context = Context::open_existing(&common, cancellation)?;
    let report = maintenance::migrate(&mut context)?;
    flags.common.print(cancellation, &report, migrate_page)
}
