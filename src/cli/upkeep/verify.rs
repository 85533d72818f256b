//! `sessionize verify`

use super::text::verify_page;
use crate::cli::common::{CommonFlags, watch_look};
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline;
use clap::Args;

/// Check everything: checksums, rules, accounts, outputs
#[derive(Debug, Args)]
pub(in crate::cli) struct VerifyFlags {
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &VerifyFlags) -> Result<()> {
    let report = pipeline::verify(&flags.common.settings(), &watch_look()?)?;
    flags.common.print(&report, verify_page);
    let Some(first) = report.findings.first() else { return Ok(()) };
    let what = format!("verify has found damage in {} places, the first: {first}", report.findings.len());
    Err(Error::new(ErrorKind::Checkpoint, what).remedy("docs/operations.md says what to do"))
}
