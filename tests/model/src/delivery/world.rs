//! Everything that changes while runs are published and delivered.

use crate::delivery::deliverer::Deliverer;
use crate::delivery::feed::Feed;
use crate::delivery::objects::Attempt;
use crate::delivery::step::End;
use crate::delivery::target::Target;
use crate::ledger::Entry;
use crate::path::Run;

/// A state of the model.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct World {
    /// The output folder.
    pub feed: Feed,
    /// The number of the next command that publishes.
    pub next: usize,
    /// The target.
    pub target: Target,
    /// Those who deliver.
    pub users: Vec<User>,
    /// How many processes were started.
    pub started: Attempt,
    /// The target and the folder as somebody has copied them.
    pub copy: Option<Box<(Target, Feed)>>,
    /// What was published in a folder that was put back since.
    pub other_history: Vec<Entry>,
    /// The newest run that a delivery has ended well with.
    pub acknowledged: Run,
    /// What has gone wrong so far.
    pub harm: Harm,
}

/// Who delivers again and again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct User {
    /// How many deliveries have come to their end.
    pub done: u8,
    /// The present one.
    pub process: Option<Deliverer>,
    /// How the last one ended; `None` if it was killed.
    pub ended: Option<End>,
}

/// What has gone wrong so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Harm {
    /// Processes killed.
    pub kills: u8,
    /// Answers lost.
    pub lost_answers: u8,
    /// Whether a copy was put back.
    pub put_back: bool,
}

impl World {
    /// Whether nobody delivers.
    pub fn is_quiet(&self) -> bool {
        self.users.iter().all(|user| user.process.is_none())
    }

    /// Somebody puts back the target or the folder.
    pub fn put_back(&mut self, folder: bool) {
        let Some(copy) = self.copy.take() else { return };
        let (target, feed) = *copy;
        if folder {
            self.other_history = std::mem::replace(&mut self.feed, feed).runs;
        } else {
            self.target = target;
        }
        self.harm.put_back = true;
        self.acknowledged = 0;
        self.users.iter_mut().for_each(|user| user.ended = None);
    }
}
