//! The state of one key with rules, and the fold of one event into it.

use super::accumulators::Accumulators;
use super::set::RuleSet;
use super::splits::{NextEvent, SplitState};
use crate::core::event::Timestamp;
use crate::core::event::Values;
use crate::core::session::{CloseReason, CompletedSession, EventRows, OpenSession, OutOfOrder};
use std::collections::BTreeSet;

/// An open session with rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuledSession {
    /// Start, last event, number of events.
    pub open: OpenSession,
    /// How many earlier sessions of the key have the same start.
    pub ordinal: u32,
    /// The end of its events: the time of the last one, unless events have a duration.
    pub end: Timestamp,
    /// The last instant at which an event continues the session.
    pub reach: Timestamp,
    /// The state of the split rules.
    pub splits: SplitState,
    /// The accumulators of the aggregates, in order.
    pub accumulators: Accumulators,
    /// The identities of its events, if duplicates are dropped.
    pub identities: BTreeSet<u128>,
    /// Its events, if events are emitted.
    pub rows: EventRows,
}

/// What is kept of sessions that a split has completed, while an event may still come at the time of their last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// The start of the last completed session.
    pub start: Timestamp,
    /// Its ordinal.
    pub ordinal: u32,
    /// The time of its last event. The duration of that event does not matter: another session may begin within it.
    pub end: Timestamp,
    /// The identities of the events of sessions that ended at that time, if duplicates are dropped.
    pub identities: BTreeSet<u128>,
}

/// The state of one key without its buffered events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuledKey {
    /// The session that may grow.
    pub open: Option<RuledSession>,
    /// What is kept of the sessions before it.
    pub before: Option<Box<Before>>,
    /// The time of the last dropped duplicate. It changed no session, but no event before it may be folded after it. It is not
    /// stored: the events of a later batch are after all folded ones.
    pub dropped: Option<Timestamp>,
}

/// The result of folding an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// The event belongs to a session.
    Taken,
    /// The event is a duplicate and is dropped.
    Duplicate,
}

impl RuledKey {
    /// One step of the fold. It passes a session that the event completes to `completed`.
    ///
    /// # Errors
    /// [`OutOfOrder`] if a later event is already folded.
    pub fn fold(
        &mut self,
        rules: &RuleSet,
        key: &[u8],
        time: Timestamp,
        payload: &[u8],
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<Folded, OutOfOrder> {
        if rules.only_extend() {
            return self.extend(rules, key, time, Values::of(payload), completed);
        }
        if self.latest().is_some_and(|latest| time < latest) {
            return Err(OutOfOrder);
        }
        // The gap comes first: the watermark decides when a session closes by its gap, and what follows must not depend on
        // that.
        if self.open.as_ref().is_some_and(|session| time > session.reach) {
            self.close(key, CloseReason::Gap, completed);
        }
        let values = Values::of(payload);
        let identity = rules.dedup.and_then(|dedup| dedup.identity(values));
        if identity.is_some_and(|identity| self.has_seen(identity, time)) {
            self.dropped = Some(time);
            return Ok(Folded::Duplicate);
        }
        let next = NextEvent { time, values };
        let split = |session: &RuledSession| rules.splits.before(&session.open, &session.splits, next);
        if let Some(why) = self.open.as_ref().and_then(split) {
            self.close(key, why, completed);
        }
        let before = self.before.as_deref();
        let session = self.open.get_or_insert_with(|| RuledSession::begin(rules, time, before));
        session.take(rules, time, values, identity);
        if let Some(why) = rules.splits.after(values) {
            self.close(key, why, completed);
        }
        Ok(Folded::Taken)
    }

    /// [`RuledKey::fold`] under rules by which events only extend sessions.
    #[inline]
    fn extend(
        &mut self,
        rules: &RuleSet,
        key: &[u8],
        time: Timestamp,
        values: Values<'_>,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> Result<Folded, OutOfOrder> {
        let session = match &mut self.open {
            Some(session) if time < session.open.last => return Err(OutOfOrder),
            Some(session) if time <= session.reach => session,
            Some(session) => {
                completed(session.complete(key, CloseReason::Gap));
                *session = RuledSession::begin(rules, time, None);
                session
            }
            none => none.insert(RuledSession::begin(rules, time, None)),
        };
        session.extend(rules, time, values);
        Ok(Folded::Taken)
    }

    /// Completes the open session, if there is one.
    pub fn close(&mut self, key: &[u8], why: CloseReason, completed: &mut impl FnMut(CompletedSession<'_>)) {
        let Some(session) = self.open.take() else { return };
        completed(session.complete(key, why));
        let before = self.before.take();
        // Behind the gap, no event comes at the time of the last one.
        if why != CloseReason::Gap {
            let RuledSession { open, ordinal, mut identities, .. } = session;
            if let Some(before) = before.filter(|before| before.end == open.last) {
                identities.extend(before.identities);
            }
            self.before = Some(Box::new(Before { start: open.start, ordinal, end: open.last, identities }));
        }
    }

    /// Completes the open session if `watermark` has passed it (rule 6), and drops what no event can need any more. Returns
    /// whether there was either.
    pub fn close_passed(
        &mut self,
        key: &[u8],
        watermark: Timestamp,
        completed: &mut impl FnMut(CompletedSession<'_>),
    ) -> bool {
        let is_passed = self.open.as_ref().is_some_and(|session| session.reach < watermark);
        if is_passed {
            self.close(key, CloseReason::Gap, completed);
        }
        let dropped = self.before.take_if(|before| before.end < watermark);
        is_passed || dropped.is_some()
    }

    /// The last instant at which an event could still depend on the state of the key.
    pub fn reach(&self) -> Option<Timestamp> {
        let open = self.open.as_ref().map(|session| session.reach);
        open.max(self.before.as_ref().map(|before| before.end))
    }

    /// The time of the last event that was folded, including dropped ones.
    pub fn latest(&self) -> Option<Timestamp> {
        let open = self.open.as_ref().map(|session| session.open.last);
        open.or_else(|| self.before.as_ref().map(|before| before.end)).max(self.dropped)
    }

    /// An event is a duplicate of an event in the open session, or in a session that ended at the same time.
    fn has_seen(&self, identity: u128, time: Timestamp) -> bool {
        let in_open = || self.open.as_ref().is_some_and(|session| session.identities.contains(&identity));
        let just_before = |before: &Before| before.end == time && before.identities.contains(&identity);
        in_open() || self.before.as_ref().is_some_and(|before| just_before(before))
    }
}

impl RuledSession {
    fn begin(rules: &RuleSet, start: Timestamp, before: Option<&Before>) -> Self {
        let twin = before.filter(|before| before.start == start);
        Self {
            open: OpenSession { start, last: start, events: 0 },
            ordinal: twin.map_or(0, |before| before.ordinal + 1),
            end: start,
            reach: start,
            splits: rules.splits.begin(start),
            accumulators: rules.empty_accumulators(),
            identities: BTreeSet::new(),
            rows: EventRows::default(),
        }
    }

    /// [`RuledSession::take`] under rules by which events only extend sessions.
    #[inline]
    fn extend(&mut self, rules: &RuleSet, time: Timestamp, values: Values<'_>) {
        self.open.extend(time);
        self.end = time;
        self.reach = rules.gaps.usual_reach(time);
        for (accumulator, aggregate) in self.accumulators.iter_mut().zip(&rules.aggregates) {
            aggregate.update(accumulator, values, rules.bounds);
        }
        if let Some(place) = rules.row {
            self.rows.push(values.get(place));
        }
    }

    fn take(&mut self, rules: &RuleSet, time: Timestamp, values: Values<'_>, identity: Option<u128>) {
        self.open.extend(time);
        let end = rules.end_of(time, values);
        self.end = self.end.max(end);
        self.reach = self.reach.max(rules.gaps.reach(end, values));
        rules.splits.update(&mut self.splits, values);
        for (accumulator, aggregate) in self.accumulators.iter_mut().zip(&rules.aggregates) {
            aggregate.update(accumulator, values, rules.bounds);
        }
        self.identities.extend(identity);
        if let Some(place) = rules.row {
            self.rows.push(values.get(place));
        }
    }

    /// The session as it would be if it were complete now.
    pub fn complete<'s>(&'s self, key: &'s [u8], close_reason: CloseReason) -> CompletedSession<'s> {
        CompletedSession {
            ordinal: self.ordinal,
            end: self.end,
            accumulators: &self.accumulators,
            rows: self.rows.bytes(),
            ..self.open.close(key, close_reason)
        }
    }
}
