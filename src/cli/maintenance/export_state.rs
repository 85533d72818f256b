//! `sessionize export-state`

use super::text::export_page;
use crate::cli::common::CommonFlags;
use crate::error::{Error, ErrorKind, Result};
use crate::maintenance;
use crate::report::ExportReport;
use crate::run::Cancellation;
use clap::Args;
use std::path::PathBuf;

/// Write the checkpoint as lines of JSON
#[derive(Debug, Args)]
pub(in crate::cli) struct ExportStateFlags {
    /// A file that does not exist yet; - is standard output, and the report then goes to standard error
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write a root for runs on Apache Spark instead: a new folder, or the URL of an object store (needs a build with the feature parquet)
    #[arg(long, value_name = "ROOT", conflicts_with_all = ["file", "salvage"])]
    parquet: Option<String>,
    /// Continue where something is damaged, and report what was lost
    #[arg(long)]
    salvage: bool,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &ExportStateFlags, cancellation: &Cancellation) -> Result<()> {
    if let Some(root) = flags.parquet.as_ref().filter(|_| flags.file.is_none()) {
        return flags.common.print(cancellation, &export_root(flags, root, cancellation)?, export_page);
    }
    let Some(file) = &flags.file else {
        return Err(Error::new(ErrorKind::Usage, "no file for the export is named")
            .remedy("name one: sessionize export-state FILE, or a root: --parquet ROOT"));
    };
    let report = maintenance::export_state(&flags.common.settings(), file, flags.salvage, cancellation)?;
    if file.as_os_str() == maintenance::STANDARD_STREAM {
        return flags.common.report.print_beside(&report, export_page);
    }
    flags.common.print(cancellation, &report, export_page)
}

#[cfg(feature = "parquet")]
fn export_root(flags: &ExportStateFlags, root: &str, cancellation: &Cancellation) -> Result<ExportReport> {
    maintenance::export_root(&flags.common.settings(), root, cancellation)
}

#[cfg(not(feature = "parquet"))]
fn export_root(_: &ExportStateFlags, _: &str, _: &Cancellation) -> Result<ExportReport> {
    Err(Error::new(ErrorKind::Usage, "this build cannot write Parquet")
        .remedy("install one that can with cargo install --path . --features parquet")
        .nothing_changed())
}
