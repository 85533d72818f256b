//! Typed values of a session, as encoders write them.

use std::borrow::Cow;

/// A value that an aggregate has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'v> {
    /// There is none.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(u64),
    /// A whole number that is only a floor: a bound was reached.
    AtLeast(u64),
    /// A decimal number: digits with an optional sign and point, exact.
    Decimal(Cow<'v, str>),
    /// A text as the input had it, which need not be UTF-8.
    Text(&'v [u8]),
    /// Texts in order.
    List {
        /// The texts.
        values: &'v [Vec<u8>],
        /// Whether further ones were left out.
        more: bool,
    },
}
