//! The rows of a session and of its events.

use super::aggregate::write_aggregate;
use super::cell::CellStyle;
use crate::core::event::{DateText, key_parts};
use crate::core::session::Session;
use crate::output::seconds::write_seconds;

/// How rows of sessions are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct SessionRow {
    pub(super) with_op: bool,
    pub(super) key_columns: usize,
    pub(super) style: CellStyle,
}

impl SessionRow {
    /// Appends the row of one session. `date` is the date that was written last.
    #[inline]
    pub(super) fn write(self, session: &Session<'_>, date: &mut DateText, out: &mut Vec<u8>) {
        if self.with_op {
            out.extend_from_slice(session.op.name().as_bytes());
            out.push(b',');
        }
        let (id, start) = session.id_and_start(date);
        id.write(out);
        for part in key_parts(session.key, self.key_columns) {
            out.push(b',');
            self.style.write_value(part, out);
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
            write_aggregate(&value, self.style, out);
        }
        out.push(b'\n');
    }
}

/// Appends the rows of the events of one session, each with the session's id and the number of the event, from 1.
pub(super) fn write_events(session: &Session<'_>, style: CellStyle, out: &mut Vec<u8>) {
    let mut id = Vec::with_capacity(38);
    session.id().write(&mut id);
    id.push(b',');
    for (number, event) in (1_u64..).zip(session.events()) {
        for value in event.iter() {
            style.write_value(value, out);
            out.push(b',');
        }
        out.extend_from_slice(&id);
        out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        out.push(b'\n');
    }
}
