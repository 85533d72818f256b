//! The configuration file, and how it meets the command line.
//!
//! The keys of the file are the flags, which only clap knows: a flag that is added to a verb has its key at once, with its
//! own parser and its own place in `sessionize config`. A value of the file becomes the default of its flag before the
//! command line is parsed, so whatever stands on the command line wins.

mod defaults;
mod document;
mod effective;
mod invocation;
mod keys;
mod sources;

pub(super) use effective::{effective, effective_page};
pub(super) use invocation::Invocation;
pub(super) use sources::{SourceTable, sources};

use crate::error::Result;
use clap::{Arg, ArgAction, Command};
use std::path::Path;

/// Holds the bytes of a configuration file against the flags, as every command does with the one it finds.
pub(super) fn check(root: &Command, bytes: &[u8]) -> Result<()> {
    let document = document::Document::read(Path::new(document::DEFAULT_FILE), bytes)?;
    defaults::check(&document, root)?;
    sources::check(&document)
}

/// Adds to each switch of each verb the hidden one that takes it back: a file may have turned it on.
pub(super) fn with_negations(root: Command) -> Command {
    root.mut_subcommands(|verb| {
        let is_switch = |flag: &&Arg| matches!(flag.get_action(), ArgAction::SetTrue);
        let switches: Vec<String> =
            keys::flags(&verb).filter(is_switch).filter_map(Arg::get_long).map(str::to_owned).collect();
        switches.iter().fold(verb, |verb, switch| with_negation(verb, switch))
    })
}

fn with_negation(verb: Command, switch: &str) -> Command {
    let negation = negation(switch);
    let Some(id) = keys::flag(&verb, switch).map(|flag| flag.get_id().clone()) else { return verb };
    let taking_back = Arg::new(negation.clone())
        .long(negation.clone())
        .hide(true)
        .action(ArgAction::SetTrue)
        .overrides_with(id.clone());
    // One by one over all: a flag that is changed alone would move to the end of the help.
    let overridden =
        verb.mut_args(|flag| if *flag.get_id() == id { flag.overrides_with(negation.clone()) } else { flag });
    overridden.arg(taking_back)
}

/// The switch that takes back `switch`.
fn negation(switch: &str) -> String {
    format!("no-{switch}")
}
