//! Typed values of a session, as encoders write them.

use crate::core::event::Timestamp;
use std::borrow::Cow;

/// A value that an aggregate has come to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value<'v> {
    /// There is none.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(u64),
    /// A whole number that is only a floor: a bound was reached.
    AtLeast(u64),
    /// A number in binary, which need not be exact.
    Float(f64),
    /// A decimal number: digits with an optional sign and point, exact.
    Decimal(Cow<'v, str>),
    /// An instant.
    Timestamp(Timestamp),
    /// A text as the input had it, which need not be UTF-8.
    Text(&'v [u8]),
    /// Texts in order.
    List {
        /// The texts.
        values: Vec<&'v [u8]>,
        /// Whether further ones were left out.
        more: bool,
    },
}
