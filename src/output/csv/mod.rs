//! CSV as in RFC 4180, with LF line ends.

mod aggregate;
mod counting;
mod formula;

use super::{Format, SessionCounts};
use crate::core::event::{DateText, key_parts};
use crate::core::rules::{EVENT_COLUMNS, Emit};
use crate::core::session::Session;
use aggregate::write_aggregate;
use formula::{formulas, is_formula};
use std::fs::File;

/// The format.
pub(super) struct Csv;

impl Format for Csv {
    fn count_sessions(file: File, key_columns: usize, is_correctable: bool) -> Result<SessionCounts, String> {
        counting::count_sessions(file, key_columns, is_correctable)
    }
}

const SECOND_US: u64 = 1_000_000;

/// The header row: `op` where sessions are correctable, `session_id`, the key columns,
/// `session_start,session_end,duration_s,event_count,close_reason`, the aggregates.
pub fn sessions_header(key_names: &[String], aggregates: &[String], style: RowStyle) -> Vec<u8> {
    let mut header = if style.with_op { b"op,session_id,".to_vec() } else { b"session_id,".to_vec() };
    for name in key_names {
        style.write_value(name.as_bytes(), &mut header);
        header.push(b',');
    }
    header.extend_from_slice(b"session_start,session_end,duration_s,event_count,close_reason");
    for name in aggregates {
        header.push(b',');
        style.write_value(name.as_bytes(), &mut header);
    }
    header.push(b'\n');
    header
}

/// The header row of emitted events: their columns, `session_id,event_number`.
pub fn events_header(columns: &[String], style: RowStyle) -> Vec<u8> {
    let mut header = Vec::new();
    for name in columns {
        style.write_value(name.as_bytes(), &mut header);
        header.push(b',');
    }
    header.extend_from_slice(EVENT_COLUMNS.join(",").as_bytes());
    header.push(b'\n');
    header
}

/// How the rows of an output are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowStyle {
    /// How many columns the key fills.
    pub key_columns: usize,
    /// Whether no value may look like a formula to a spreadsheet.
    pub spreadsheet_safe: bool,
    /// Whether rows say what they do.
    pub with_op: bool,
    /// What a completed session becomes.
    pub emit: Emit,
}

impl RowStyle {
    /// Appends a value that came from outside.
    pub fn write_value(self, value: &[u8], out: &mut Vec<u8>) {
        if self.spreadsheet_safe && is_formula(value) {
            write_field(&[b"'", value].concat(), out);
        } else {
            write_field(value, out);
        }
    }

    /// Appends a row that was set aside, verbatim unless spreadsheets are to be kept safe: then a quote mark stands before
    /// each value that would be a formula.
    pub fn write_verbatim(self, row: &[u8], delimiter: u8, out: &mut Vec<u8>) {
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

/// Appends the rows of the events of one session, each with the session's id and its number in it, from 1.
pub fn write_events(session: &Session<'_>, style: RowStyle, out: &mut Vec<u8>) {
    let id = session.id();
    for (number, event) in (1_u64..).zip(session.events()) {
        for value in event.iter() {
            style.write_value(value, out);
            out.push(b',');
        }
        id.write(out);
        out.push(b',');
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.push(b'\n');
    }
}

/// Appends the row of one session; `date` is the one that was written last.
pub fn write_session(session: &Session<'_>, style: RowStyle, date: &mut DateText, out: &mut Vec<u8>) {
    if style.with_op {
        out.extend_from_slice(session.op.name().as_bytes());
        out.push(b',');
    }
    let (id, start) = session.id_and_start(date);
    id.write(out);
    for part in key_parts(session.key, style.key_columns) {
        out.push(b',');
        style.write_value(part, out);
    }
    out.push(b',');
    start.write(out);
    out.push(b',');
    session.end.text_after(date).write(out);
    out.push(b',');
    write_seconds(session.duration_us().unsigned_abs(), out);
    out.push(b',');
    out.extend_from_slice(itoa::Buffer::new().format(session.event_count).as_bytes());
    out.push(b',');
    out.extend_from_slice(session.close_reason.name().as_bytes());
    for value in session.values() {
        out.push(b',');
        write_aggregate(&value, style, out);
    }
    out.push(b'\n');
}

/// Appends a field, quoted where RFC 4180 asks for it.
pub fn write_field(field: &[u8], out: &mut Vec<u8>) {
    if !field.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r')) {
        out.extend_from_slice(field);
        return;
    }
    out.push(b'"');
    for &byte in field {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Seconds, with six fraction digits only where they are not zero.
fn write_seconds(us: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(us / SECOND_US).as_bytes());
    let fraction = us % SECOND_US;
    if fraction != 0 {
        out.extend_from_slice(format!(".{fraction:06}").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::event::Timestamp;
    use crate::core::session::{CloseReason, Op, OpenSession, SessionBatch};
    use proptest::prelude::*;

    const STYLE: RowStyle = RowStyle {
        key_columns: 1,
        spreadsheet_safe: false,
        with_op: false,
        emit: Emit { sessions: true, events: false },
    };

    fn row(key: &[u8], key_columns: usize, last_us: i64) -> String {
        let style = RowStyle { key_columns, ..STYLE };
        let at = |us| Timestamp::from_us(us).unwrap();
        let open = OpenSession { start: at(0), last: at(last_us), events: 12 };
        let mut out = Vec::new();
        let mut batch = SessionBatch::default();
        batch.push(Op::Insert, &open.close(key, CloseReason::Gap));
        batch.iter().for_each(|session| write_session(&session, style, &mut DateText::default(), &mut out));
        String::from_utf8(out).unwrap().split_off(36)
    }

    #[test]
    fn a_row_has_the_columns_of_the_header() {
        assert_eq!(
            sessions_header(&["user".into()], &["pages".into()], STYLE),
            b"session_id,user,session_start,session_end,duration_s,event_count,close_reason,pages\n"
        );
        assert_eq!(row(b"ann", 1, 60_000_000), ",ann,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,60,12,gap\n");
        assert_eq!(
            row(b"ann", 1, 1),
            ",ann,1970-01-01T00:00:00Z,1970-01-01T00:00:00.000001Z,0.000001,12,gap\n"
        );
    }

    #[test]
    fn a_composite_key_fills_its_columns() {
        assert!(row(b"ann\x1eshop", 2, 0).starts_with(",ann,shop,1970"));
        assert!(row(b"ann\x1eshop", 1, 0).starts_with(",ann\x1eshop,1970"));
    }

    #[test]
    fn a_value_that_a_spreadsheet_would_run_gets_a_quote_mark_only_where_that_is_asked_for() {
        let value = |spreadsheet_safe, value: &[u8]| {
            let mut out = Vec::new();
            RowStyle { spreadsheet_safe, ..STYLE }.write_value(value, &mut out);
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
    fn a_row_set_aside_is_verbatim_unless_it_is_made_safe_value_by_value() {
        let row = b"=a,b-c,\"=d\",\"e\",@f,,-";
        let written = |spreadsheet_safe| {
            let mut out = Vec::new();
            RowStyle { spreadsheet_safe, ..STYLE }.write_verbatim(row, b',', &mut out);
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
