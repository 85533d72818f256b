//! What may happen next in a world.

use crate::command::Command;
use crate::disk::Risk;
use crate::path::{Checkpoint, Path};
use crate::step::Step;

/// Something that happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// The user of this job starts a command.
    Start(usize, Command),
    /// The process of this job does a step.
    Do(usize, Step),
    /// The process of this job is killed; so many of the writes that it has in memory have come to the file.
    Kill(usize, usize),
    /// All processes end; these writes of each store, and what else is named, have reached the disk.
    PowerLoss(usize, Vec<Risk>),
    /// Somebody copies both folders.
    Copy,
    /// Somebody puts back copies of these folders.
    PutBack(Vec<Path>),
    /// The store opens as it was one commit before.
    OlderCommit(Checkpoint),
    /// Somebody restores the backup.
    Restore,
}
