//! `sessionize config`

use super::common::{Format, print_json, print_text};
use super::configuration::{Invocation, effective, effective_page};
use crate::error::Result;
use clap::{Args, Command};
use std::ffi::OsString;
use std::path::PathBuf;

/// Show the settings of a command and the origin of each
#[derive(Debug, Args)]
pub(super) struct ConfigFlags {
    /// Form of the settings on standard output: text for people, or one JSON document
    #[arg(long, value_enum, default_value = "text")]
    report: Format,
    /// The command with its flags, such as `run --gap 30m`; default: run without flags
    #[arg(value_name = "VERB", trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

pub(super) fn execute(flags: &ConfigFlags, config: Option<PathBuf>, root: Command) -> Result<()> {
    let mut words = vec![OsString::from("sessionize")];
    if let Some(config) = config {
        words.extend(["--config".into(), config.into()]);
    }
    if flags.command.first().is_none_or(|word| word.as_encoded_bytes().starts_with(b"-")) {
        words.push("run".into());
    }
    words.extend(flags.command.iter().cloned());
    // The command is only shown and not run, so arguments that it requires may be missing.
    let root = root.mut_subcommands(|verb| verb.mut_args(|flag| flag.required(false)));
    let invocation = Invocation::read(root, &words)?;
    let report = effective(&invocation);
    match flags.report {
        Format::Json => print_json(&report),
        Format::Text => print_text(effective_page(&report).text()),
    }
}
