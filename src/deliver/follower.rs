//! What a follower is.

use crate::durable::Disk;
use crate::error::{Error, ErrorKind, Result};
use crate::ledger::{HeadMark, RunId, StreamId};
use crate::output::PublishedFile;

/// What is to be followed, and where to.
pub(super) struct Request<'r> {
    /// The address of the target.
    pub(super) address: &'r str,
    /// The name of the follower.
    pub(super) name: &'r str,
    /// The stream that it follows.
    pub(super) stream: StreamId,
    /// Announces the steps of a delivery, at which tests end the process.
    pub(super) disk: Disk,
}

/// Carries published runs into one target.
///
/// Its position is part of the target, and moves in the transaction that brings the rows: so it may be killed anywhere, run twice
/// or late, or be put back together with the target.
pub(super) trait Follower {
    /// The target, for people. No password is in it.
    fn target(&self) -> &str;

    /// How far the target has come. Makes its tables if they are not there, and enters the follower in them.
    ///
    /// # Errors
    /// If the target cannot be reached, or is none of this stream.
    fn position(&mut self) -> Result<Position>;

    /// Takes one step from `at`, in one transaction of the target. `false` if the target is no longer there: another process has
    /// moved it.
    ///
    /// # Errors
    /// If the target refuses it, or has gone. Then nothing of the step is in the target, or all of it.
    fn apply(&mut self, at: HeadMark, step: Step) -> Result<bool>;

    /// Removes what deliveries that have ended early have left in the target, and says how many files that were. Nothing, unless a
    /// target has something of that kind.
    ///
    /// # Errors
    /// If the target refuses it, or has gone.
    fn clean(&mut self) -> Result<u64> {
        Ok(0)
    }
}

/// How far a target has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    /// What the target calls the follower.
    pub(super) target_id: String,
    /// The last run that the target has; [`BEFORE_ALL`] where it has none.
    pub(super) mark: HeadMark,
}

/// The position before the first run.
pub(super) const BEFORE_ALL: HeadMark = HeadMark { run: RunId::BEFORE_ALL, digest: 0 };

/// What takes a target from the outputs that stood after one run to those that stand after a later one.
#[derive(Debug)]
pub(super) struct Step {
    /// The run at which the target then is.
    pub(super) mark: HeadMark,
    /// The run behind which everything is to be taken back; `None` unless the step is a rollback.
    pub(super) back_to: Option<RunId>,
    /// The sessions and events of the run. Rows of sessions may begin with what they do (`op`).
    pub(super) rows: Vec<PublishedFile>,
}

/// Announces a step of a delivery, at which tests end the process.
///
/// # Errors
/// [`ErrorKind::Delivery`] if a test makes it fail.
pub(super) fn reached(disk: &Disk, step: &'static str) -> Result<()> {
    disk.step(step).map_err(|error| Error::new(ErrorKind::Delivery, format!("cannot deliver: {error}")))
}
