//! Events that wait for the watermark, with their payload.

use crate::core::event::Timestamp;
use crate::core::rules::RuleSet;
use std::cmp::Ordering;

/// An event that waits for the watermark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferedEvent {
    /// The event time.
    pub time: Timestamp,
    /// The payload.
    pub payload: Box<[u8]>,
    /// The number of its key.
    pub(super) number: u32,
}

impl BufferedEvent {
    /// The order in which events are folded (rule 4). Equal ones stay in the order of arrival.
    pub(super) fn compare(&self, other: &Self, rules: &RuleSet) -> Ordering {
        self.time.cmp(&other.time).then_with(|| rules.compare_at_one_instant(&self.payload, &other.payload))
    }
}
