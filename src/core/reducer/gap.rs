//! The fold of one partition by the gap alone.

use super::changes::Fate;
use super::fold::Fold;
use super::session_parts::SessionPart;
use super::table::KeyTable;
use super::tombstones::Tombstones;
use crate::core::event::{Event, Timestamp};
use crate::core::gap::Gap;
use crate::core::session::{CloseReason, CompletedSession, OpenSession, OutOfOrder};
use crate::core::watermark::Watermark;

/// The open state of one key: at most one session, and the events that the watermark has not reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyState<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The session that may still grow.
    pub open: Option<OpenSession>,
    /// The times of buffered events, in the order `(time, seq)`.
    pub buffered: &'a [Timestamp],
}

impl KeyState<'_> {
    /// The events in the open session and the buffered ones.
    pub fn events(&self) -> u64 {
        self.open.map_or(0, |open| open.events) + self.buffered.len() as u64
    }
}

/// An event that waits for the watermark.
#[derive(Debug, Clone, Copy)]
struct Buffered {
    time: Timestamp,
    number: u32,
}

/// Folds the events of one partition in the order `(time, seq)`.
#[derive(Debug)]
pub struct GapReducer {
    gap: Gap,
    table: KeyTable<Option<OpenSession>>,
    buffered: Vec<Buffered>,
    tombstones: Tombstones,
}

impl GapReducer {
    /// A reducer without open state.
    pub fn new(gap: Gap) -> Self {
        Self { gap, table: KeyTable::default(), buffered: Vec::new(), tombstones: Tombstones::default() }
    }

    /// Makes room for so many keys, before any is restored.
    pub fn reserve(&mut self, keys: usize) {
        self.table.reserve(keys);
    }

    /// Restores the open state of a key. A key may come in several pieces; their buffered events follow each other.
    pub fn restore(&mut self, state: KeyState<'_>, table_hash: u32) {
        let number = self.table.number_of(state.key, table_hash);
        if state.open.is_some() {
            *self.table.state(number) = state.open;
        }
        self.buffered.extend(state.buffered.iter().map(|&time| Buffered { time, number }));
        self.table.restored(number);
    }

    /// Visits the open state of each key, in the order in which the keys were first seen.
    pub fn open_state(&mut self, mut visit: impl FnMut(KeyState<'_>)) {
        self.fates(|state, fate| {
            if fate != Fate::Gone {
                visit(state);
            }
        });
    }

    /// The same with what became of each key since it was restored. Keys that were restored and have nothing open any more are
    /// visited too. Returns whether these are all: some may have been forgotten.
    pub fn changes(&mut self, mut visit: impl FnMut(KeyState<'_>, Fate)) -> bool {
        let gone = self.table.gone().map(|keys| {
            keys.for_each(|key| visit(KeyState { key, open: None, buffered: &[] }, Fate::Gone));
        });
        self.fates(visit);
        gone.is_some()
    }

    fn fates(&mut self, mut visit: impl FnMut(KeyState<'_>, Fate)) {
        self.buffered.sort_by_key(|buffered| (buffered.number, buffered.time));
        let times: Vec<Timestamp> = self.buffered.iter().map(|buffered| buffered.time).collect();
        let mut from = 0;
        for (number, (key, &open, marks)) in (0..).zip(self.table.iter_marked()) {
            let until = from + self.buffered[from..].partition_point(|buffered| buffered.number == number);
            if let Some(fate) = marks.fate(open.is_some() || until > from) {
                visit(KeyState { key, open, buffered: &times[from..until] }, fate);
            }
            from = until;
        }
    }

    fn close_where(
        &mut self,
        is_complete: impl Fn(&OpenSession) -> bool,
        close_reason: CloseReason,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) {
        self.table.for_each_mut(|key, open| {
            let closed = open.take_if(|open| is_complete(open));
            closed.map(|session| completed(session.close(key, close_reason))).is_some()
        });
    }

    /// Takes a part of a session: events of one key that lie within the gap of each other, merged before. All parts of a key come
    /// after each other in the order in which they begin, and before its other events. The watermark has reached all of them.
    ///
    /// # Errors
    /// `OutOfOrder` if the part begins before the open session of its key, or events of the key wait.
    pub fn take_part(
        &mut self,
        key: &[u8],
        table_hash: u32,
        part: OpenSession,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        if !self.buffered.is_empty() {
            return Err(OutOfOrder);
        }
        let number = self.table.number_of(key, table_hash);
        let open = self.table.state(number);
        match open {
            None => *open = Some(part),
            Some(session) if part.start < session.start => return Err(OutOfOrder),
            Some(session) if self.gap.joins(session.last, part.start) => session.join(part),
            Some(session) => {
                let before = std::mem::replace(session, part);
                completed(before.close(self.table.key(number), CloseReason::Gap));
            }
        }
        Ok(())
    }

    /// Takes a part of a session like its events one after the other. The horizon has reached all of them.
    ///
    /// # Errors
    /// `OutOfOrder` if a later event of the key is already folded, or events wait.
    pub fn take_part_in_order(
        &mut self,
        part: SessionPart<'_>,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        if !self.buffered.is_empty() {
            return Err(OutOfOrder);
        }
        let OpenSession { start, last, events } = part.events;
        self.tombstones.count_taken(events);
        let number = self.table.number_of(part.key, part.table_hash);
        self.fold(number, start, completed)?;
        if let Some(session) = self.table.state(number) {
            session.last = last;
            session.events += events - 1;
        }
        Ok(())
    }

    /// Whether an event waits for the watermark.
    pub fn has_waiting(&self) -> bool {
        !self.buffered.is_empty()
    }

    /// One step of the fold (rule 5).
    #[inline]
    fn fold(
        &mut self,
        number: u32,
        time: Timestamp,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        let open = self.table.state(number);
        match open {
            None => {
                *open = Some(OpenSession::begin(time));
                self.tombstones.allows(self.table.key(number), time, self.gap)?;
            }
            Some(session) if time < session.last => return Err(OutOfOrder),
            Some(session) if self.gap.joins(session.last, time) => session.extend(time),
            Some(session) => {
                let before = std::mem::replace(session, OpenSession::begin(time));
                completed(before.close(self.table.key(number), CloseReason::Gap));
            }
        }
        Ok(())
    }
}

impl Fold for GapReducer {
    #[inline]
    fn take(
        &mut self,
        event: Event<'_>,
        horizon: Watermark,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        self.tombstones.count_taken(1);
        let number = self.table.number_of(event.key, event.table_hash);
        if self.buffered.is_empty() && horizon.reaches(event.time) {
            return self.fold(number, event.time, completed);
        }
        self.table.change(number);
        self.buffered.push(Buffered { time: event.time, number });
        Ok(())
    }

    fn advance(
        &mut self,
        horizon: Watermark,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        // The sort is stable, and `buffered` is in the order of arrival: ties keep the order of seq.
        self.buffered.sort_by_key(|buffered| buffered.time);
        let reached = self.buffered.partition_point(|buffered| horizon.reaches(buffered.time));
        for place in 0..reached {
            let Buffered { time, number } = self.buffered[place];
            self.fold(number, time, completed)?;
        }
        self.buffered.drain(..reached);
        Ok(())
    }

    fn evict_expired(&mut self, safe_watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>)) {
        let Some(reached) = self.tombstones.begin(safe_watermark, self.table.len()) else { return };
        let Self { gap, table, buffered, tombstones, .. } = self;
        let passed = |open: &mut OpenSession| gap.is_passed(open.last, reached);
        table.for_each_mut(|key, open| {
            let evicted = open.take_if(passed).map(|session| {
                tombstones.add(key, session.last);
                completed(session.close(key, CloseReason::Gap));
            });
            evicted.is_some()
        });
        for buffered in buffered.iter() {
            table.mark(buffered.number);
        }
        let numbers = table.retain(Option::is_some);
        for buffered in buffered {
            buffered.number = numbers[buffered.number as usize];
        }
    }

    fn forget_tombstones(&mut self) {
        self.tombstones.forget();
    }

    fn close_passed(&mut self, watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>)) {
        let Some(reached) = watermark.time() else { return };
        let gap = self.gap;
        self.close_where(|open| gap.is_passed(open.last, reached), CloseReason::Gap, completed);
    }

    fn close_all(&mut self, completed: &mut impl FnMut(CompletedSession<'_>)) {
        self.close_where(|_| true, CloseReason::Finalize, completed);
    }

    fn for_each_open(&mut self, _watermark: Watermark, visit: &mut impl FnMut(CompletedSession<'_>)) {
        let gap = self.gap;
        self.open_state(|state| {
            let mut open = state.open;
            for &time in state.buffered {
                match &mut open {
                    Some(session) if gap.joins(session.last, time) => session.extend(time),
                    _ => {
                        let before = open.replace(OpenSession::begin(time));
                        if let Some(session) = before {
                            visit(session.close(state.key, CloseReason::Gap));
                        }
                    }
                }
            }
            if let Some(session) = open {
                visit(session.close(state.key, CloseReason::StillOpen));
            }
        });
    }

    fn memory_bytes(&self) -> usize {
        self.table.memory_bytes()
            + self.buffered.capacity() * size_of::<Buffered>()
            + self.tombstones.memory_bytes()
    }

    fn tombstone_bytes(&self) -> usize {
        self.tombstones.memory_bytes()
    }
}

#[cfg(test)]
#[path = "gap_tests.rs"]
mod tests;
