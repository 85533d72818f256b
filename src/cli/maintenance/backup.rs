//! `sessionize backup`

use super::text::backup_page;
use crate::cli::common::{CommonFlags, named};
use crate::error::Result;
use crate::maintenance;
use crate::run::Cancellation;
use clap::Args;
use clap::builder::{PathBufValueParser, TypedValueParser};
use std::path::PathBuf;

/// Copy the checkpoint and the outputs in a consistent state, and check the copy
#[derive(Debug, Args)]
pub(in crate::cli) struct BackupFlags {
    /// A folder that does not exist yet
    #[arg(value_name = "DIR", value_parser = PathBufValueParser::new().try_map(named))]
    folder: PathBuf,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &BackupFlags, cancellation: &Cancellation) -> Result<()> {
    let report = maintenance::backup(&flags.common.settings(), &flags.folder, cancellation)?;
    flags.common.print(cancellation, &report, backup_page)
}
