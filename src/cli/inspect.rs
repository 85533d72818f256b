//! `sessionize inspect`

use super::common::{CommonFlags, composite_key};
use super::text::inspect_page;
use crate::error::Result;
use crate::maintenance::{self, InspectSettings};
use crate::run::{Cancellation, Look};
use clap::Args;
use std::ffi::OsString;

/// Show the content of the checkpoint
#[derive(Debug, Args)]
pub(super) struct InspectFlags {
    /// Also show the open sessions
    #[arg(long)]
    sessions: bool,
    /// Show the open sessions of one key; repeat --key for the parts of a composite key
    #[arg(long, value_name = "KEY")]
    key: Vec<OsString>,
    /// Also show the ledger of all runs
    #[arg(long)]
    runs: bool,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &InspectFlags, cancellation: &Cancellation) -> Result<()> {
    let look = Look::at_existing(&flags.common.settings(), cancellation)?;
    cancellation.leaves_nothing()?;
    let key = (!flags.key.is_empty()).then(|| composite_key(&flags.key));
    let settings = InspectSettings { sessions: flags.sessions, key, runs: flags.runs };
    let report = maintenance::inspect(&look, &settings)?;
    flags.common.print(cancellation, &report, inspect_page)
}
