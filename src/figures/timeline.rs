//! What happened when: pieces of time in a row, longer ones for a longer time.

use super::calendar::Unit;
use super::slot::{Slot, SlotCounts};
use std::collections::BTreeMap;

/// Pieces of time by their numbers. It begins with hours; a time that is too long for them gets days, then months, and so on. So it
/// has some hundred pieces, however long the time is.
#[derive(Debug, Clone)]
pub struct Timeline {
    unit: Unit,
    slots: BTreeMap<i64, Slot>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { unit: Unit::Hour, slots: BTreeMap::new() }
    }
}

impl Timeline {
    /// The piece of an hour, and how many users less are kept because pieces were joined for it.
    pub(super) fn slot(&mut self, hour: i64) -> (&mut Slot, usize) {
        let mut freed = 0;
        loop {
            let number = self.unit.of_hour(hour);
            let first = self.slots.first_key_value().map_or(number, |(&first, _)| first.min(number));
            let last = self.slots.last_key_value().map_or(number, |(&last, _)| last.max(number));
            match self.unit.longer_for(last - first + 1) {
                Some(longer) => freed += self.lengthen(longer),
                None => return (self.slots.entry(number).or_default(), freed),
            }
        }
    }

    fn lengthen(&mut self, longer: Unit) -> usize {
        let mut freed = 0;
        for (number, slot) in std::mem::take(&mut self.slots) {
            let number = longer.of_hour(self.unit.first_hour(number));
            freed += self.slots.entry(number).or_default().absorb(slot);
        }
        self.unit = longer;
        freed
    }

    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.slots.values()
    }

    pub(super) fn slots_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots.values_mut()
    }

    /// The length of its pieces.
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// All pieces from the first to the last that has a session, each with its beginning; what has none is empty.
    pub fn pieces(&self) -> Vec<(String, SlotCounts)> {
        let mut used = self.slots.iter().filter(|(_, slot)| slot.sessions != 0).map(|(&number, _)| number);
        let Some(first) = used.next() else { return Vec::new() };
        let last = used.next_back().unwrap_or(first);
        let counts = |number| self.slots.get(&number).map(Slot::counts).unwrap_or_default();
        let piece = |number| (self.unit.text(number), counts(number));
        (first..=last).map(piece).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(hours: &[i64]) -> Timeline {
        let mut timeline = Timeline::default();
        for &hour in hours {
            timeline.slot(hour).0.add(2, 1, 7);
        }
        timeline
    }

    #[test]
    fn a_longer_time_has_longer_pieces_and_loses_nothing() {
        let pieces = |hours: &[i64]| {
            let timeline = timeline(hours);
            let pieces = timeline.pieces();
            let sum = pieces.iter().map(|(_, slot)| slot.sessions).sum::<u64>();
            assert_eq!(sum, hours.len() as u64);
            assert!(pieces.iter().all(|(_, slot)| slot.users <= 1));
            (timeline.unit(), pieces.len())
        };
        assert_eq!(pieces(&[]), (Unit::Hour, 0));
        assert_eq!(pieces(&[5]), (Unit::Hour, 1));
        assert_eq!(pieces(&[0, 191]), (Unit::Hour, 192));
        assert_eq!(pieces(&[191, 0, -1]), (Unit::Day, 9));
        assert_eq!(pieces(&[0, 24 * 400]), (Unit::Month, 14));
        // The first piece is that of the first hour, however often the pieces were joined.
        assert_eq!(pieces(&[0, 24, 24 * 399, 24 * 400]), (Unit::Month, 14));
        assert_eq!(pieces(&[0, 24 * 365 * 20]), (Unit::Month, 240));
        // A time that is far away is one step, not several.
        assert_eq!(pieces(&[0, 24 * 366 * 7_000]).0, Unit::Century);
    }

    #[test]
    fn what_was_taken_back_at_the_ends_is_left_out() {
        let mut timeline = timeline(&[0, 3, 9]);
        timeline.slot(9).0.add(2, -1, 7);
        assert_eq!(timeline.pieces().len(), 4);
    }
}
