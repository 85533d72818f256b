//! Values on their way from the encoding threads to the writing thread: rows of cells, in the order of the columns.

use super::decimal::unscaled;
use super::sink::{CellSink, int};
use crate::core::aggregates::Value;
use std::borrow::Cow;

/// The tag before a cell.
pub(in crate::output) const MISSING: u8 = 0;
/// The value of its kind.
pub(in crate::output) const PRESENT: u8 = 1;
/// A number that fits no decimal, as text; a lower bound; a shortened list.
pub(in crate::output) const OTHER: u8 = 2;

impl CellSink for Vec<u8> {
    fn text(&mut self, text: &[u8]) {
        if text.is_empty() {
            return self.push(MISSING);
        }
        self.push(PRESENT);
        write_bytes(text_of(text).as_bytes(), self);
    }

    fn own_text(&mut self, text: &[u8]) {
        self.push(PRESENT);
        write_bytes(text, self);
    }

    fn int(&mut self, number: i64) {
        self.push(PRESENT);
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn double(&mut self, number: f64) {
        self.push(PRESENT);
        self.extend_from_slice(&number.to_le_bytes());
    }

    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Null => self.push(MISSING),
            Value::Bool(is_true) => self.extend_from_slice(&[PRESENT, u8::from(*is_true)]),
            Value::Int(number) => self.int(int(*number)),
            Value::AtLeast(number) => {
                self.push(OTHER);
                self.extend_from_slice(&int(*number).to_le_bytes());
            }
            Value::Float(number) => self.double(*number),
            Value::Timestamp(time) => self.int(time.us()),
            Value::Decimal(number) => write_decimal(number, self),
            Value::Text(text) => self.text(text),
            Value::List { values, more } => {
                self.push(if *more { OTHER } else { PRESENT });
                write_length(values.len(), self);
                for text in values {
                    write_bytes(text_of(text).as_bytes(), self);
                }
            }
        }
    }
}

fn write_decimal(number: &str, out: &mut Vec<u8>) {
    if let Some(unscaled) = unscaled(number) {
        out.push(PRESENT);
        out.extend_from_slice(&unscaled.to_le_bytes());
    } else {
        out.push(OTHER);
        write_bytes(number.as_bytes(), out);
    }
}

/// The text that bytes are; those that are not UTF-8 as hexadecimal digits.
pub(in crate::output) fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(hexadecimal(bytes)), Cow::Borrowed)
}

#[cold]
fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("{{\"hex\":\"{digits}\"}}")
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    write_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

fn write_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(length as u64).to_le_bytes());
}

/// Reads cells.
#[derive(Debug)]
pub(in crate::output) struct Cells<'r>(pub(in crate::output) &'r [u8]);

impl<'r> Cells<'r> {
    /// What the next cell holds.
    pub(in crate::output) fn mark(&mut self) -> Option<u8> {
        let (&mark, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(mark)
    }

    pub(in crate::output) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(in crate::output) fn int(&mut self) -> Option<i64> {
        self.array().map(i64::from_le_bytes)
    }

    pub(in crate::output) fn length(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.array()?)).ok()
    }

    /// The bytes of a text.
    pub(in crate::output) fn bytes(&mut self) -> Option<&'r [u8]> {
        let length = self.length()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    pub(in crate::output) fn text(&mut self) -> Option<&'r str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}
