//! Progress in event time, and which events are late.

use crate::core::event::Timestamp;

/// The progress in event time: events before the watermark are late. It begins at minus infinity and never moves back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Watermark(Option<Timestamp>);

impl Watermark {
    /// Minus infinity: no event is late.
    pub const BEGINNING: Self = Self(None);

    /// Returns the watermark at `time`.
    pub const fn at(time: Timestamp) -> Self {
        Self(Some(time))
    }

    /// Returns the time of the watermark; `None` is minus infinity.
    pub const fn time(self) -> Option<Timestamp> {
        self.0
    }

    /// The watermark `us` microseconds before this one.
    #[must_use]
    pub(crate) fn behind(self, us: i64) -> Self {
        Self(self.0.map(|time| time.saturating_add_us(-us)))
    }

    /// The watermark that reaches everything before this one, but nothing at it.
    #[must_use]
    pub(crate) fn just_before(self) -> Self {
        Self(self.0.and_then(|time| Timestamp::from_us(time.us() - 1)))
    }

    /// Returns whether an event at `time` is late (rule 2: `time < watermark`).
    pub fn is_late(self, time: Timestamp) -> bool {
        Self(Some(time)) < self
    }

    /// Whether an event at `time` may be folded (rule 4: `time <= watermark`).
    pub(crate) fn reaches(self, time: Timestamp) -> bool {
        self >= Self(Some(time))
    }
}

/// How the watermark moves at the end of a batch (rules 3 and 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// The watermark trails the latest accepted event by this many microseconds.
    Delay(i64),
    /// The data is complete up to this time, whatever the events are.
    Stated(Timestamp),
    /// All data is complete (rule 7): one microsecond after the latest accepted event.
    Finalize,
}

impl Advance {
    /// Whether the watermark at the end of a batch reaches all of its events.
    pub const fn reaches_all(self) -> bool {
        matches!(self, Self::Delay(0) | Self::Finalize)
    }

    /// The watermark after a batch that began at `before` and whose latest accepted event is at `latest`.
    pub fn after(self, before: Watermark, latest: Option<Timestamp>) -> Watermark {
        let reached = match self {
            Self::Delay(us) => latest.map(|time| time.saturating_add_us(-us)),
            Self::Stated(time) => Some(time),
            Self::Finalize => latest.map(|time| time.saturating_add_us(1)),
        };
        before.max(Watermark(reached))
    }
}

/// The progress in event time of a stream of events, with all rules about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventTime {
    /// The watermark.
    pub watermark: Watermark,
    /// The time from which events are accepted: the watermark, or an earlier time if completed sessions are correctable.
    pub accepts_from: Watermark,
    /// The latest event ever accepted.
    pub latest: Option<Timestamp>,
}

impl EventTime {
    /// Whether an event at `time` is late (rule 2).
    pub fn is_late(self, time: Timestamp) -> bool {
        self.accepts_from.is_late(time)
    }

    /// The same after the events of a batch, of which `latest` is the latest.
    #[must_use]
    pub fn with(self, latest: Option<Timestamp>) -> Self {
        Self { latest: self.latest.max(latest), ..self }
    }

    /// The same at the end of a batch, if completed sessions are correctable for `allowed_lateness_us`. A finalize ends that
    /// too.
    #[must_use]
    pub fn advanced(self, advance: Advance, allowed_lateness_us: i64) -> Self {
        let watermark = advance.after(self.watermark, self.latest);
        let correctable_us = if advance == Advance::Finalize { 0 } else { allowed_lateness_us };
        let accepts_from = self.accepts_from.max(watermark.behind(correctable_us));
        Self { watermark, accepts_from, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_latest_event_or_goes_where_it_is_stated_but_never_back() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let (lateness, stated) = (Advance::Delay(10), Advance::Stated(at(60)));
        for (advance, before, latest, after) in [
            (lateness, None, None, None),
            (lateness, None, Some(50), Some(40)),
            (lateness, Some(30), Some(50), Some(40)),
            (lateness, Some(45), Some(50), Some(45)),
            (lateness, Some(45), None, Some(45)),
            (stated, None, None, Some(60)),
            (stated, Some(30), Some(90), Some(60)),
            (stated, Some(70), Some(90), Some(70)),
            (Advance::Finalize, None, None, None),
            (Advance::Finalize, Some(30), Some(50), Some(51)),
            (Advance::Finalize, Some(70), Some(50), Some(70)),
        ] {
            let [before, after] = [before, after].map(|us: Option<i64>| Watermark(us.map(at)));
            assert_eq!(advance.after(before, latest.map(at)), after, "{advance:?} {before:?} {latest:?}");
        }
    }

    #[test]
    fn a_watermark_reaches_all_events_unless_it_trails_them_or_is_stated() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let latest = at(100);
        for advance in [Advance::Delay(0), Advance::Delay(1), Advance::Stated(at(60)), Advance::Finalize] {
            let reaches = |before| advance.after(before, Some(latest)).reaches(latest);
            let all = [Watermark::BEGINNING, Watermark::at(at(40))].map(reaches);
            assert_eq!(all, [advance.reaches_all(); 2], "{advance:?}");
        }
    }

    #[test]
    fn events_behind_the_watermark_are_accepted_while_their_sessions_are_correctable() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let time = EventTime::default().with(Some(at(1_000))).advanced(Advance::Delay(100), 50);
        assert_eq!(time.watermark, Watermark::at(at(900)));
        assert!(time.is_late(at(849)) && !time.is_late(at(850)));
        assert!(time.advanced(Advance::Finalize, 50).is_late(at(1_000)));
    }
}
