//! What a run leaves in the checkpoint: known batches, open events, and its entry.

use crate::path::Run;

/// A set of events. Each batch has one event, which stays open until a later run or a finalize completes its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Events(pub u8);

impl Events {
    /// No event.
    pub const NONE: Self = Self(0);

    /// The event of batch `number`, which counts from 0.
    pub const fn of_batch(number: u8) -> Self {
        Self(1 << number)
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether both have one in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of them are among the others.
    pub const fn are_among(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }
}

/// A run and the digest of its head, which is here the head itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    /// The run.
    pub run: Run,
    /// The batches that are known after it.
    pub known: Events,
    /// The events that are open after it.
    pub open: Events,
}

/// The entry of a run in the ledger. The last one is the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The run with its head.
    pub mark: Mark,
    /// The events of the sessions that the run completes.
    pub completed: Events,
    /// The run to which it rolls back, if it does.
    pub back_to: Option<Run>,
}

/// The state before all runs.
const BEFORE_ALL: Mark = Mark { run: 0, known: Events::NONE, open: Events::NONE };

/// The head of a ledger; that before all runs if it is empty.
pub fn head(runs: &[Entry]) -> Mark {
    runs.last().map_or(BEFORE_ALL, |entry| entry.mark)
}

/// The entry of the next run, which takes in `batch` and completes what was open before; `None` if the batch is known.
pub fn after_run(runs: &[Entry], batch: u8) -> Option<Entry> {
    let (before, new) = (head(runs), Events::of_batch(batch));
    let mark = Mark { run: before.run + 1, known: before.known.and(new), open: new };
    (!before.known.meets(new)).then_some(Entry { mark, completed: before.open, back_to: None })
}

/// The entry of a finalize; `None` if nothing is open.
pub fn after_finalize(runs: &[Entry]) -> Option<Entry> {
    let before = head(runs);
    let mark = Mark { run: before.run + 1, open: Events::NONE, ..before };
    (before.open != Events::NONE).then_some(Entry { mark, completed: before.open, back_to: None })
}

/// The entry of a rollback to the state after run `to`; `None` if that is the state already.
pub fn after_rollback(runs: &[Entry], to: Run) -> Option<Entry> {
    let last = runs.last()?;
    let target = head(&runs[..usize::from(to).min(runs.len())]);
    let is_there = last.mark.run <= to || last.back_to == Some(to);
    let mark = Mark { run: last.mark.run + 1, ..target };
    (!is_there).then_some(Entry { mark, completed: Events::NONE, back_to: Some(to) })
}

/// Whether no later run takes this one back.
pub fn is_active(run: Run, rollbacks: impl IntoIterator<Item = (Run, Run)>) -> bool {
    !rollbacks.into_iter().any(|(by, to)| to < run && run < by)
}
