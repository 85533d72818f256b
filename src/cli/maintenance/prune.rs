//! `sessionize prune`

use super::text::prune_page;
use crate::cli::common::CommonFlags;
use crate::cli::values;
use crate::error::Result;
use crate::maintenance::{self, PruneSettings};
use crate::run::Cancellation;
use clap::Args;

/// Remove outputs and manifests of old runs that every follower has
#[derive(Debug, Args)]
pub(in crate::cli) struct PruneFlags {
    /// How old a run must be, such as 90d
    #[arg(long, value_name = "AGE", value_parser = values::duration_us)]
    older_than: i64,
    /// Remove outputs although no follower is registered
    #[arg(long)]
    unfollowed: bool,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &PruneFlags, cancellation: &Cancellation) -> Result<()> {
    let settings = PruneSettings {
        older_than_us: flags.older_than,
        unfollowed: flags.unfollowed,
        dry_run: flags.dry_run,
    };
    let report = maintenance::prune(&flags.common.settings(), settings, cancellation)?;
    flags.common.print(cancellation, &report, prune_page)
}
