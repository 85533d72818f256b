//! Sessions and events to rows of cells.

use super::cell::{int, write_double, write_id, write_int, write_own_text, write_text, write_value};
use crate::core::event::{DateText, key_parts};
use crate::core::session::{Session, SessionBatch};
use crate::output::{OutputKind, OutputSchema};

/// Appends the rows that an output of this kind has of `sessions`.
pub(in crate::output) fn write_rows(
    schema: &OutputSchema,
    kind: OutputKind,
    sessions: &SessionBatch,
    out: &mut Vec<u8>,
) {
    let mut date = DateText::default();
    if kind == OutputKind::Events {
        return sessions.iter().for_each(|session| write_events(&session, &mut date, out));
    }
    let with_op = schema.with_op(kind);
    sessions.iter().for_each(|session| write_session(schema, &session, with_op, &mut date, out));
}

/// The row of one session. `date` is the date of the session before it, which the text behind an id often shares.
fn write_session(
    schema: &OutputSchema,
    session: &Session<'_>,
    with_op: bool,
    date: &mut DateText,
    out: &mut Vec<u8>,
) {
    if with_op {
        write_own_text(session.op.name().as_bytes(), out);
    }
    write_id(session.id_and_start(date).0, out);
    for part in key_parts(session.key, schema.key.len()) {
        write_text(part, out);
    }
    write_int(session.start.us(), out);
    write_int(session.end.us(), out);
    write_double(seconds(session.duration_us()), out);
    write_int(int(session.event_count), out);
    write_own_text(session.close_reason.name().as_bytes(), out);
    session.values().for_each(|value| write_value(&value, out));
}

/// The rows of the events of one session, each with the session's id and the number of the event, from 1.
fn write_events(session: &Session<'_>, date: &mut DateText, out: &mut Vec<u8>) {
    let (id, _) = session.id_and_start(date);
    for (number, event) in (1..).zip(session.events()) {
        event.iter().for_each(|value| write_text(value, out));
        write_id(id, out);
        write_int(number, out);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ten thousand years of microseconds are below 2^59: their seconds keep six digits"
)]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}
