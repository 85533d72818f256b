//! The errors of a checkpoint that cannot be trusted.

use crate::error::{Error, ErrorKind};
use std::path::Path;

/// What to do where a checkpoint is damaged.
pub(super) const WAY_OUT: &str =
    "put back a backup of the state folder together with its output folder, or start a new pair";

/// An error about a checkpoint that cannot be trusted.
pub(super) fn checkpoint_error(folder: &Path, what: impl Into<String>, remedy: impl Into<String>) -> Error {
    Error::new(ErrorKind::Checkpoint, what).at(folder.display()).remedy(remedy)
}

/// The error for an entry that is there but cannot be trusted.
pub(super) fn damaged(folder: &Path, entry: &str, damage: &str) -> Error {
    checkpoint_error(folder, format!("{entry} of the checkpoint is damaged: {damage}"), WAY_OUT)
}
