//! Everything that a page shows.

use super::calendar::Calendar;
use super::left_out::LeftOut;
use super::open::OpenFigures;
use super::runs::RunFigures;
use super::sessions::SessionFigures;
use crate::core::event::Timestamp;

/// A piece of time, from its beginning on and before its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Period {
    /// The beginning; `None` for all time before the end.
    pub since: Option<Timestamp>,
    /// The end; `None` for all time from the beginning on.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Whether a time lies in it.
    pub fn has(&self, time: Timestamp) -> bool {
        self.since.is_none_or(|since| since <= time) && self.until.is_none_or(|until| time < until)
    }
}

/// The figures of a checkpoint and its outputs.
#[derive(Debug, Clone)]
pub struct Overview {
    /// The clock when they were taken.
    pub made: Timestamp,
    /// The zone of all times.
    pub calendar: Calendar,
    /// Sessions are those that began in it, runs those that started in it.
    pub period: Period,
    /// The definition as text: names and values.
    pub definition: Vec<(String, String)>,
    /// The watermark.
    pub watermark: Option<Timestamp>,
    /// Completed sessions.
    pub sessions: SessionFigures,
    /// Sessions that are open now, all of them.
    pub open: OpenFigures,
    /// How many they are.
    pub sessions_open: u64,
    /// The runs that stand.
    pub runs: RunFigures,
    /// What the figures of sessions do not have.
    pub left_out: Vec<LeftOut>,
}
