//! `--having`: the session filter.

use super::aggregate::Aggregate;
use super::condition::{Condition, ConditionText};
use super::session_column::{FIXED, SessionColumn, TIMES};
use super::session_time::session_time;
use super::spec::FlagSpec;
use crate::core::aggregates::Value;
use crate::core::session::{Op, Session, SessionBatch};
use std::borrow::Cow;
use std::ops::AddAssign;

/// `--having`: the session filter.
pub(super) const HAVING: FlagSpec = FlagSpec {
    name: "having",
    value: "COND",
    help: "Write only completed sessions that meet the condition, such as `event_count>=2 and duration_s>0`: conditions over session_start, \
           session_end, duration_s, event_count, close_reason, key columns and aggregates; may be repeated: all must hold",
    repeats: true,
    canonical: |value| condition_text(value).map(|condition| condition.to_string()),
};

/// A condition on sessions, in which every time has one form.
fn condition_text(text: &str) -> Result<ConditionText, String> {
    let written = |text: &str| {
        if text.is_empty() { Ok(String::new()) } else { session_time(text).map(|time| time.to_string()) }
    };
    ConditionText::read(text)?.with_texts(|column| TIMES.contains(&column), written)
}

/// Conditions on the columns of a session, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Having {
    conditions: Vec<Condition>,
    /// The columns that they use, by their places.
    columns: Vec<SessionColumn>,
}

/// How many completed sessions the session filter has excluded, minus those that were retracted again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilteredSessions {
    /// The number of sessions.
    pub sessions: i64,
    /// The number of their events.
    pub events: i64,
}

impl Having {
    /// Compiles the conditions. `names` are the columns of `aggregates`. Any other column counts as a key column until
    /// [`Having::resolve_keys`] checks it.
    ///
    /// # Errors
    /// The column, if it contains a list.
    pub(super) fn compile(
        texts: &[&str],
        names: &[String],
        aggregates: &[Aggregate],
    ) -> Result<Self, String> {
        let mut columns = Vec::new();
        let mut place_of = |name: &str, is_pattern: bool| {
            let column = SessionColumn::named(name, is_pattern, names);
            if let SessionColumn::Aggregate(number) = column
                && matches!(aggregates[number].function.accumulator().value(), Value::List { .. })
            {
                return Err(format!(
                    "--having uses {name}, which is a list, but a condition compares one value"
                ));
            }
            let found = columns.iter().position(|known| *known == column);
            Ok(found.unwrap_or_else(|| {
                columns.push(column);
                columns.len() - 1
            }))
        };
        // Both sides have all six digits of the fraction, so the order of bytes is the order of times.
        let fixed = |text: &str| {
            let time = if text.is_empty() { None } else { Some(session_time(text)?) };
            Ok(time
                .map_or_else(String::new, |time| String::from_utf8_lossy(time.text().fixed()).into_owned()))
        };
        let compile = |text: &&str| {
            let text = condition_text(text)?.with_texts(|column| TIMES.contains(&column), fixed)?;
            text.compile_with(&mut place_of)
        };
        let conditions = texts.iter().map(compile).collect::<Result<_, String>>()?;
        Ok(Self { conditions, columns })
    }

    /// Resolves the key columns, which have these names. `aggregates` are the names of the aggregates' columns.
    ///
    /// # Errors
    /// The column that no session has.
    pub(super) fn resolve_keys(&mut self, key_names: &[String], aggregates: &[String]) -> Result<(), String> {
        for column in &mut self.columns {
            let SessionColumn::Unresolved(name) = column else { continue };
            let Some(number) = key_names.iter().position(|known| known == name) else {
                let fixed = FIXED.iter().copied();
                let others = key_names.iter().chain(aggregates).map(String::as_str);
                let known = fixed.chain(others).collect::<Vec<_>>().join(", ");
                return Err(format!(
                    "--having uses {name}, but the columns of sessions that it may use are {known}"
                ));
            };
            *column = SessionColumn::Key { number, of: key_names.len() };
        }
        Ok(())
    }

    /// Keeps the sessions of `batch` that meet all conditions. Linear in the batch, with one allocation for each column that
    /// the conditions use.
    pub(super) fn select(&self, batch: &mut SessionBatch) -> FilteredSessions {
        let mut filtered = FilteredSessions::default();
        batch.retain(|session| {
            let selected = self.selects(session);
            if !selected {
                filtered.add(session);
            }
            selected
        });
        filtered
    }

    fn selects(&self, session: &Session<'_>) -> bool {
        let values: Vec<Cow<'_, [u8]>> = self.columns.iter().map(|column| column.value(session)).collect();
        self.conditions.iter().all(|condition| condition.holds_for(|place| &values[place]))
    }
}

impl AddAssign for FilteredSessions {
    fn add_assign(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.events += other.events;
    }
}

impl FilteredSessions {
    fn add(&mut self, session: &Session<'_>) {
        let events = i64::try_from(session.event_count).unwrap_or(i64::MAX);
        let sign = match session.op {
            Op::Insert => 1,
            Op::Retract => -1,
        };
        self.sessions += sign;
        self.events += sign * events;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Timestamp;
    use crate::core::session::{CloseReason, OpenSession};

    #[test]
    fn a_retracted_session_is_filtered_no_more() {
        let at = |us| Timestamp::from_us(us).unwrap();
        let close = CloseReason::Gap;
        let mut open = OpenSession::begin(at(0));
        open.extend(at(1));
        let longer = OpenSession { events: 5, ..open };
        let mut batch = SessionBatch::default();
        batch.push(Op::Insert, &longer.close(b"a", close));
        batch.push(Op::Retract, &open.close(b"a", close));
        let mut filtered = FilteredSessions::default();
        batch.iter().for_each(|session| filtered.add(&session));
        assert_eq!((filtered.sessions, filtered.events), (0, 5 - 2));
    }

    #[test]
    fn a_key_column_is_the_part_of_the_key_with_its_name() {
        let names = ["site", "user"].map(str::to_owned);
        let mut having = Having::compile(&["user=ann"], &[], &[]).unwrap();
        having.resolve_keys(&names, &[]).unwrap();
        assert_eq!(having.columns, [SessionColumn::Key { number: 1, of: 2 }]);
        assert!(Having::compile(&["host=x"], &[], &[]).unwrap().resolve_keys(&names, &[]).is_err());
    }

    #[test]
    fn a_time_has_one_form_and_a_pattern_for_it_stays_as_it_is() {
        for (text, form) in [
            ("session_start>=2026-01-02", "session_start>=2026-01-02T00:00:00Z"),
            ("session_end~^2026-0[12]", "session_end~^2026-0[12]"),
        ] {
            assert_eq!(condition_text(text).map(|condition| condition.to_string()), Ok(form.to_owned()));
        }
    }
}
