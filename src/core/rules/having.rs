//! `--having`: which completed sessions are written.

use super::aggregate::Aggregate;
use super::condition::{Condition, ConditionText};
use crate::core::aggregates::Value;
use crate::core::session::{Op, Session, SessionBatch};
use std::borrow::Cow;
use std::ops::AddAssign;

/// Conditions over the columns of a session, all of which must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Having {
    conditions: Vec<Condition>,
    /// The columns that they look at, by their places.
    columns: Vec<SessionColumn>,
}

/// A column of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SessionColumn {
    DurationS,
    EventCount,
    CloseReason,
    /// The aggregate with this number.
    Aggregate(usize),
}

/// The columns that every session has and a condition may look at.
const COLUMNS: [(&str, SessionColumn); 3] = [
    ("duration_s", SessionColumn::DurationS),
    ("event_count", SessionColumn::EventCount),
    ("close_reason", SessionColumn::CloseReason),
];

/// Sessions that were completed and not written, less those that were retracted and had not been written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FilteredSessions {
    /// How many there are.
    pub sessions: i64,
    /// Events in them.
    pub events: i64,
}

impl Having {
    /// Reads the conditions; `names` are those of the columns of `aggregates`.
    ///
    /// # Errors
    /// In words, for a column that no session has, or that holds a list.
    pub(super) fn compile(
        texts: &[&str],
        names: &[String],
        aggregates: &[Aggregate],
    ) -> Result<Self, String> {
        let mut columns = Vec::new();
        let mut place_of = |name: &str| {
            let column = column_named(name, names, aggregates)?;
            let found = columns.iter().position(|known| *known == column);
            Ok(found.unwrap_or_else(|| {
                columns.push(column);
                columns.len() - 1
            }))
        };
        let compile = |text: &&str| ConditionText::read(text)?.compile_with(&mut place_of);
        let conditions = texts.iter().map(compile).collect::<Result<_, String>>()?;
        Ok(Self { conditions, columns })
    }

    /// Keeps the sessions of `batch` that fulfil all conditions. Linear in the batch, with an allocation for each column that
    /// the conditions look at.
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

fn column_named(name: &str, names: &[String], aggregates: &[Aggregate]) -> Result<SessionColumn, String> {
    if let Some((_, column)) = COLUMNS.iter().find(|(known, _)| *known == name) {
        return Ok(*column);
    }
    let Some(number) = names.iter().position(|known| known == name) else {
        let known = COLUMNS.iter().map(|(known, _)| *known).chain(names.iter().map(String::as_str));
        let known = known.collect::<Vec<_>>().join(", ");
        return Err(format!(
            "--having looks at {name}, and the columns of sessions that it may look at are {known}"
        ));
    };
    if matches!(aggregates[number].function.accumulator().value(), Value::List { .. }) {
        return Err(format!("--having looks at {name}, which is a list: conditions compare one value"));
    }
    Ok(SessionColumn::Aggregate(number))
}

impl SessionColumn {
    /// The value as outputs write it; empty where there is none.
    fn value<'s>(self, session: &Session<'s>) -> Cow<'s, [u8]> {
        match self {
            Self::DurationS => seconds(session.duration_us()).into_bytes().into(),
            Self::EventCount => session.event_count.to_string().into_bytes().into(),
            Self::CloseReason => session.close_reason.name().as_bytes().into(),
            Self::Aggregate(number) => session.values().nth(number).map_or_else(Cow::default, value_text),
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
