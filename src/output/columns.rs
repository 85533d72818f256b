//! The columns of outputs and their types: what every format writes, what a manifest says of it, and what whoever reads an output
//! back relies on.

use super::kind::OutputKind;
use super::schema::OutputSchema;
use crate::core::aggregates::Kind;
use crate::core::rules::EVENT_COLUMNS;
use serde::{Deserialize, Serialize};
#[cfg(any(feature = "parquet", feature = "postgres"))]
use std::collections::BTreeSet;

/// A column of an output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type", with = "kind_name")]
    pub kind: Kind,
    /// Whether every row has a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
}

impl Column {
    fn required(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, required: true }
    }

    fn optional(name: &str, kind: Kind) -> Self {
        Self { name: name.to_owned(), kind, required: false }
    }
}

/// The names of the second columns that some values need beside their own: a number whose digits may not fit its type, or which
/// may be only a lower bound. One for each of `columns`, none of which has such a name.
#[cfg(any(feature = "parquet", feature = "postgres"))]
pub fn second_names(columns: &[Column]) -> Vec<Option<String>> {
    let mut taken: BTreeSet<String> = columns.iter().map(|column| column.name.clone()).collect();
    let second = |column: &Column| {
        let ending = match column.kind {
            Kind::Decimal => "_text",
            Kind::BoundedInt => "_at_least",
            _ => return None,
        };
        let mut name = format!("{}{ending}", column.name);
        while !taken.insert(name.clone()) {
            name.push_str(ending);
        }
        Some(name)
    };
    columns.iter().map(second).collect()
}

impl OutputSchema {
    /// The columns of an output of this kind, in their order.
    pub fn columns(&self, kind: OutputKind) -> Vec<Column> {
        if kind == OutputKind::Events { self.event_columns_of() } else { self.session_columns(kind) }
    }

    /// Whether the rows of this kind of output say what they do. What is open never does: the next run replaces it.
    pub fn with_op(&self, kind: OutputKind) -> bool {
        self.is_correctable && kind == OutputKind::Sessions
    }

    fn session_columns(&self, kind: OutputKind) -> Vec<Column> {
        let required = Column::required;
        let mut columns = Vec::new();
        if self.with_op(kind) {
            columns.push(required("op", Kind::Text));
        }
        columns.push(required("session_id", Kind::Text));
        columns.extend(self.key.iter().map(|name| Column::optional(name, Kind::Text)));
        columns.extend([
            required("session_start", Kind::Timestamp),
            required("session_end", Kind::Timestamp),
            required("duration_s", Kind::Float),
            required("event_count", Kind::Int),
            required("close_reason", Kind::Text),
        ]);
        columns.extend(self.aggregates.iter().map(|column| Column::optional(&column.name, column.kind)));
        columns
    }

    fn event_columns_of(&self) -> Vec<Column> {
        let [id, number] = EVENT_COLUMNS;
        let values = self.event_columns.iter().map(|name| Column::optional(name, Kind::Text));
        values.chain([Column::required(id, Kind::Text), Column::required(number, Kind::Int)]).collect()
    }
}

/// The names of types in manifests.
mod kind_name {
    use crate::core::aggregates::Kind;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    const NAMES: [(Kind, &str); 8] = [
        (Kind::Text, "text"),
        (Kind::Int, "integer"),
        (Kind::BoundedInt, "bounded_integer"),
        (Kind::Float, "double"),
        (Kind::Timestamp, "timestamp"),
        (Kind::Decimal, "decimal"),
        (Kind::Bool, "boolean"),
        (Kind::List, "list"),
    ];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        let name = NAMES.iter().find(|(known, _)| known == kind).map_or("", |(_, name)| name);
        serializer.serialize_str(name)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        let name = String::deserialize(deserializer)?;
        let found = NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind);
        found.ok_or_else(|| D::Error::custom(format!("there is no type {name}")))
    }
}
