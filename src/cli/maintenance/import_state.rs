//! `sessionize import-state`

use super::text::maintenance_page;
use crate::cli::common::CommonFlags;
use crate::error::Result;
use crate::maintenance;
use crate::run::Cancellation;
use clap::Args;
use std::path::PathBuf;

/// Create a checkpoint from an export
#[derive(Debug, Args)]
pub(in crate::cli) struct ImportStateFlags {
    /// A file written by `export-state`, or a root of runs on Apache Spark; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Continue in the output folder of the exported checkpoint, in its place: the exported checkpoint is refused from then on
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &ImportStateFlags, cancellation: &Cancellation) -> Result<()> {
    let report =
        maintenance::import_state(&flags.common.settings(), &flags.file, flags.take_over, cancellation)?;
    flags.common.print(cancellation, &report, maintenance_page)
}
