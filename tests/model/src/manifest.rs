//! What is in a file.

use crate::ledger::{Entry, Events, Mark};
use crate::path::{Checkpoint, Run};

/// The manifest of a run, which ties its output to the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Manifest {
    /// The stream of the checkpoint.
    pub stream: Checkpoint,
    /// The run and the digest of its head.
    pub mark: Mark,
    /// The run to which it rolls back, if it does.
    pub back_to: Option<Run>,
    /// The digest of its output, which is here the output itself; `None` if it has none.
    pub output: Option<Events>,
}

impl Manifest {
    /// The manifest of a run.
    pub fn of(stream: Checkpoint, entry: &Entry, has_output: bool) -> Self {
        let output = has_output.then_some(entry.completed);
        Self { stream, mark: entry.mark, back_to: entry.back_to, output }
    }
}

/// The content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Content {
    /// It is a folder.
    Folder,
    /// Nothing yet.
    Empty,
    /// What a loss of power has left of bytes that were not synced. No checksum fits.
    Garbage,
    /// A file of the store: [`crate::store::Store`] has what is in it.
    Store,
    /// `owner.json`.
    Owner(Checkpoint),
    /// Completed sessions.
    Sessions(Events),
    /// A manifest.
    Manifest(Manifest),
}
