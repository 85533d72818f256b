//! The steps of a delivery.

use crate::delivery::database::Database;
use crate::delivery::log::{Refusal, Stride};
use crate::delivery::objects::Number;
use crate::ledger::Mark;

/// A step. The process may be killed before or after each of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Asks the target for its position.
    Look,
    /// Notes the position in the output folder.
    Register(Mark),
    /// Reads the manifests behind a position, after which the next step of the target has this number.
    ReadLog(Mark, Number),
    /// Opens the output of the next run, in its place or in `retracted/`.
    Open(Stride),
    /// Locks the tables, and compares their position.
    Begin(Mark, Stride),
    /// Commits a transaction.
    Commit(Database),
    /// Unlocks the tables.
    Unlock,
    /// Puts data for a step.
    Upload(Number, Stride),
    /// Puts the manifest of a step, if nobody has.
    Put(Number, Stride),
    /// Asks who has taken the step.
    Ask(Number, Stride),
    /// Removes what others have sent for the step that is the newest one.
    Clean(Number),
}

/// How a delivery ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// The target has all that is published.
    Done,
    /// It is unknown whether the target has taken the step.
    Unknown,
    /// With a line that says why.
    Refused(Refusal),
}
