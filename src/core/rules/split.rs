//! What ends a session besides the gap.

use super::condition::Condition;
use super::local_day::next_midnight;
use crate::core::event::Timestamp;
use crate::core::event::Values;
use crate::core::session::{CloseReason, OpenSession};
use chrono_tz::Tz;

/// In whose zone midnight is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Midnight {
    /// In that of all sources.
    In(Tz),
    /// In that of the event's source: the place of its name.
    OfSource(usize),
}

/// The split rules of a checkpoint, ready for use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Splits {
    pub(super) max_duration_us: Option<i64>,
    pub(super) max_events: Option<u64>,
    /// Places of columns whose changed value begins a new session.
    pub(super) on: Vec<usize>,
    /// Where midnight begins a new session.
    pub(super) at_midnight: Option<Midnight>,
    pub(super) start_on: Vec<Condition>,
    pub(super) end_on: Vec<Condition>,
}

impl Splits {
    /// Why the event at `time` cannot go on with `session`, whose gap it keeps; the first of the rules in this order.
    pub(super) fn before(
        &self,
        session: &OpenSession,
        limits: &SplitState,
        time: Timestamp,
        values: Values<'_>,
    ) -> Option<CloseReason> {
        if self.max_duration_us.is_some_and(|max_us| time.us_since(session.start) > max_us) {
            return Some(CloseReason::MaxDuration);
        }
        if self.day_end(session, limits, values).is_some_and(|day_end| time >= day_end) {
            return Some(CloseReason::Midnight);
        }
        if self.start_on.iter().any(|condition| condition.holds(values)) {
            return Some(CloseReason::StartOn);
        }
        if self.on.iter().zip(&limits.values).any(|(&place, value)| is_change(value, values.get(place))) {
            return Some(CloseReason::SplitOn);
        }
        self.max_events.is_some_and(|max| session.events >= max).then_some(CloseReason::MaxEvents)
    }

    /// The first instant of the day after the session's start, as an event with these values sees days.
    fn day_end(&self, session: &OpenSession, limits: &SplitState, values: Values<'_>) -> Option<Timestamp> {
        let Some(Midnight::OfSource(place)) = self.at_midnight else { return limits.day_end };
        let zone = std::str::from_utf8(values.get(place)).ok()?.parse().ok()?;
        Some(next_midnight(session.start, zone))
    }

    /// Whether an event ends the session that it belongs to.
    pub(super) fn ends(&self, values: Values<'_>) -> bool {
        self.end_on.iter().any(|condition| condition.holds(values))
    }

    /// What these rules have to know of a session that begins at `start`.
    pub(super) fn begin(&self, start: Timestamp) -> SplitState {
        SplitState {
            day_end: match self.at_midnight {
                Some(Midnight::In(zone)) => Some(next_midnight(start, zone)),
                Some(Midnight::OfSource(_)) | None => None,
            },
            values: vec![Vec::new(); self.on.len()],
        }
    }
}

/// What the split rules know of an open session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SplitState {
    /// The first instant of the local day after the session's start, where all sources have one zone.
    pub day_end: Option<Timestamp>,
    /// The last value of each column of `--split-on` that was not empty.
    pub values: Vec<Vec<u8>>,
}

impl SplitState {
    /// Takes the values of an event of the session in.
    pub(super) fn take(&mut self, splits: &Splits, values: Values<'_>) {
        for (&place, kept) in splits.on.iter().zip(&mut self.values) {
            let value = values.get(place);
            if !value.is_empty() && value != kept.as_slice() {
                kept.clear();
                kept.extend_from_slice(value);
            }
        }
    }
}

/// An empty value changes nothing, and the first value of a session has nothing to change.
fn is_change(kept: &[u8], value: &[u8]) -> bool {
    !kept.is_empty() && !value.is_empty() && kept != value
}
