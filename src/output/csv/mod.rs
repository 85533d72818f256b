//! CSV as in RFC 4180, with LF line ends.

mod aggregate;
mod cell;
mod counting;
mod formula;
mod reading;
mod session;
mod side;

use super::encode::Encode;
use super::stored_file::StoredFile;
use super::untaken::{RowForm, UntakenRow};
use super::{OutputKind, OutputSchema, SessionCounts};
use crate::core::event::DateText;
use crate::core::rules::EVENT_COLUMNS;
use crate::core::session::SessionBatch;
use cell::CellStyle;
use session::{SessionRow, write_events};

/// The encoder.
#[derive(Debug)]
pub struct Csv {
    schema: OutputSchema,
    style: CellStyle,
}

impl Encode for Csv {
    fn new(schema: OutputSchema, spreadsheet_safe: bool) -> Self {
        Self { schema, style: CellStyle { spreadsheet_safe } }
    }

    fn header(&self, kind: OutputKind) -> Vec<u8> {
        let mut header = Vec::new();
        if kind == OutputKind::Events {
            self.write_names(&self.schema.event_columns, &mut header);
            header.extend_from_slice(EVENT_COLUMNS.join(",").as_bytes());
        } else {
            header.extend_from_slice(if self.schema.with_op(kind) {
                b"op,session_id,"
            } else {
                b"session_id,"
            });
            self.write_names(&self.schema.key, &mut header);
            header.extend_from_slice(b"session_start,session_end,duration_s,event_count,close_reason");
            for column in &self.schema.aggregates {
                header.push(b',');
                self.style.write_value(column.name.as_bytes(), &mut header);
            }
        }
        header.push(b'\n');
        header
    }

    fn encode(&self, kind: OutputKind, sessions: &SessionBatch, out: &mut Vec<u8>) {
        if kind == OutputKind::Events {
            sessions.iter().for_each(|session| write_events(&session, self.style, out));
            return;
        }
        let (with_op, key_columns) = (self.schema.with_op(kind), self.schema.key.len());
        let row = SessionRow { with_op, key_columns, style: self.style };
        let mut date = DateText::default();
        for session in sessions.iter() {
            row.write(&session, &mut date, out);
        }
    }

    fn count_sessions(file: StoredFile, schema: &OutputSchema) -> Result<Option<SessionCounts>, String> {
        counting::count_sessions(file, schema).map(Some)
    }

    fn takes(form: RowForm<'_>) -> bool {
        matches!(form, RowForm::Delimited { .. } | RowForm::Line)
    }

    fn side_row(untaken: &UntakenRow<'_>, spreadsheet_safe: bool) -> (Vec<u8>, Vec<u8>) {
        side::side_row(untaken, CellStyle { spreadsheet_safe })
    }
}

impl Csv {
    /// Names, each followed by a comma.
    fn write_names(&self, names: &[String], header: &mut Vec<u8>) {
        for name in names {
            self.style.write_value(name.as_bytes(), header);
            header.push(b',');
        }
    }
}

#[cfg(test)]
mod tests;
