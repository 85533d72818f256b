//! What is new among the files of an inbox.

use super::context::Context;
use super::identity::{Identity, identify};
use crate::error::Result;
use crate::input::BatchFile;
use crate::settings::RunSettings;

/// Those of `files` that a run would ingest: it reads as much of them as a run does to know it.
///
/// # Errors
/// As a run of all of them, before any row is read.
pub fn only_new(context: &Context, settings: &RunSettings, files: Vec<BatchFile>) -> Result<Vec<BatchFile>> {
    let identities = identify(&context.checkpoint, settings, &files)?;
    let is_new = |identity: &Identity| match identity {
        Identity::New(_) => true,
        // It is known only because another one of them is ingested.
        Identity::Known(known) => known.within.is_some(),
    };
    let files = files.into_iter().zip(&identities);
    Ok(files.filter(|(_, identity)| is_new(identity)).map(|(file, _)| file).collect())
}
