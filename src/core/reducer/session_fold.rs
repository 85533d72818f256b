//! What a batch is folded by. The public core and the command stand on it.

use super::close::BatchEnd;
use super::partition::PartitionReducer;
use crate::core::event::Timestamp;
use crate::core::gap::Gap;
use crate::core::rules::RuleSet;
use crate::core::watermark::{Advance, EventTime};
use std::sync::Arc;

/// What a batch is folded by: the gap, the rules, and how far event time had come before it.
///
/// This is the only way to a [`PartitionReducer`] and to a [`BatchEnd`]. The `Sessionizer` folds the partitions one after the
/// other, the command folds many side by side; both take the same steps:
///
/// 1. [`SessionFold::reducer`] makes the reducer of a partition, and `state::rows` restores its open state.
/// 2. [`SessionFold::batch_end`] says where the batch leaves the watermark, and what is complete there.
/// 3. [`PartitionReducer::fold`] folds the events of a whole batch. A batch that is folded in pieces takes
///    [`PartitionReducer::take`] and [`PartitionReducer::advance`] for each piece, then [`PartitionReducer::finish`].
/// 4. [`RuleSet::select_sessions`] leaves out completed sessions, and `state::rows` encodes what is open.
#[derive(Debug, Clone)]
pub struct SessionFold {
    gap: Gap,
    rules: Arc<RuleSet>,
    event_time: EventTime,
}

impl SessionFold {
    /// The fold of the batch that begins at `event_time`.
    pub const fn new(gap: Gap, rules: Arc<RuleSet>, event_time: EventTime) -> Self {
        Self { gap, rules, event_time }
    }

    /// The rules besides the gap.
    pub const fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// How far event time had come before the batch.
    pub const fn event_time(&self) -> EventTime {
        self.event_time
    }

    /// A reducer of one partition with nothing open.
    pub fn reducer(&self) -> PartitionReducer {
        PartitionReducer::new(self.gap, &self.rules, self.event_time.watermark)
    }

    /// The end of the batch, whose latest accepted event is at `latest`. A later event can only move the watermark forward.
    pub fn batch_end(&self, advance: Advance, latest: Option<Timestamp>) -> BatchEnd {
        let allowed_lateness_us = self.rules.allowed_lateness_us().unwrap_or(0);
        BatchEnd::of(advance, self.event_time.with(latest).advanced(advance, allowed_lateness_us))
    }

    /// The batch has ended: the next one begins there.
    pub const fn begin_next(&mut self, end: BatchEnd) {
        self.event_time = end.event_time;
    }
}
