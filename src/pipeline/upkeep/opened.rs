//! A checkpoint, opened as far as it can be.

use crate::checkpoint::{Checkpoint, Lock};
use crate::error::Result;
use crate::pipeline::Context;
use crate::settings::CommonSettings;

/// Either way the lock is held.
#[derive(Debug)]
pub(super) enum Opened {
    /// In order, and in step with its output.
    Whole(Box<Context>),
    /// Something is damaged, or the output is another one's. The checkpoint is closed before the lock is given back.
    Damaged { checkpoint: Box<Checkpoint>, _lock: Option<Lock> },
}

impl Opened {
    /// Opens it whole.
    pub(super) fn whole(common: &CommonSettings) -> Result<Self> {
        Ok(Self::Whole(Box::new(Context::open_existing(common)?)))
    }

    /// Opens what is left of it; what is wrong with its head goes to `findings`.
    pub(super) fn damaged(common: &CommonSettings, findings: &mut Vec<String>) -> Result<Self> {
        let lock = Lock::take_unnamed(&common.state, common.wait)?;
        let (checkpoint, found) = Checkpoint::open_damaged(&common.state)?;
        findings.extend(found);
        Ok(Self::Damaged { checkpoint: Box::new(checkpoint), _lock: lock })
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
        match self {
            Self::Whole(context) => &context.checkpoint,
            Self::Damaged { checkpoint, .. } => checkpoint,
        }
    }
}
