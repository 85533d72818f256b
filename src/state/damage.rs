//! The errors of a damaged checkpoint.

use crate::error::{Error, ErrorKind};
use std::path::Path;

/// The remedy for a damaged checkpoint.
pub(super) const WAY_OUT: &str =
    "restore a backup of the state folder together with its output folder, or start a new pair";

/// An error about a checkpoint that cannot be trusted.
pub(super) fn checkpoint_error(folder: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::Checkpoint, what).at(folder.display()).remedy(remedy)
}

/// The error for an entry that exists but cannot be trusted.
pub(super) fn damaged(folder: &Path, entry: &str, damage: &str) -> Error {
    checkpoint_error(folder, format!("{entry} of the checkpoint is damaged: {damage}"), WAY_OUT)
}
