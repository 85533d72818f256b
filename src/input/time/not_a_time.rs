//! Why a text is not a time.

/// Why a text is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotATime {
    /// The text has no known form of a time.
    Unreadable,
    /// The text has the form of a time, but there is no such time: February 31, minute 60, hour 24, a local time that
    /// the change to summer time skips, or a time outside the years 1 to 9999.
    Impossible,
}
