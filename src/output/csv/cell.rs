//! Cells, and rows that are written verbatim.

use super::formula::{formulas, is_formula};
use crate::core::event::{padded, push_piece};
use wide::u8x16;

/// How cells are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::output) struct CellStyle {
    /// Whether no value may look like a formula to a spreadsheet.
    pub(in crate::output) spreadsheet_safe: bool,
}

impl CellStyle {
    /// Appends a value from the input.
    #[inline]
    pub(in crate::output) fn write_value(self, value: &[u8], out: &mut Vec<u8>) {
        if self.spreadsheet_safe && is_formula(value) {
            write_field(&[b"'", value].concat(), out);
        } else {
            write_field(value, out);
        }
    }

    /// Appends a row for a side output, verbatim. With `spreadsheet_safe`, an apostrophe precedes each value that a spreadsheet
    /// would read as a formula.
    pub(in crate::output) fn write_verbatim(self, row: &[u8], delimiter: u8, out: &mut Vec<u8>) {
        let marks = if self.spreadsheet_safe { formulas(row, delimiter) } else { Vec::new() };
        let mut written = 0;
        for at in marks {
            out.extend_from_slice(&row[written..at]);
            out.push(b'\'');
            written = at;
        }
        out.extend_from_slice(&row[written..]);
    }
}

/// Appends a field, with quotes if RFC 4180 requires them.
#[inline]
pub(in crate::output) fn write_field(field: &[u8], out: &mut Vec<u8>) {
    match padded(field) {
        Some(short) if !is_any_special(short) => push_piece(out, short, field.len()),
        None if !needs_quotes(field) => out.extend_from_slice(field),
        _ => write_quoted(field, out),
    }
}

#[cold]
fn write_quoted(field: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in field {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Whether RFC 4180 requires quotes around a field of at least 16 bytes: 16 at a time, the last of which may be looked at twice.
#[inline]
fn needs_quotes(field: &[u8]) -> bool {
    let last = field.last_chunk::<16>().is_some_and(|last| is_any_special(*last));
    last || field.as_chunks::<16>().0.iter().any(|chunk| is_any_special(*chunk))
}

#[inline]
fn is_any_special(chunk: [u8; 16]) -> bool {
    let chunk = u8x16::new(chunk);
    let special = SPECIAL.iter().fold(u8x16::ZERO, |hits, &byte| hits | chunk.simd_eq(u8x16::splat(byte)));
    special.to_bitmask() != 0
}

/// The bytes because of which a field has quotes.
const SPECIAL: [u8; 4] = *b",\"\n\r";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_that_a_spreadsheet_would_run_gets_a_quote_mark_only_where_that_is_asked_for() {
        let value = |spreadsheet_safe, value: &[u8]| {
            let mut out = Vec::new();
            CellStyle { spreadsheet_safe }.write_value(value, &mut out);
            String::from_utf8(out).unwrap()
        };
        for dangerous in ["=1+1", "+1+1", "-a", "@a", "\tx"] {
            assert_eq!(value(true, dangerous.as_bytes()), format!("'{dangerous}"));
            assert_eq!(value(false, dangerous.as_bytes()), dangerous);
        }
        assert_eq!(value(true, b"\r=1"), "\"'\r=1\"");
        assert_eq!(value(true, b"a=1"), "a=1");
        assert_eq!((value(true, b""), value(true, b"-1.50")), (String::new(), "-1.50".to_owned()));
    }

    #[test]
    fn a_row_for_a_side_output_is_verbatim_unless_it_is_made_safe_value_by_value() {
        let row = b"=a,b-c,\"=d\",\"e\",@f,,-";
        let written = |spreadsheet_safe| {
            let mut out = Vec::new();
            CellStyle { spreadsheet_safe }.write_verbatim(row, b',', &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(false).as_bytes(), row);
        assert_eq!(written(true), "'=a,b-c,\"'=d\",\"e\",'@f,,'-");
    }

    proptest! {
        #[test]
        fn a_csv_reader_gets_every_field_back(fields in proptest::collection::vec(any::<Vec<u8>>(), 2..4)) {
            let mut line = Vec::new();
            for field in &fields {
                write_field(field, &mut line);
                line.push(b',');
            }
            line.extend_from_slice(b"end\n");
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&line[..]);
            let record = reader.byte_records().next().unwrap().unwrap();
            let read: Vec<&[u8]> = record.iter().take(fields.len()).collect();
            prop_assert_eq!(read, fields);
        }
    }
}
