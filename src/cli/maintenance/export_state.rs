//! `sessionize export-state`

use super::text::export_page;
use crate::cli::common::CommonFlags;
use crate::error::Result;
use crate::maintenance;
use crate::run::Cancellation;
use clap::Args;
use std::path::PathBuf;

/// Write the checkpoint as lines of JSON
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportStateFlags {
    /// A file that does not exist yet; - is standard output, and the report then goes to standard error
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Continue where something is damaged, and report what was lost
    #[arg(long)]
    salvage: bool,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &ExportStateFlags, cancellation: &Cancellation) -> Result<()> {
    let report =
        maintenance::export_state(&flags.common.settings(), &flags.file, flags.salvage, cancellation)?;
    if flags.file.as_os_str() == maintenance::STANDARD_STREAM {
        return flags.common.report.print_beside(&report, export_page);
    }
    flags.common.print(cancellation, &report, export_page)
}
