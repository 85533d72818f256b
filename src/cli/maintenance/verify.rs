//! `sessionize verify`

use super::text::verify_page;
use crate::cli::common::CommonFlags;
use crate::error::{Error, ErrorKind, Result};
use crate::maintenance;
use crate::run::Cancellation;
use clap::Args;

/// Check the checkpoint and the outputs: checksums, rules, accounts, files
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyFlags {
    /// Record in the ledger that the missing outputs were removed on purpose
    #[arg(long)]
    accept_missing: bool,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &VerifyFlags, cancellation: &Cancellation) -> Result<()> {
    let common = flags.common.settings();
    let report = if flags.accept_missing {
        maintenance::accept_missing(&common, cancellation)?
    } else {
        maintenance::verify(&common, cancellation)?
    };
    flags.common.print(cancellation, &report, verify_page)?;
    if let Some(first) = report.findings.first() {
        let what = format!("verify has found damage in {} places, the first: {first}", report.findings.len());
        let error = Error::new(ErrorKind::Checkpoint, what).remedy("docs/operations.md says what to do");
        return Err(if flags.accept_missing { error.nothing_changed() } else { error });
    }
    match report.missing_outputs.first().filter(|_| report.accepted_in_run.is_none()) {
        None => Ok(()),
        Some(first) => {
            let what =
                format!("{} published outputs are missing, the first: {first}", report.missing_outputs.len());
            Err(Error::new(ErrorKind::OutputsMissing, what).remedy(
                "restore them, or record with `sessionize verify --accept-missing` that they were removed on purpose",
            ))
        }
    }
}
