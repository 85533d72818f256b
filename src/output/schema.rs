//! The columns of a run's outputs.

use crate::core::aggregates::Kind;
use crate::core::rules::{Emit, RuleSet};
use crate::definition::Definition;

/// What stands in the outputs of a run, whatever their format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputSchema {
    /// Names of the columns that the key fills.
    pub key: Vec<String>,
    /// The columns of the aggregates.
    pub aggregates: Vec<AggregateColumn>,
    /// Names of the columns of emitted events.
    pub event_columns: Vec<String>,
    /// Whether rows of sessions say what they do, because completed sessions may be corrected.
    pub is_correctable: bool,
    /// What a completed session becomes.
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
    /// The columns under a definition and its rules.
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
