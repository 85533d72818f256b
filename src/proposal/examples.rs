//! The sessions that a gap makes of a sample.

use crate::core::event::Timestamp;
use crate::sessionizer::{Sessionizer, SessionizerError};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleSession {
    /// The key; byte 0x1E joins the parts of a composite key.
    pub key: Vec<u8>,
    /// The time of the first event.
    pub start: Timestamp,
    /// The time of the last event.
    pub end: Timestamp,
    /// The number of events.
    pub event_count: u64,
}

/// The sessions of a sample under a gap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Examples {
    /// The number of sessions.
    pub sessions: usize,
    /// The first of them, in the order of their starts.
    pub first: Vec<ExampleSession>,
}

/// The sessions of `events` under a gap of `minutes`, and the first `most` of them.
///
/// # Errors
/// As [`Sessionizer::finish`].
pub fn examples(
    events: &[(&[u8], Timestamp)],
    minutes: i64,
    most: usize,
) -> Result<Examples, SessionizerError> {
    let mut sessionizer = Sessionizer::builder().gap(&format!("{minutes}m")).build()?;
    for (key, time) in events {
        // What the core rejects, the run rejects too.
        let _ = sessionizer.push(key, *time, &[]);
    }
    let completed = sessionizer.finish()?;
    let mut all: Vec<ExampleSession> = completed
        .iter()
        .map(|session| ExampleSession {
            key: session.key.to_vec(),
            start: session.start,
            end: session.end,
            event_count: session.event_count,
        })
        .collect();
    all.sort_by(|one, other| (one.start, &one.key).cmp(&(other.start, &other.key)));
    let sessions = all.len();
    all.truncate(most);
    Ok(Examples { sessions, first: all })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sessions_are_the_earliest() {
        let at = |minute: i64| Timestamp::from_us(minute * 60_000_000).unwrap();
        let events: [(&[u8], Timestamp); 4] = [(b"b", at(5)), (b"a", at(0)), (b"a", at(30)), (b"a", at(61))];
        let Examples { sessions, first } = examples(&events, 30, 2).unwrap();
        let shown: Vec<_> = first.iter().map(|of| (&of.key[..], of.start, of.end, of.event_count)).collect();
        assert_eq!((sessions, shown), (3, vec![(&b"a"[..], at(0), at(30), 2), (b"b", at(5), at(5), 1)]));
    }
}
