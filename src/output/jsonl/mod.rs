//! JSON lines: one object for each row, with each value in its JSON type.
//!
//! Numbers are exact, a missing value is `null`, and text that is not UTF-8 is `{"hex": "..."}`, as in reports and exports.

mod reading;

use super::encode::Encode;
use super::seconds::write_seconds;
use super::stored_file::StoredFile;
use super::untaken::{RowForm, UntakenRow};
use super::{OutputKind, OutputSchema, SessionCounts};
use crate::core::aggregates::Value;
use crate::core::event::{DateText, key_parts};
use crate::core::rules::EVENT_COLUMNS;
use crate::core::session::{Session, SessionBatch};
use serde::{Deserialize, Serialize};
use std::io::BufRead;

/// The encoder.
#[derive(Debug)]
pub struct Jsonl {
    is_correctable: bool,
    key: Vec<Name>,
    aggregates: Vec<Name>,
    event_columns: Vec<Name>,
}

/// `"name":`
type Name = Vec<u8>;

impl Encode for Jsonl {
    /// No spreadsheet reads JSON lines, so `spreadsheet_safe` changes nothing.
    fn new(schema: OutputSchema, _spreadsheet_safe: bool) -> Self {
        Self {
            is_correctable: schema.is_correctable,
            key: named(&schema.key),
            aggregates: named(schema.aggregates.iter().map(|column| &column.name)),
            event_columns: named(&schema.event_columns),
        }
    }

    fn header(&self, _kind: OutputKind) -> Vec<u8> {
        Vec::new()
    }

    fn encode(&self, kind: OutputKind, sessions: &SessionBatch, out: &mut Vec<u8>) {
        if kind == OutputKind::Events {
            sessions.iter().for_each(|session| self.write_events(&session, out));
            return;
        }
        let with_op = self.is_correctable && kind == OutputKind::Sessions;
        let mut date = DateText::default();
        sessions.iter().for_each(|session| self.write_session(&session, with_op, &mut date, out));
    }

    fn takes(form: RowForm<'_>) -> bool {
        matches!(form, RowForm::Json)
    }

    fn side_row(untaken: &UntakenRow<'_>, _spreadsheet_safe: bool) -> (Vec<u8>, Vec<u8>) {
        let mut row = b"{\"file\":".to_vec();
        write_json(&untaken.place.file.to_string_lossy(), &mut row);
        row.extend_from_slice(b",\"line\":");
        write_int(untaken.place.line, &mut row);
        row.extend_from_slice(b",\"reason\":");
        write_json(untaken.reason, &mut row);
        row.extend_from_slice(b",\"row\":");
        write_bytes(untaken.row, &mut row);
        row.extend_from_slice(b"}\n");
        (Vec::new(), row)
    }

    fn count_sessions(file: StoredFile, schema: &OutputSchema) -> Result<Option<SessionCounts>, String> {
        let mut counts = SessionCounts::default();
        for line in file.into_reader().map_err(|error| error.to_string())?.lines() {
            let line = line.map_err(|error| error.to_string())?;
            let row: Counted = serde_json::from_str(&line).map_err(|error| error.to_string())?;
            if schema.is_correctable && row.op.as_deref() == Some("retract") {
                counts.retract(row.event_count);
            } else {
                counts.complete(row.event_count);
            }
        }
        Ok(Some(counts))
    }
}

/// The fields that are read back.
#[derive(Deserialize)]
struct Counted {
    op: Option<String>,
    event_count: u64,
}

impl Jsonl {
    fn write_session(&self, session: &Session<'_>, with_op: bool, date: &mut DateText, out: &mut Vec<u8>) {
        out.push(b'{');
        if with_op {
            out.extend_from_slice(b"\"op\":\"");
            out.extend_from_slice(session.op.name().as_bytes());
            out.extend_from_slice(b"\",");
        }
        let (id, start) = session.id_and_start(date);
        out.extend_from_slice(b"\"session_id\":\"");
        id.write(out);
        out.extend_from_slice(b"\",");
        for (name, part) in self.key.iter().zip(key_parts(session.key, self.key.len())) {
            out.extend_from_slice(name);
            write_text(part, out);
            out.push(b',');
        }
        out.extend_from_slice(b"\"session_start\":\"");
        start.write(out);
        out.extend_from_slice(b"\",\"session_end\":\"");
        session.end.text_after(date).write(out);
        out.extend_from_slice(b"\",\"duration_s\":");
        write_seconds(session.duration_us().unsigned_abs(), out);
        out.extend_from_slice(b",\"event_count\":");
        write_int(session.event_count, out);
        out.extend_from_slice(b",\"close_reason\":\"");
        out.extend_from_slice(session.close_reason.name().as_bytes());
        out.push(b'"');
        for (name, value) in self.aggregates.iter().zip(session.values()) {
            out.push(b',');
            out.extend_from_slice(name);
            write_value(&value, out);
        }
        out.extend_from_slice(b"}\n");
    }

    fn write_events(&self, session: &Session<'_>, out: &mut Vec<u8>) {
        let id = session.id();
        let [id_name, number_name] = EVENT_COLUMNS;
        for (number, event) in (1_u64..).zip(session.events()) {
            out.push(b'{');
            for (name, value) in self.event_columns.iter().zip(event.iter()) {
                out.extend_from_slice(name);
                write_text(value, out);
                out.push(b',');
            }
            write_json(id_name, out);
            out.extend_from_slice(b":\"");
            id.write(out);
            out.extend_from_slice(b"\",");
            write_json(number_name, out);
            out.push(b':');
            write_int(number, out);
            out.extend_from_slice(b"}\n");
        }
    }
}

fn named<'n>(names: impl IntoIterator<Item = &'n String>) -> Vec<Name> {
    let name = |name: &String| {
        let mut text = Vec::new();
        write_json(name, &mut text);
        text.push(b':');
        text
    };
    names.into_iter().map(name).collect()
}

fn write_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => write_json(&(), out),
        Value::Bool(is_true) => write_json(is_true, out),
        Value::Int(int) => write_int(*int, out),
        Value::AtLeast(int) => {
            out.extend_from_slice(b"{\"at_least\":");
            write_int(*int, out);
            out.push(b'}');
        }
        Value::Float(number) => write_json(number, out),
        Value::Timestamp(time) => {
            out.push(b'"');
            time.text().write(out);
            out.push(b'"');
        }
        Value::Decimal(number) => write_decimal(number, out),
        Value::Text(text) => write_text(text, out),
        Value::List { values, more } => {
            out.push(b'[');
            for (number, text) in values.iter().enumerate() {
                out.extend_from_slice(if number == 0 { b"" } else { b"," });
                write_bytes(text, out);
            }
            if *more {
                out.extend_from_slice(if values.is_empty() { b"null" } else { b",null" });
            }
            out.push(b']');
        }
    }
}

/// A value of the input; an empty one is a missing one.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    if text.is_empty() { write_json(&(), out) } else { write_bytes(text, out) }
}

fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return write_json(text, out);
    }
    out.extend_from_slice(b"{\"hex\":\"");
    for byte in bytes {
        out.extend_from_slice(format!("{byte:02x}").as_bytes());
    }
    out.extend_from_slice(b"\"}");
}

/// A decimal number with all its digits in JSON form: no plus sign, no leading zeros, digits on both sides of the point.
fn write_decimal(number: &str, out: &mut Vec<u8>) {
    let unsigned = number.trim_start_matches(['+', '-']);
    if number.starts_with('-') {
        out.push(b'-');
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let whole = whole.trim_start_matches('0');
    out.extend_from_slice(if whole.is_empty() { b"0" } else { whole.as_bytes() });
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend_from_slice(fraction.as_bytes());
    }
}

fn write_int(int: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(int).as_bytes());
}

fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    // Writing to memory cannot fail, and neither can strings, numbers, booleans and nulls.
    let written = serde_json::to_writer(out, value).is_ok();
    debug_assert!(written);
}

#[cfg(test)]
mod tests;
