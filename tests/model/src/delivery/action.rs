//! What may happen next while runs are published and delivered.

use crate::command::Command;
use crate::delivery::objects::{Number, Taken};

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A run begins to publish.
    Publish(Command),
    /// A rollback goes on.
    GoOn,
    /// Outputs that the follower has taken are pruned.
    Prune,
    /// The user of this number starts a delivery.
    Start(usize),
    /// The process of this user does its next step.
    Do(usize),
    /// The same, and the answer of the target is lost. Whether it has done what it was asked for.
    LoseAnswer(usize, bool),
    /// The process of this user is killed.
    Kill(usize),
    /// The same, while its request is on the way.
    KillSending(usize),
    /// The request of a process that has ended arrives.
    Arrive(Number, Taken),
    /// Somebody copies the target and the output folder.
    Copy,
    /// Somebody puts back the copy of the target.
    PutBackTarget,
    /// Somebody puts back the copy of the output folder.
    PutBackFolder,
}
