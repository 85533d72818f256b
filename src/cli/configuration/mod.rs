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
mod negation;
mod sources;

pub(super) use effective::{effective, effective_page};
pub(super) use invocation::Invocation;
pub(super) use negation::with_negations;
pub(super) use sources::SourceTable;

use crate::error::Result;
use clap::Command;
use std::path::Path;

/// Holds the bytes of a configuration file against the flags, as every command does with the one it finds.
pub(super) fn check(root: &Command, bytes: &[u8]) -> Result<()> {
    let document = document::Document::read(Path::new(document::DEFAULT_FILE), bytes)?;
    defaults::check(&document, root)?;
    sources::check(&document)
}
