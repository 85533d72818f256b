//! The state of a key at a given watermark, computed without changing anything.

use super::buffered::BufferedEvent;
use super::instants::horizon;
use crate::core::aggregates::Accumulator;
use crate::core::event::Timestamp;
use crate::core::rules::{RuleSet, RuledKey};
use crate::core::session::{CloseReason, CompletedSession};
use crate::core::watermark::Watermark;

/// The position of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ViewAt {
    /// At this watermark.
    Watermark(Watermark),
    /// At the end: everything is folded and closed. What this watermark, the previous one, has passed was already complete.
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

    /// The session for the output.
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

/// The state of one key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct View {
    /// Complete sessions that are not finally folded.
    pub complete: Vec<ViewedSession>,
    /// The rest: the open session, and events beyond the watermark.
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
            ViewAt::Watermark(watermark) => horizon(rules, watermark).reaches(event.time),
            ViewAt::End(_) => true,
        };
        for event in buffered.iter().take_while(reached) {
            // Buffered events are in order and after the folded ones.
            let folded = left.fold(rules, key, event.time, &event.payload, &mut completed);
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

    /// The events in complete sessions.
    pub fn events_complete(&self) -> u64 {
        self.complete.iter().map(|session| session.events).sum()
    }
}
