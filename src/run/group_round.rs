//! The events of one group of partitions in a round.

use super::decoding::DecodedUnit;
use crate::core::event::Event;
use crate::core::partition::PartitionId;
use crate::core::watermark::Watermark;

/// How far a round may be folded, and up to where sessions may be evicted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Horizons {
    pub(super) reached: Watermark,
    pub(super) safe_watermark: Watermark,
}

/// A round as one group of partitions sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct GroupRound<'r> {
    /// The number of the group.
    pub(super) group: usize,
    pub(super) units: &'r [DecodedUnit],
    pub(super) horizons: Horizons,
}

impl<'r> GroupRound<'r> {
    /// The events in the order of arrival, each with the place of its partition in the group.
    pub(super) fn events(self) -> impl Iterator<Item = (usize, Event<'r>)> {
        let events = self.units.iter().flat_map(move |unit| unit.batch.groups[self.group].iter());
        events.map(|event| (PartitionId::of_table_hash(event.table_hash).group().1, event))
    }
}
