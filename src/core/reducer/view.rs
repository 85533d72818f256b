//! What a key would come to if the watermark stood somewhere: a look ahead that changes nothing.
//!
//! Where completed sessions stay correctable, events are folded for good only when nothing can come before them any more;
//! until then they wait. A session is told earlier all the same: it is what the view of its key shows as complete. A run
//! compares the views before and after it, and what has changed is taken back and told anew.

use super::ruled::{BufferedEvent, RuleReducer};
use crate::core::aggregates::Accumulator;
use crate::core::event::Timestamp;
use crate::core::rules::{RuleSet, RuledKey};
use crate::core::session::{CloseReason, CompletedSession};
use crate::core::watermark::Watermark;

/// Where a view stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewAt {
    /// The watermark is here.
    Watermark(Watermark),
    /// Everything is folded and closed; what this watermark, the one before, has passed was complete already.
    End(Watermark),
}

/// A complete session of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewedSession {
    start: Timestamp,
    ordinal: u32,
    end: Timestamp,
    events: u64,
    close_reason: CloseReason,
    accumulators: Vec<Accumulator>,
}

impl ViewedSession {
    fn of(session: &CompletedSession<'_>) -> Self {
        Self {
            start: session.start,
            ordinal: session.ordinal,
            end: session.end,
            events: session.events,
            close_reason: session.close_reason,
            accumulators: session.accumulators.to_vec(),
        }
    }

    /// The session as it is written.
    pub fn session<'s>(&'s self, key: &'s [u8]) -> CompletedSession<'s> {
        CompletedSession {
            key,
            start: self.start,
            ordinal: self.ordinal,
            end: self.end,
            events: self.events,
            close_reason: self.close_reason,
            accumulators: &self.accumulators,
            rows: &[],
        }
    }
}

/// What one key comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// Complete sessions that are not folded for good.
    pub complete: Vec<ViewedSession>,
    /// What is left: the open session, and events beyond the watermark.
    pub left: RuledKey,
}

impl View {
    pub(super) fn of(
        rules: &RuleSet,
        key: &[u8],
        state: &RuledKey,
        buffered: &[BufferedEvent],
        at: ViewAt,
    ) -> Self {
        let mut view = Self { complete: Vec::new(), left: state.clone() };
        let Self { complete, left } = &mut view;
        let mut completed = |session: CompletedSession<'_>| complete.push(ViewedSession::of(&session));
        let reached = |event: &&BufferedEvent| match at {
            ViewAt::Watermark(watermark) => watermark.reaches(event.time),
            ViewAt::End(_) => true,
        };
        for event in buffered.iter().take_while(reached) {
            // A buffered is in order and lies behind what is folded.
            let folded = left.fold(rules, key, (event.time, &event.payload), &mut completed);
            debug_assert!(folded.is_ok());
        }
        let (ViewAt::Watermark(watermark) | ViewAt::End(watermark)) = at;
        if let Some(reached) = watermark.time() {
            left.close_passed(key, reached, &mut completed);
        }
        if matches!(at, ViewAt::End(_)) {
            left.close(key, CloseReason::Finalize, &mut completed);
        }
        view
    }

    /// Events in complete sessions.
    pub fn events_complete(&self) -> u64 {
        self.complete.iter().map(|session| session.events).sum()
    }
}

impl RuleReducer {
    /// The view of every key at `at`, by the number of the key. Costs a copy of what is open, and a fold of all tails.
    pub fn views(&mut self, at: ViewAt) -> Vec<View> {
        let mut views = vec![View::default(); self.keys.len()];
        let (rules, mut number) = (std::sync::Arc::clone(&self.rules), 0);
        let keys: Vec<_> = self.keys.keys().cloned().collect();
        self.open_state(|of_key| {
            while *keys[number] != *of_key.key {
                number += 1;
            }
            views[number] = View::of(&rules, of_key.key, of_key.state, of_key.buffered, at);
        });
        views
    }

    /// What has changed between two views of all keys: `retract` gets what is no more, then `insert` what is new, key by
    /// key.
    pub fn changes(
        &self,
        before: &[View],
        after: &[View],
        mut retract: impl FnMut(CompletedSession<'_>),
        mut insert: impl FnMut(CompletedSession<'_>),
    ) {
        for (number, key) in self.keys.keys().enumerate() {
            let complete =
                |views: &[View]| views.get(number).map_or_else(Vec::new, |view| view.complete.clone());
            let (old, new) = (complete(before), complete(after));
            old.iter().filter(|session| !new.contains(session)).for_each(|gone| retract(gone.session(key)));
            new.iter().filter(|session| !old.contains(session)).for_each(|come| insert(come.session(key)));
        }
    }
}
