//! Values on their way from the encoding threads to the writing thread: rows of cells, in the order of the columns.

use super::decimal::unscaled;
use crate::core::aggregates::Value;
use crate::core::session::SessionId;

/// The tag before a cell.
pub(in crate::output) const MISSING: u8 = 0;
/// The value of its kind.
pub(in crate::output) const PRESENT: u8 = 1;
/// A number that fits no decimal, as text; a lower bound; a shortened list.
pub(in crate::output) const OTHER: u8 = 2;
/// The bytes of an id, whose text takes more than twice as many.
pub(in crate::output) const ID: u8 = 3;

/// Appends a text. An empty one is missing; bytes that are not UTF-8 are written as hexadecimal digits.
pub(in crate::output) fn write_text(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() {
        return out.push(MISSING);
    }
    out.push(PRESENT);
    write_bytes(text, out);
}

/// Appends a text that is no name or value of a user: UTF-8, and not empty.
pub(in crate::output) fn write_own_text(text: &[u8], out: &mut Vec<u8>) {
    out.push(PRESENT);
    write_length(text.len(), out);
    out.extend_from_slice(text);
}

/// Appends the id of a session.
pub(in crate::output) fn write_id(id: SessionId, out: &mut Vec<u8>) {
    out.push(ID);
    out.extend_from_slice(&id.into_bytes());
}

/// Appends an integer, or a time in microseconds.
pub(in crate::output) fn write_int(number: i64, out: &mut Vec<u8>) {
    out.push(PRESENT);
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends a floating-point number.
pub(in crate::output) fn write_double(number: f64, out: &mut Vec<u8>) {
    out.push(PRESENT);
    out.extend_from_slice(&number.to_le_bytes());
}

/// Appends the value of an aggregate.
pub(in crate::output) fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(MISSING),
        Value::Bool(is_true) => out.extend_from_slice(&[PRESENT, u8::from(*is_true)]),
        Value::Int(number) => write_int(int(*number), out),
        Value::AtLeast(number) => {
            out.push(OTHER);
            out.extend_from_slice(&int(*number).to_le_bytes());
        }
        Value::Float(number) => write_double(*number, out),
        Value::Timestamp(time) => write_int(time.us(), out),
        Value::Decimal(number) => write_decimal(number, out),
        Value::Text(text) => write_text(text, out),
        Value::List { values, more } => {
            out.push(if *more { OTHER } else { PRESENT });
            write_length(values.len(), out);
            for text in values {
                write_bytes(text, out);
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

/// Counts end at the limit of a signed 64-bit number.
pub(in crate::output) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    if std::str::from_utf8(bytes).is_ok() {
        write_length(bytes.len(), out);
        return out.extend_from_slice(bytes);
    }
    let mut text = Vec::from(b"{\"hex\":\"");
    for byte in bytes {
        text.extend_from_slice(format!("{byte:02x}").as_bytes());
    }
    text.extend_from_slice(b"\"}");
    write_length(text.len(), out);
    out.extend_from_slice(&text);
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
