//! Why an attempt to fold a batch ended early.

use crate::error::Error;

/// Why an attempt ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// This strategy cannot continue; the other one can.
    GiveUp,
    /// The run failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}
