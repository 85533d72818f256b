//! What a task has read.

use super::digest::EventsDigest;
use crate::core::event::Timestamp;
use crate::input::{EventBatch, Reason};
use serde::Serialize;
use std::collections::BTreeMap;

/// What was read.
#[derive(Debug, Default, Serialize)]
pub(super) struct ReadCounts {
    rows_read: u64,
    rows_filtered: u64,
    events_accepted: u64,
    events_late: u64,
    rejects: BTreeMap<&'static str, u64>,
    first_us: Option<i64>,
    latest_us: Option<i64>,
    /// Of the accepted events.
    events_digest: EventsDigest,
}

impl ReadCounts {
    /// The rows so far.
    pub(super) const fn rows(&self) -> u64 {
        self.rows_read
    }

    /// Counts a decoded batch.
    pub(super) fn add(&mut self, batch: &EventBatch) {
        self.rows_read += batch.rows;
        self.rows_filtered += batch.filtered;
        self.events_accepted += batch.accepted;
        for row in &batch.side_rows {
            match row.reason {
                Reason::Late => self.events_late += 1,
                reason => *self.rejects.entry(reason.name()).or_default() += 1,
            }
        }
        let first = batch.earliest.map(Timestamp::us);
        self.first_us = self.first_us.into_iter().chain(first).min();
        self.latest_us = self.latest_us.max(batch.latest.map(|(time, _)| time.us()));
        batch.events().for_each(|event| self.events_digest.add(EventsDigest::of(&event)));
    }
}
