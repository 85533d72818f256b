//! Completed sessions, added up.

use super::bins::{Bins, DURATIONS, LENGTHS};
use super::calendar::Calendar;
use super::slot::Slot;
use super::timeline::Timeline;
use crate::core::event::Timestamp;
use std::collections::BTreeMap;

/// How many hashes of users are kept at most, over all pieces of time: about 64 MiB.
const MAX_KEPT_USERS: usize = 2_000_000;

const DAY_HOURS: i64 = 24;

/// A session as a row of an output has it.
#[derive(Debug, Clone, Copy)]
pub struct CountedSession<'s> {
    /// The hash of its key.
    pub user: u64,
    /// Its first event.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// Its events.
    pub event_count: u64,
    /// Why it is complete.
    pub close_reason: &'s str,
    /// Whether the row takes back a session of an earlier run.
    pub is_retracted: bool,
}

/// What completed sessions come to.
#[derive(Debug, Clone)]
pub struct SessionFigures {
    calendar: Calendar,
    /// All of them.
    pub whole: Slot,
    /// Sessions of one event.
    pub bounces: i64,
    /// The sum of all durations, in microseconds.
    pub duration_us: i128,
    /// By the time at which they began.
    pub timeline: Timeline,
    /// By the hour of the day at which they began.
    pub hours: Vec<Slot>,
    /// By their number of events.
    pub lengths: Bins,
    /// By their duration.
    pub durations: Bins,
    /// By the reason for which they are complete.
    pub close_reasons: BTreeMap<String, i64>,
    kept_users: usize,
    max_kept_users: usize,
}

impl SessionFigures {
    /// No sessions yet.
    pub fn new(calendar: Calendar) -> Self {
        Self {
            calendar,
            whole: Slot::default(),
            bounces: 0,
            duration_us: 0,
            timeline: Timeline::default(),
            hours: vec![Slot::default(); 24],
            lengths: Bins::new(&LENGTHS),
            durations: Bins::new(&DURATIONS),
            close_reasons: BTreeMap::new(),
            kept_users: 0,
            max_kept_users: MAX_KEPT_USERS,
        }
    }

    /// Counts a session, or takes one back.
    pub fn add(&mut self, session: &CountedSession<'_>) {
        let times = if session.is_retracted { -1 } else { 1 };
        let events = i64::try_from(session.event_count).unwrap_or(i64::MAX);
        let duration_us = session.end.us_since(session.start);
        self.bounces += if events == 1 { times } else { 0 };
        self.duration_us += i128::from(duration_us) * i128::from(times);
        self.lengths.add(events, times);
        self.durations.add(duration_us, times);
        match self.close_reasons.get_mut(session.close_reason) {
            Some(sessions) => *sessions += times,
            None => drop(self.close_reasons.insert(session.close_reason.to_owned(), times)),
        }
        let hour = self.calendar.hour(session.start);
        let (slot, freed) = self.timeline.slot(hour);
        let mut more = slot.add(events, times, session.user);
        more += self.whole.add(events, times, session.user);
        let of_day = usize::try_from(hour.rem_euclid(DAY_HOURS)).unwrap_or(0);
        more += self.hours[of_day].add(events, times, session.user);
        self.kept_users = (self.kept_users - freed).saturating_add_signed(more);
        self.keep_bounds();
    }

    /// Makes room by keeping half of the users of the piece that keeps the most.
    fn keep_bounds(&mut self) {
        while self.kept_users > self.max_kept_users {
            let slots = self.timeline.slots_mut().chain(&mut self.hours).chain([&mut self.whole]);
            let Some(largest) = slots.max_by_key(|slot| slot.users.kept()) else { return };
            self.kept_users -= largest.users.halve();
        }
    }

    /// Whether a number of users is an estimate.
    pub fn has_estimates(&self) -> bool {
        let mut slots = self.timeline.slots().chain(&self.hours).chain([&self.whole]);
        slots.any(|slot| slot.users.is_estimate())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::partition::KeyHash;

    fn session(user: u64, minute: i64, minutes: i64, event_count: u64) -> CountedSession<'static> {
        let at = |minute: i64| Timestamp::from_us(minute * 60_000_000).unwrap();
        CountedSession {
            user,
            start: at(minute),
            end: at(minute + minutes),
            event_count,
            close_reason: "gap",
            is_retracted: false,
        }
    }

    fn figures() -> SessionFigures {
        SessionFigures::new(Calendar { zone: chrono_tz::Tz::UTC })
    }

    #[test]
    fn a_session_that_is_taken_back_leaves_nothing() {
        let mut figures = figures();
        figures.add(&session(1, 0, 0, 1));
        figures.add(&session(2, 90, 5, 3));
        figures.add(&CountedSession { is_retracted: true, ..session(1, 0, 0, 1) });
        assert_eq!((figures.whole.sessions, figures.whole.events, figures.whole.users.count()), (1, 3, 1));
        assert_eq!((figures.bounces, figures.duration_us), (0, 300_000_000));
        assert_eq!(figures.close_reasons, BTreeMap::from([("gap".to_owned(), 1)]));
        let pieces = figures.timeline.pieces();
        assert_eq!(pieces.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>(), ["1970-01-01 01:00"]);
        assert_eq!(figures.hours[1].users.count(), 1);
        assert_eq!(figures.hours[0].users.count(), 0);
    }

    #[test]
    fn users_are_exact_until_there_is_no_room_and_estimated_then() {
        let mut figures = figures();
        figures.max_kept_users = 9_000;
        for number in 0..9_000_u64 {
            let user = KeyHash::of(&number.to_le_bytes()).whole();
            figures.add(&session(user, i64::try_from(number).unwrap() / 100, 1, 2));
            if number == 2_999 {
                assert!(!figures.has_estimates());
                assert_eq!(figures.whole.users.count(), 3_000);
            }
        }
        assert!(figures.has_estimates());
        let kept = figures.timeline.slots().map(|slot| slot.users.kept()).sum::<usize>()
            + figures.hours.iter().map(|slot| slot.users.kept()).sum::<usize>()
            + figures.whole.users.kept();
        assert_eq!(kept, figures.kept_users);
        assert!(kept <= 9_000);
        let found = figures.whole.users.count();
        assert!((8_000..10_000).contains(&found), "{found}");
        assert_eq!(figures.whole.sessions, 9_000);
    }
}
