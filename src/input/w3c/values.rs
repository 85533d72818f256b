//! The values of a row.

use super::layout::Layout;
use std::ops::Range;

/// Where the values of one row stand. Cleared and filled again: its memory is kept.
#[derive(Debug, Default)]
pub struct Values {
    values: Vec<Value>,
    /// Values that do not stand in their row as they are.
    own: Vec<u8>,
}

/// Where one value stands.
#[derive(Debug, Clone)]
enum Value {
    Row(Range<usize>),
    Own(Range<usize>),
}

impl Values {
    /// Replaces the content with the values of `row`; returns how many there are.
    pub(super) fn read(&mut self, row: &[u8], layout: &Layout) -> usize {
        self.values.clear();
        self.own.clear();
        let separator = separator(row);
        let mut start = 0;
        loop {
            let end = field_end(row, start, separator);
            let writes_plus = separator == b' ' && layout.user_agent == Some(self.values.len());
            let value = self.value(row, start..end, writes_plus);
            self.values.push(value);
            if end == row.len() {
                break;
            }
            start = end + 1;
        }
        // A separator behind the last field is none before another.
        if self.values.len() == layout.fields + 1 && row.last() == Some(&separator) {
            self.values.pop();
        }
        self.values.len()
    }

    /// The value in the field at `place` of `row`, which was read last; empty if it is missing.
    pub(super) fn get<'v>(&'v self, row: &'v [u8], place: Option<usize>) -> &'v [u8] {
        match place.and_then(|place| self.values.get(place)) {
            Some(Value::Row(range)) => &row[range.clone()],
            Some(Value::Own(range)) => &self.own[range.clone()],
            None => b"",
        }
    }

    fn value(&mut self, row: &[u8], field: Range<usize>, writes_plus: bool) -> Value {
        match &row[field.clone()] {
            b"-" => Value::Row(field.start..field.start),
            [b'"', inside @ .., b'"'] if memchr::memchr(b'"', inside).is_none() => {
                Value::Row(field.start + 1..field.end - 1)
            }
            [b'"', inside @ .., b'"'] if quoted_end(row, field.start, |_| true) == Some(field.end) => {
                self.own(|own| unquote(inside, own))
            }
            value if writes_plus && memchr::memchr(b'+', value).is_some() => {
                self.own(|own| own.extend(value.iter().map(|&byte| if byte == b'+' { b' ' } else { byte })))
            }
            _ => Value::Row(field),
        }
    }

    fn own(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Value {
        let start = self.own.len();
        write(&mut self.own);
        Value::Own(start..self.own.len())
    }
}

/// What stands between the fields of `row`: a tab or a blank, whichever comes first behind its first field.
fn separator(row: &[u8]) -> u8 {
    let behind = quoted_end(row, 0, |byte| matches!(byte, b'\t' | b' ')).unwrap_or(0);
    memchr::memchr2(b'\t', b' ', &row[behind..]).map_or(b' ', |at| row[behind + at])
}

/// Where the field that begins at `start` ends.
fn field_end(row: &[u8], start: usize, separator: u8) -> usize {
    let quoted = quoted_end(row, start, |byte| byte == separator);
    quoted.or_else(|| Some(start + memchr::memchr(separator, &row[start..])?)).unwrap_or(row.len())
}

/// Where the value in quotes ends that begins at `start`, of which two quotes inside are one; `None` where there is none: a quote
/// elsewhere is a byte as any other.
fn quoted_end(row: &[u8], start: usize, is_separator: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = start + 1;
    row.get(start).filter(|&&byte| byte == b'"')?;
    loop {
        at += memchr::memchr(b'"', &row[at..])? + 1;
        match row.get(at) {
            Some(b'"') => at += 1,
            Some(&byte) if !is_separator(byte) => return None,
            _ => return Some(at),
        }
    }
}

/// Appends what stands between quotes, of which two are one.
fn unquote(inside: &[u8], out: &mut Vec<u8>) {
    let mut was_quote = false;
    for &byte in inside {
        was_quote = byte == b'"' && !was_quote;
        if !was_quote {
            out.push(byte);
        }
    }
}
