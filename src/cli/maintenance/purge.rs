//! `sessionize purge`

use super::text::maintenance_page;
use crate::cli::common::CommonFlags;
use crate::cli::secret::SecretFlag;
use crate::error::Result;
use crate::maintenance;
use crate::run::{Cancellation, Context};
use clap::Args;
use std::ffi::OsString;

/// Remove the open sessions of one key for good, with all older states, so that no rollback restores them
#[derive(Debug, Args)]
pub(in crate::cli) struct PurgeFlags {
    /// The key; repeat --key for the parts of a composite key
    #[arg(long, value_name = "KEY", required = true)]
    key: Vec<OsString>,
    #[command(flatten)]
    secret: SecretFlag,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &PurgeFlags, cancellation: &Cancellation) -> Result<()> {
    let common = flags.common.settings();
    let mut context = Context::open_existing(&common, cancellation)?;
    let key = flags.secret.key(&flags.key, context.definition())?;
    let report = maintenance::purge(&mut context, &key)?;
    flags.common.print(cancellation, &report, maintenance_page)
}
