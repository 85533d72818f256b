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

/// The files of the batch that the configuration file in the working folder names; none if it cannot be read.
#[cfg(feature = "shell")]
pub(super) fn batch_of_file() -> Vec<String> {
    let document = document::Document::find(None).ok().flatten();
    let top = document.into_iter().flat_map(|document| document.top);
    let batch = top.filter(|setting| setting.key == "batch").map(|setting| setting.value);
    batch
        .flat_map(|value| match value {
            document::Value::One(file) => vec![file],
            document::Value::Many(files) => files,
            document::Value::Switch(_) => Vec::new(),
        })
        .collect()
}

/// Checks the bytes of a configuration file, as every command checks the file that it finds.
pub(super) fn check(root: &Command, bytes: &[u8]) -> Result<()> {
    let document = document::Document::read(Path::new(document::DEFAULT_FILE), bytes)?;
    defaults::check(&document, root)?;
    sources::check(&document)
}
