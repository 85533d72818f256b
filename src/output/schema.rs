//! The columns of a run's outputs.

use super::partitions;
use crate::core::aggregates::Kind;
use crate::core::rules::{Emit, RuleSet};
use crate::definition::Definition;

/// The columns of the outputs of a run, whatever their format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSchema {
    /// The names of the key columns.
    pub key: Vec<String>,
    /// The columns of the aggregates.
    pub aggregates: Vec<AggregateColumn>,
    /// The names of the columns of emitted events.
    pub event_columns: Vec<String>,
    /// Whether rows of sessions have a column `op`, because completed sessions are correctable.
    pub is_correctable: bool,
    /// What is written of a completed session.
    pub emit: Emit,
}

/// The column of an aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateColumn {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: Kind,
}

impl AggregateColumn {
    pub(super) fn of((name, kind): (&str, Kind)) -> Self {
        Self { name: name.to_owned(), kind }
    }
}

impl OutputSchema {
    /// A column that has the name of the column that folders of days stand for. Databases do not tell capitals from small letters.
    pub fn date_column(&self) -> Option<&str> {
        let aggregates = self.aggregates.iter().map(|column| &column.name).filter(|_| self.emit.sessions);
        let events = self.event_columns.iter().filter(|_| self.emit.events);
        let keys = self.key.iter().filter(|_| self.emit.sessions);
        let mut names = keys.chain(aggregates).chain(events);
        names.find(|name| name.eq_ignore_ascii_case(partitions::COLUMN)).map(String::as_str)
    }

    /// The columns of a definition with its rules.
    pub fn of(definition: &Definition, rules: &RuleSet) -> Self {
        Self {
            key: definition.key_names(),
            aggregates: rules.output_columns().map(AggregateColumn::of).collect(),
            event_columns: definition.event_columns.clone().unwrap_or_default(),
            is_correctable: rules.allowed_lateness_us().is_some(),
            emit: rules.emit(),
        }
    }
}
