//! The conditions on the rows of a partition.

use crate::core::event::{MAX_KEY_BYTES, Timestamp, key_word};
use crate::core::partition::{KeyHash, PartitionId};
use crate::ledger::Head;
use crate::migrations::checkpoint::OpenRow;
use std::collections::HashSet;

/// The rows of one partition so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    keys: HashSet<Vec<u8>>,
    last_key: Option<Vec<u8>>,
    last_tail_us: Option<i64>,
}

impl Seen {
    pub(super) fn goes_on(&self, row: &OpenRow<'_>) -> bool {
        row.session().is_none() && self.last_key.as_deref() == Some(&*row.key)
    }

    pub(super) fn take(&mut self, row: &OpenRow<'_>) {
        self.last_tail_us = row.tail().last();
        if self.last_key.as_deref() != Some(&*row.key) {
            self.keys.insert(row.key.to_vec());
            self.last_key = Some(row.key.to_vec());
        }
    }

    /// What is wrong with a row, given the rows before it.
    pub(super) fn check(&self, row: &OpenRow<'_>, partition: PartitionId, head: &Head) -> Option<String> {
        let goes_on = self.goes_on(row);
        let watermark = head.watermark.time().map_or(i64::MIN, Timestamp::us);
        let latest = head.latest.map_or(i64::MIN, Timestamp::us);
        let before = if goes_on { self.last_tail_us.unwrap_or(i64::MIN) } else { i64::MIN };
        let open = row.session();
        // With rules, a session may be kept because it is correctable, or because its own gap is longer.
        let plain = row.ruled.is_none();
        let wrong = if row.key.is_empty() || row.key.len() > MAX_KEY_BYTES {
            "its length is not that of a key"
        } else if KeyHash::of(&row.key).partition() != partition {
            "it is in the wrong partition"
        } else if !goes_on && self.keys.contains(&*row.key) {
            "it occurs twice"
        } else if plain && row.events() == 0 {
            "nothing is open of it"
        } else if open.is_some_and(|open| open.events == 0 || open.start_us > open.last_us) {
            "its open session has no events, or ends before it begins"
        } else if plain && open.is_some_and(|open| open.last_us > watermark) {
            "its open session goes beyond the watermark"
        } else if !std::iter::once(before).chain(row.tail()).is_sorted() {
            "its buffered events are out of order"
        } else if plain && row.tail().next().is_some_and(|first| first <= watermark) {
            "the watermark has passed its buffered events"
        } else if row.tail().any(|us| us > latest) {
            "its buffered events are after the latest event"
        } else {
            return None;
        };
        Some(format!("key {}: {wrong}", key_word(&row.key)))
    }
}
