//! The columns of a completed session that a condition may use.

use crate::core::aggregates::Value;
use crate::core::event::key_parts;
use crate::core::session::Session;
use std::borrow::Cow;

/// A column of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SessionColumn {
    DurationS,
    EventCount,
    CloseReason,
    /// With all six digits of the fraction, so that the order of bytes is the order of times.
    Start,
    End,
    /// As in outputs, for regular expressions.
    WrittenStart,
    WrittenEnd,
    /// The aggregate with this number.
    Aggregate(usize),
    /// The key column with this number, out of this many.
    Key {
        number: usize,
        of: usize,
    },
    /// A key column before any file has shown the names of the key columns. It has no value.
    Unresolved(String),
}

/// The columns of every session that are times.
pub(super) const TIMES: [&str; 2] = ["session_start", "session_end"];

/// The columns that every session has and a condition may use.
pub(super) const FIXED: [&str; 5] = ["duration_s", "event_count", "close_reason", TIMES[0], TIMES[1]];

impl SessionColumn {
    /// The column with this name. It depends on whether a regular expression or another comparison uses it. `aggregates` are
    /// the names of the aggregates' columns.
    pub(super) fn named(name: &str, is_pattern: bool, aggregates: &[String]) -> Self {
        match (name, is_pattern) {
            ("duration_s", _) => Self::DurationS,
            ("event_count", _) => Self::EventCount,
            ("close_reason", _) => Self::CloseReason,
            ("session_start", false) => Self::Start,
            ("session_end", false) => Self::End,
            ("session_start", true) => Self::WrittenStart,
            ("session_end", true) => Self::WrittenEnd,
            _ => {
                let number = aggregates.iter().position(|known| known == name);
                number.map_or_else(|| Self::Unresolved(name.to_owned()), Self::Aggregate)
            }
        }
    }

    /// The value as in outputs; empty if there is none.
    pub(super) fn value<'s>(&self, session: &Session<'s>) -> Cow<'s, [u8]> {
        let owned = |text: String| text.into_bytes().into();
        match self {
            Self::DurationS => owned(seconds(session.duration_us())),
            Self::EventCount => owned(session.event_count.to_string()),
            Self::CloseReason => session.close_reason.name().as_bytes().into(),
            Self::Start => session.start.text().fixed().to_vec().into(),
            Self::End => session.end.text().fixed().to_vec().into(),
            Self::WrittenStart => owned(session.start.to_string()),
            Self::WrittenEnd => owned(session.end.to_string()),
            Self::Aggregate(number) => session.values().nth(*number).map_or_else(Cow::default, value_text),
            Self::Key { number, of } => key_parts(session.key, *of).nth(*number).unwrap_or_default().into(),
            Self::Unresolved(_) => Cow::default(),
        }
    }
}

fn seconds(us: i64) -> String {
    let (whole, fraction) = (us / 1_000_000, us % 1_000_000);
    if fraction == 0 { whole.to_string() } else { format!("{whole}.{fraction:06}") }
}

fn value_text(value: Value<'_>) -> Cow<'_, [u8]> {
    let owned = |text: String| text.into_bytes().into();
    match value {
        Value::Null | Value::List { .. } => Cow::default(),
        Value::Bool(is_true) => owned(is_true.to_string()),
        Value::Int(number) => owned(number.to_string()),
        // There were more than that.
        Value::AtLeast(number) => owned(number.saturating_add(1).to_string()),
        Value::Float(number) => owned(number.to_string()),
        Value::Decimal(number) => owned(number.into_owned()),
        Value::Timestamp(time) => owned(time.to_string()),
        Value::Text(text) => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_a_session_has_its_name_and_times_two_forms() {
        use SessionColumn::{CloseReason, DurationS, End, EventCount, Start, WrittenEnd, WrittenStart};
        let aggregates = ["pages".to_owned(), "last_page".to_owned()];
        for (name, compared, matched) in [
            ("duration_s", DurationS, DurationS),
            ("event_count", EventCount, EventCount),
            ("close_reason", CloseReason, CloseReason),
            ("session_start", Start, WrittenStart),
            ("session_end", End, WrittenEnd),
            ("last_page", SessionColumn::Aggregate(1), SessionColumn::Aggregate(1)),
            ("user", SessionColumn::Unresolved("user".into()), SessionColumn::Unresolved("user".into())),
        ] {
            assert_eq!(SessionColumn::named(name, false, &aggregates), compared, "{name}");
            assert_eq!(SessionColumn::named(name, true, &aggregates), matched, "{name}");
        }
    }
}
