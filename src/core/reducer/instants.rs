//! The events of each key at the last instant that the fold has reached. This matters only if columns order the events of an
//! instant.
//!
//! An instant is complete when a later event of the key has come. The end of the batch also completes it, because only events
//! before the watermark come here.

use super::buffered::BufferedEvent;
use crate::core::rules::RuleSet;
use crate::core::session::OutOfOrder;
use crate::core::watermark::Watermark;
use std::collections::BTreeMap;

/// How far events are folded at `watermark` (rule 4). If columns order the events of an instant, the events at the watermark
/// itself wait: an event that sorts before them may still come.
pub(super) fn horizon(rules: &RuleSet, watermark: Watermark) -> Watermark {
    if rules.orders_instants() { watermark.just_before() } else { watermark }
}

/// The last instant of each key, by the number of the key.
#[derive(Debug, Default)]
pub(super) struct Instants {
    of_key: BTreeMap<u32, Vec<BufferedEvent>>,
}

impl Instants {
    /// Takes an event. Returns the events of the previous instant, in the order of arrival.
    ///
    /// # Errors
    /// [`OutOfOrder`] if a later event of the key has been taken.
    pub(super) fn push(&mut self, event: BufferedEvent) -> Result<Vec<BufferedEvent>, OutOfOrder> {
        let instant = self.of_key.entry(event.number).or_default();
        let whole = match instant.first().map(|first| first.time) {
            Some(time) if time > event.time => return Err(OutOfOrder),
            Some(time) if time < event.time => std::mem::take(instant),
            _ => Vec::new(),
        };
        instant.push(event);
        Ok(whole)
    }

    /// Returns all events, those of a key in the order of arrival.
    pub(super) fn take(&mut self) -> impl Iterator<Item = BufferedEvent> + use<> {
        std::mem::take(&mut self.of_key).into_values().flatten()
    }
}
