//! The types of values.

/// The type of the values of an aggregate, besides missing ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// An integer.
    Int,
    /// An integer that may be a lower bound.
    BoundedInt,
    /// A binary floating-point number.
    Float,
    /// An instant.
    Timestamp,
    /// A decimal number.
    Decimal,
    /// True or false.
    Bool,
    /// A list of texts, in order.
    List,
}
