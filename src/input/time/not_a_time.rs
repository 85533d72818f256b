//! Why a text is not a time, or is doubtful.

use crate::core::event::Timestamp;

/// Why a text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotATime {
    /// The text has no known form of a time.
    Unreadable,
    /// The text has the form of a time, but there is no such time: February 31, minute 60, hour 24, a local time that
    /// the change to summer time skips, or a time outside the years 1 to 9999.
    Impossible,
}

/// What is doubtful about the time of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It is not a time.
    NotATime(NotATime),
    /// It is this time before 1990, from a number that `auto` counts from 1970.
    Early(Timestamp),
    /// It is such a number in a file whose first time is a date.
    Stray,
}
