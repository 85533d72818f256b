//! `sessionize inspect`

use super::common::CommonFlags;
use super::explain_text::explain_page;
use super::inspection::inspect_page;
use super::page::Page;
use super::secret::SecretFlag;
use super::terminal::wants_colours;
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
    #[command(flatten)]
    secret: SecretFlag,
    /// Also show the ledger of all runs
    #[arg(long)]
    runs: bool,
    /// Show one session, completed or open: its events, why it began and why it ended
    #[arg(long, value_name = "ID", value_parser = session_id, conflicts_with_all = ["sessions", "key", "runs"])]
    explain: Option<String>,
    #[command(flatten)]
    common: CommonFlags,
}

pub(super) fn execute(flags: &InspectFlags, cancellation: &Cancellation) -> Result<()> {
    let look = Look::at_existing(&flags.common.settings(), cancellation)?;
    cancellation.leaves_nothing()?;
    if let Some(id) = &flags.explain {
        let report = maintenance::explain(&look, id, cancellation)?;
        return flags.common.print(cancellation, &report, explain_page);
    }
    let key = || flags.secret.key(&flags.key, look.definition());
    let key = (!flags.key.is_empty()).then(key).transpose()?;
    let settings = InspectSettings { sessions: flags.sessions, key, runs: flags.runs };
    let report = maintenance::inspect(&look, &settings)?;
    let page = if wants_colours() { Page::coloured() } else { Page::default() };
    flags.common.print(cancellation, &report, |report| inspect_page(report, page))
}

/// The id of a session, in the form that outputs have.
fn session_id(text: &str) -> Result<String, String> {
    let id = text.to_ascii_lowercase();
    let fits = |(place, byte): (usize, u8)| match place {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    if id.len() == 36 && id.bytes().enumerate().all(fits) {
        return Ok(id);
    }
    Err("not the id of a session; ids read like b6a8a0b1-c36c-5d5e-8dbc-3d8a7b0f8c35".to_owned())
}
