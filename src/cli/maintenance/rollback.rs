//! `sessionize rollback`

use super::text::maintenance_page;
use crate::cli::common::CommonFlags;
use crate::error::Result;
use crate::maintenance;
use crate::run::{Cancellation, Context};
use clap::Args;

/// Return to the state after an earlier run; outputs of later runs move to retracted/
#[derive(Debug, Args)]
pub(in crate::cli) struct RollbackFlags {
    /// The run to return to, with its number in `inspect --runs`; 0 is the state before the first run, or the imported state
    #[arg(long, value_name = "N")]
    to_run: u64,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &RollbackFlags, cancellation: &Cancellation) -> Result<()> {
    let common = flags.common.settings();
    let mut context = Context::open_existing(&common, cancellation)?;
    let report = maintenance::rollback(&mut context, flags.to_run)?;
    flags.common.print(cancellation, &report, maintenance_page)
}
