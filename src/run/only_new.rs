//! What is new among the files of an inbox.

use super::context::Context;
use super::identity::{Identity, identify_in_turn};
use crate::error::Result;
use crate::input::BatchFile;
use crate::settings::RunSettings;

/// Those of `files` that runs would ingest, one after the other: it reads as much of them as a run does to know it, but nothing of
/// objects. An object of which the store says what it did not say before may still have a known content.
///
/// # Errors
/// As a run of all of them, before any row is read.
pub fn only_new(context: &Context, settings: &RunSettings, files: Vec<BatchFile>) -> Result<Vec<BatchFile>> {
    let files = identify_in_turn(&context.checkpoint, settings, files)?.into_iter();
    let is_new = |identity: &Identity| match identity {
        Identity::New(_) => true,
        // It is known only because another one of them is ingested.
        Identity::Known(known) => known.within.is_some(),
    };
    Ok(files.filter(|(_, identity)| is_new(identity)).map(|(file, _)| file).collect())
}
