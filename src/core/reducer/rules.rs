//! The fold of one partition with rules.

use super::buffered::BufferedEvent;
use super::changes::Fate;
use super::fold::Fold;
use super::instants::{self, Instants};
use super::table::KeyTable;
use super::tombstones::Tombstones;
use super::view::{View, ViewAt};
use crate::core::event::{Event, Timestamp};
use crate::core::gap::Gap;
use crate::core::rules::{Folded, RuleSet, RuledKey};
use crate::core::session::{CloseReason, CompletedSession, OutOfOrder};
use crate::core::watermark::Watermark;
use std::sync::Arc;

/// The open state of one key with rules.
#[derive(Debug, Clone, Copy)]
pub struct RuledState<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The session that may grow, and what is kept of the sessions before it.
    pub state: &'a RuledKey,
    /// Buffered events, in the order `(time, seq)`.
    pub buffered: &'a [BufferedEvent],
}

impl RuledState<'_> {
    /// The events in the open session and the buffered ones.
    pub fn events(&self) -> u64 {
        self.state.open.as_ref().map_or(0, |session| session.open.events) + self.buffered.len() as u64
    }
}

/// Folds the events of one partition in the order `(time, seq)`, like [`super::GapReducer`], with a [`RuleSet`].
///
/// [`super::GapReducer`] keeps three numbers of a session; this reducer keeps what the rules need. Keys stay in the order in
/// which they were first seen.
#[derive(Debug)]
pub struct RuleReducer {
    rules: Arc<RuleSet>,
    table: KeyTable<RuledKey>,
    buffered: Vec<BufferedEvent>,
    instants: Instants,
    duplicates: u64,
    bytes_buffered: usize,
    bytes_of_rows: usize,
    tombstones: Tombstones,
}

impl RuleReducer {
    /// A reducer without open state.
    pub fn new(rules: Arc<RuleSet>) -> Self {
        Self {
            rules,
            table: KeyTable::default(),
            buffered: Vec::new(),
            instants: Instants::default(),
            duplicates: 0,
            bytes_buffered: 0,
            bytes_of_rows: 0,
            tombstones: Tombstones::default(),
        }
    }

    /// The number of events dropped as duplicates.
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    /// The rules.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Makes room for so many keys, before any is restored.
    pub fn reserve(&mut self, keys: usize) {
        self.table.reserve(keys);
    }

    /// Restores the open state of a key.
    pub fn restore(
        &mut self,
        key: &[u8],
        table_hash: u32,
        state: RuledKey,
        buffered: impl Iterator<Item = (Timestamp, Box<[u8]>)>,
    ) {
        let number = self.table.number_of(key, table_hash);
        self.bytes_of_rows += state.open.as_ref().map_or(0, |session| session.rows.bytes().len());
        *self.table.state(number) = state;
        for (time, payload) in buffered {
            self.buffer(time, payload, number);
        }
        self.table.restored(number);
    }

    /// Visits the open state of each key, in the order in which the keys were first seen.
    pub fn open_state(&mut self, mut visit: impl FnMut(RuledState<'_>)) {
        self.open_state_by_number(|_, of_key| visit(of_key));
    }

    fn open_state_by_number(&mut self, mut visit: impl FnMut(usize, RuledState<'_>)) {
        self.fates(|number, of_key, fate| {
            if fate != Fate::Gone {
                visit(number, of_key);
            }
        });
    }

    /// Visits the open state of each key with what became of it since it was restored. Keys that were restored and have nothing
    /// open any more are visited too. Returns whether these are all: some may have been forgotten.
    pub fn changes(&mut self, mut visit: impl FnMut(RuledState<'_>, Fate)) -> bool {
        let nothing = RuledKey::default();
        let gone = self.table.gone().map(|keys| {
            keys.for_each(|key| visit(RuledState { key, state: &nothing, buffered: &[] }, Fate::Gone));
        });
        let are_all = gone.is_some();
        self.fates(|_, of_key, fate| visit(of_key, fate));
        are_all
    }

    fn fates(&mut self, mut visit: impl FnMut(usize, RuledState<'_>, Fate)) {
        let rules = &self.rules;
        self.buffered
            .sort_by(|one, other| one.number.cmp(&other.number).then_with(|| one.compare(other, rules)));
        let mut from = 0;
        for (number, (key, state, marks)) in (0..).zip(self.table.iter_marked()) {
            let until = from + self.buffered[from..].partition_point(|buffered| buffered.number == number);
            let buffered = &self.buffered[from..until];
            let has_open = state.open.is_some() || state.before.is_some() || !buffered.is_empty();
            if let Some(fate) = marks.fate(has_open) {
                visit(number as usize, RuledState { key, state, buffered }, fate);
            }
            from = until;
        }
    }

    /// The view of every key at `at`, by the number of the key. Costs a copy of the open state, and a fold of all buffered
    /// events.
    pub fn views(&mut self, at: ViewAt) -> Vec<View> {
        let mut views = vec![View::default(); self.table.len()];
        let rules = Arc::clone(&self.rules);
        self.open_state_by_number(|number, of_key| {
            views[number] = View::of(&rules, of_key.key, of_key.state, of_key.buffered, at);
        });
        views
    }

    /// All keys, by their number.
    pub(super) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.table.iter().map(|(key, _)| key)
    }

    fn buffer(&mut self, time: Timestamp, payload: Box<[u8]>, number: u32) {
        self.table.change(number);
        self.bytes_buffered += buffered_bytes(&payload);
        self.buffered.push(BufferedEvent { time, payload, number });
    }

    /// Takes an event whose instant may not be complete yet, and folds the previous instant.
    fn take_into_instant(
        &mut self,
        event: BufferedEvent,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        self.bytes_buffered += buffered_bytes(&event.payload);
        let mut whole = self.instants.push(event)?;
        whole.sort_by(|one, other| one.compare(other, &self.rules));
        self.fold_all(whole, completed)
    }

    fn fold_all(
        &mut self,
        events: Vec<BufferedEvent>,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        for BufferedEvent { time, payload, number } in events {
            self.bytes_buffered -= buffered_bytes(&payload);
            self.fold(number, time, &payload, completed)?;
        }
        Ok(())
    }

    /// [`RuleReducer::fold`] under rules by which events only extend sessions.
    #[inline]
    fn extend(
        &mut self,
        number: u32,
        event: Event<'_>,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        let Self { rules, table, tombstones, bytes_of_rows, .. } = self;
        let (key, state) = table.key_and_state(number);
        if state.open.is_none() {
            tombstones.allows(key, event.time, UP_TO_REACH)?;
        }
        *bytes_of_rows += rules.row_bytes(event.payload);
        let mut counted = |session: CompletedSession<'_>| {
            *bytes_of_rows -= session.rows.len();
            completed(session);
        };
        state.fold(rules, key, event.time, event.payload, &mut counted).map(drop)
    }

    fn fold(
        &mut self,
        number: u32,
        time: Timestamp,
        payload: &[u8],
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        let (key, state) = self.table.key_and_state(number);
        if state.open.is_none() {
            self.tombstones.allows(key, time, UP_TO_REACH)?;
        }
        let row_length = self.rules.row_bytes(payload);
        let mut bytes_of_rows = self.bytes_of_rows + row_length;
        let mut counted = |session: CompletedSession<'_>| {
            bytes_of_rows -= session.rows.len();
            completed(session);
        };
        let folded = state.fold(&self.rules, key, time, payload, &mut counted)?;
        let is_duplicate = folded == Folded::Duplicate;
        self.bytes_of_rows = bytes_of_rows - if is_duplicate { row_length } else { 0 };
        self.duplicates += u64::from(is_duplicate);
        Ok(())
    }
}

impl Fold for RuleReducer {
    fn take(
        &mut self,
        event: Event<'_>,
        horizon: Watermark,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        self.tombstones.count_taken(1);
        let number = self.table.number_of(event.key, event.table_hash);
        if self.rules.only_extend() && self.buffered.is_empty() && horizon.reaches(event.time) {
            return self.extend(number, event, completed);
        }
        // An instant that has been folded was not complete.
        if self.rules.orders_instants() && self.table.state(number).latest() >= Some(event.time) {
            return Err(OutOfOrder);
        }
        if !self.buffered.is_empty() || !instants::horizon(&self.rules, horizon).reaches(event.time) {
            self.buffer(event.time, event.payload.into(), number);
            Ok(())
        } else if self.rules.orders_instants() {
            let event = BufferedEvent { time: event.time, payload: event.payload.into(), number };
            self.take_into_instant(event, completed)
        } else {
            self.fold(number, event.time, event.payload, completed)
        }
    }

    fn advance(
        &mut self,
        horizon: Watermark,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<(), OutOfOrder> {
        let horizon = instants::horizon(&self.rules, horizon);
        // The events of instants came before the buffered ones.
        self.buffered.splice(..0, self.instants.take());
        // The sort is stable, and `buffered` is in the order of arrival: ties keep the order of seq.
        self.buffered.sort_by(|one, other| one.compare(other, &self.rules));
        let reached = self.buffered.partition_point(|buffered| horizon.reaches(buffered.time));
        let rest = self.buffered.split_off(reached);
        let reached = std::mem::replace(&mut self.buffered, rest);
        self.fold_all(reached, completed)
    }

    fn close_passed(&mut self, watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>)) {
        let Some(reached) = watermark.time() else { return };
        self.table.for_each_mut(|key, state| state.close_passed(key, reached, completed));
    }

    fn close_all(&mut self, completed: &mut impl FnMut(CompletedSession<'_>)) {
        self.table.for_each_mut(|key, state| {
            state.close(key, CloseReason::Finalize, completed);
            // A finalize sets a watermark before which no event is accepted, so nothing before it matters any more.
            state.before = None;
            true
        });
    }

    fn for_each_open(&mut self, watermark: Watermark, visit: &mut impl FnMut(CompletedSession<'_>)) {
        let rules = Arc::clone(&self.rules);
        let horizon = instants::horizon(&rules, watermark);
        self.open_state(|of_key| {
            let RuledState { key, state, buffered } = of_key;
            let mut left = View::of(&rules, key, state, buffered, ViewAt::Watermark(watermark)).left;
            for event in buffered.iter().filter(|event| !horizon.reaches(event.time)) {
                // Buffered events are in order and after the folded ones.
                let folded = left.fold(&rules, key, event.time, &event.payload, visit);
                debug_assert!(folded.is_ok());
            }
            left.close(key, CloseReason::StillOpen, visit);
        });
    }

    fn memory_bytes(&self) -> usize {
        // What rules keep of a session besides its rows is small; the size of its struct stands for it.
        self.table.memory_bytes() + self.bytes_buffered + self.bytes_of_rows + self.tombstones.memory_bytes()
    }

    fn tombstone_bytes(&self) -> usize {
        self.tombstones.memory_bytes()
    }

    fn evict_expired(&mut self, safe_watermark: Watermark, completed: &mut impl FnMut(CompletedSession<'_>)) {
        let Some(safe_at) = self.tombstones.begin(safe_watermark, self.table.len()) else { return };
        let Self { table, buffered, tombstones, bytes_of_rows, .. } = self;
        // A key is evicted completely or not at all: what is kept of earlier sessions may matter until the very end of an open
        // one.
        table.for_each_mut(|key, state| {
            let Some(reach) = state.reach().filter(|&reach| reach < safe_at) else { return false };
            state.close(key, CloseReason::Gap, &mut |session| {
                *bytes_of_rows -= session.rows.len();
                completed(session);
            });
            *state = RuledKey::default();
            tombstones.add(key, reach);
            true
        });
        for buffered in buffered.iter() {
            table.mark(buffered.number);
        }
        let numbers = table.retain(|state| state.reach().is_some());
        for buffered in buffered {
            buffered.number = numbers[buffered.number as usize];
        }
    }

    fn forget_tombstones(&mut self) {
        self.tombstones.forget();
    }
}

/// A tombstone keeps the reach of the session, which already includes the gap.
const UP_TO_REACH: Gap = Gap::from_us(0);

const fn buffered_bytes(payload: &[u8]) -> usize {
    payload.len() + size_of::<BufferedEvent>()
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
