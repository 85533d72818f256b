//! Events that wait for the watermark, with what they carry.

use crate::core::event::Timestamp;
use crate::core::rules::RuleSet;
use std::cmp::Ordering;

/// An event that waits for the watermark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferedEvent {
    /// When.
    pub time: Timestamp,
    /// What it carries.
    pub payload: Box<[u8]>,
    /// The number of its key.
    pub(super) number: usize,
}

impl BufferedEvent {
    /// Which of two events is folded first (rule 4). Equal ones keep the order of arrival.
    pub(super) fn compare(&self, other: &Self, rules: &RuleSet) -> Ordering {
        self.time.cmp(&other.time).then_with(|| rules.compare_at_one_instant(&self.payload, &other.payload))
    }
}
