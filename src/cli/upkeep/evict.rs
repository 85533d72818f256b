//! `sessionize evict`

use super::text::upkeep_text;
use crate::cli::common::CommonFlags;
use crate::error::Result;
use crate::event::KEY_SEPARATOR;
use crate::pipeline::{self, Context};
use clap::Args;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// Remove what is open of one key, for good
#[derive(Debug, Args)]
pub(in crate::cli) struct EvictFlags {
    /// The key; the parts of a composite key in several --key
    #[arg(long, value_name = "KEY", required = true)]
    key: Vec<OsString>,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &EvictFlags) -> Result<()> {
    let common = flags.common.settings();
    let mut context = Context::open_existing(&common)?;
    let parts: Vec<&[u8]> = flags.key.iter().map(|part| part.as_bytes()).collect();
    let report = pipeline::evict(&mut context, &common, &parts.join(&KEY_SEPARATOR))?;
    flags.common.print(&report, upkeep_text);
    Ok(())
}
