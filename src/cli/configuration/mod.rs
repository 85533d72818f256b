//! The configuration file, and its relation to the command line.
//!
//! The keys of the file are the flags, which only clap knows. So a new flag of a verb has its key at once, with its own parser
//! and its own place in `sessionize config`. A value of the file becomes the default of its flag before the command line is
//! parsed, so the command line always wins.

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

/// Checks the bytes of a configuration file, as every command checks the file that it finds.
pub(super) fn check(root: &Command, bytes: &[u8]) -> Result<()> {
    let document = document::Document::read(Path::new(document::DEFAULT_FILE), bytes)?;
    defaults::check(&document, root)?;
    sources::check(&document)
}
