//! Typed values of a session, which encoders write.

use crate::core::event::Timestamp;
use std::borrow::Cow;

/// The value of an aggregate.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value<'v> {
    /// No value.
    Null,
    /// True or false.
    Bool(bool),
    /// An integer.
    Int(u64),
    /// A lower bound: the aggregate has reached its limit.
    AtLeast(u64),
    /// A binary floating-point number, possibly inexact.
    Float(f64),
    /// An exact decimal number: digits with an optional sign and point.
    Decimal(Cow<'v, str>),
    /// An instant.
    Timestamp(Timestamp),
    /// The bytes of a text as the input has them, possibly not UTF-8.
    Text(&'v [u8]),
    /// A list of texts, in order.
    List {
        /// The texts.
        values: Vec<&'v [u8]>,
        /// Whether values beyond the limit are missing.
        more: bool,
    },
}
