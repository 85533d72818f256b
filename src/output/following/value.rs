//! Values of an output that is read back.

use crate::core::aggregates::Kind;
use crate::core::event::Timestamp;
use crate::error::{Error, Result};
use crate::output::columns::Column;
use chrono::DateTime;

/// A value of a published row. Like [`crate::core::aggregates::Value`], but it owns its texts.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredValue {
    /// There is none; an empty text is none.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(u64),
    /// A whole number that is only a lower bound.
    AtLeast(u64),
    /// A number in binary.
    Float(f64),
    /// A decimal number: digits with an optional sign and point.
    Decimal(String),
    /// An instant.
    Timestamp(Timestamp),
    /// A text, which need not be UTF-8.
    Text(Vec<u8>),
    /// Texts in order.
    List {
        /// The texts.
        values: Vec<String>,
        /// Whether further ones were left out.
        more: bool,
    },
}

impl StoredValue {
    /// The value that CSV writes as `field`, in a column of this type.
    pub(in crate::output) fn of_text(field: &[u8], kind: Kind) -> Option<Self> {
        if field.is_empty() {
            return Some(Self::Null);
        }
        if kind == Kind::Text {
            return Some(Self::Text(field.to_vec()));
        }
        let text = std::str::from_utf8(field).ok()?;
        Some(match kind {
            Kind::Text | Kind::Decimal => Self::Decimal(text.to_owned()),
            Kind::Int => Self::Int(text.parse().ok()?),
            Kind::BoundedInt => match text.strip_suffix('+') {
                Some(floor) => Self::AtLeast(floor.parse().ok()?),
                None => Self::Int(text.parse().ok()?),
            },
            Kind::Float => Self::Float(text.parse().ok()?),
            Kind::Timestamp => Self::Timestamp(Timestamp::from_us(
                DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros(),
            )?),
            Kind::Bool => Self::Bool(text.parse().ok()?),
            Kind::List => Self::list(serde_json::from_str(text).ok()?),
        })
    }

    /// Texts whose last one is missing if others were left out.
    pub(in crate::output) fn list(mut texts: Vec<Option<String>>) -> Self {
        let more = texts.last().is_some_and(Option::is_none);
        if more {
            texts.pop();
        }
        Self::List { values: texts.into_iter().flatten().collect(), more }
    }
}

/// What takes the rows of an output that is read back: the values of a row, in the order of its columns.
pub type TakeRow<'t> = &'t mut dyn FnMut(&[StoredValue]) -> Result<()>;

/// Why the rows of an output do not come to their end.
#[derive(Debug)]
pub(in crate::output) enum RowError {
    /// The output is not what its manifest says, in words.
    Damaged(String),
    /// Whoever takes the rows has failed.
    Stopped(Error),
}

impl From<Error> for RowError {
    fn from(error: Error) -> Self {
        Self::Stopped(error)
    }
}

impl RowError {
    /// The output cannot be read.
    pub(in crate::output) fn unreadable(error: &dyn std::fmt::Display) -> Self {
        Self::Damaged(format!("it cannot be read: {error}"))
    }

    /// A value is none of its column.
    pub(in crate::output) fn no_value(column: &Column) -> Self {
        Self::Damaged(format!("a row has no value of its type in column {}", column.name))
    }
}
