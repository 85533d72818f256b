//! Sessions and events to rows of cells.

use super::sink::{CellSink, int};
use crate::core::event::{DateText, key_parts};
use crate::core::session::{Session, SessionBatch};
use crate::output::{OutputKind, OutputSchema};

/// Gives `out` the rows that an output of this kind has of `sessions`.
pub(in crate::output) fn write_rows(
    schema: &OutputSchema,
    kind: OutputKind,
    sessions: &SessionBatch,
    out: &mut impl CellSink,
) {
    // The date that was written last.
    let mut date = DateText::default();
    if kind == OutputKind::Events {
        return sessions.iter().for_each(|session| write_events(&session, &mut date, out));
    }
    let with_op = schema.with_op(kind);
    sessions.iter().for_each(|session| write_session(schema, &session, with_op, &mut date, out));
}

fn write_session(
    schema: &OutputSchema,
    session: &Session<'_>,
    with_op: bool,
    date: &mut DateText,
    out: &mut impl CellSink,
) {
    if with_op {
        out.own_text(session.op.name().as_bytes());
    }
    let (id, _) = session.id_and_start(date);
    out.id(id);
    for part in key_parts(session.key, schema.key.len()) {
        out.text(part);
    }
    out.int(session.start.us());
    out.int(session.end.us());
    out.double(seconds(session.duration_us()));
    out.int(int(session.event_count));
    out.own_text(session.close_reason.name().as_bytes());
    session.values().for_each(|value| out.value(&value));
}

/// The rows of the events of one session, each with the session's id and the number of the event, from 1.
fn write_events(session: &Session<'_>, date: &mut DateText, out: &mut impl CellSink) {
    let (id, _) = session.id_and_start(date);
    for (number, event) in (1..).zip(session.events()) {
        event.iter().for_each(|value| out.text(value));
        out.id(id);
        out.int(number);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ten thousand years of microseconds are below 2^59: their seconds keep six digits"
)]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}
