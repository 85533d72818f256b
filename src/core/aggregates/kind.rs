//! The types of values.

/// The type of all values of an aggregate, besides missing ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text as the input had it.
    Text,
    /// A whole number.
    Int,
    /// A whole number that may be only a floor.
    BoundedInt,
    /// A number in binary.
    Float,
    /// An instant.
    Timestamp,
    /// A decimal number.
    Decimal,
    /// True or false.
    Bool,
    /// Texts in order.
    List,
}
