//! The order in time of the rounds of a batch.

use crate::core::event::Timestamp;
use crate::core::watermark::Watermark;
use crate::input::EventBatch;

/// The order of the rounds so far in time.
#[derive(Debug, Default)]
pub(super) struct Order {
    latest: Option<Timestamp>,
    disorder_us: i64,
}

impl Order {
    /// Takes a round. Returns the time before which probably no event will come: the latest event minus twice the disorder seen
    /// so far.
    pub(super) fn safe_watermark<'b>(
        &mut self,
        round: impl Iterator<Item = &'b EventBatch> + Clone,
    ) -> Watermark {
        let earliest = round.clone().filter_map(|block| block.earliest).min();
        if let (Some(latest), Some(earliest)) = (self.latest, earliest) {
            self.disorder_us = self.disorder_us.max(latest.us_since(earliest));
        }
        self.latest = self.latest.max(round.filter_map(|block| Some(block.latest?.0)).max());
        let safe_watermark = self.latest.map(|latest| latest.saturating_add_us(-2 * self.disorder_us));
        safe_watermark.map_or(Watermark::BEGINNING, Watermark::at)
    }
}
