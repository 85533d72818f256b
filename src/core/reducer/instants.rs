//! The events of each key at the last instant that the fold has reached, where their order is not that of arrival.
//!
//! A later event of the key says that the instant is whole. Only what lies before the watermark comes here, so the end of the
//! batch says it too.

use super::buffered::BufferedEvent;
use crate::core::rules::RuleSet;
use crate::core::session::OutOfOrder;
use crate::core::watermark::Watermark;
use std::collections::BTreeMap;

/// How far events are folded where the watermark stands at `watermark` (rule 4). Where columns order the events of an instant,
/// one that is still to come could be the first of those at the watermark: they wait until it has passed them.
pub(super) fn horizon(rules: &RuleSet, watermark: Watermark) -> Watermark {
    if rules.orders_instants() { watermark.just_before() } else { watermark }
}

/// The last instant of each key, by the number of the key.
#[derive(Debug, Default)]
pub(super) struct Instants {
    of_key: BTreeMap<usize, Vec<BufferedEvent>>,
}

impl Instants {
    /// Takes an event in; hands out those of the instant before it, in the order of arrival.
    ///
    /// # Errors
    /// [`OutOfOrder`] if a later event of the key is here.
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

    /// Hands out everything: of each key in the order of arrival.
    pub(super) fn take(&mut self) -> impl Iterator<Item = BufferedEvent> + use<> {
        std::mem::take(&mut self.of_key).into_values().flatten()
    }
}
