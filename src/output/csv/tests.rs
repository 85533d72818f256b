use super::*;
use crate::core::aggregates::Kind;
use crate::core::event::{Timestamp, push_value};
use crate::core::rules::Emit;
use crate::core::session::{CloseReason, CompletedSession, EventRows, Op};
use crate::output::schema::AggregateColumn;

fn schema(key: &[&str], is_correctable: bool) -> OutputSchema {
    OutputSchema {
        key: key.iter().map(|&name| name.to_owned()).collect(),
        aggregates: vec![AggregateColumn::of(("pages", Kind::List))],
        event_columns: vec!["user".into(), "a,b".into()],
        is_correctable,
        emit: Emit { sessions: true, events: true },
    }
}

fn session(key: &[u8], end_us: i64) -> CompletedSession<'_> {
    let at = |us| Timestamp::from_us(us).unwrap();
    CompletedSession {
        key,
        start: at(0),
        ordinal: 0,
        end: at(end_us),
        events: 12,
        close_reason: CloseReason::Gap,
        accumulators: &[],
        rows: &[],
    }
}

fn encoded(schema: OutputSchema, kind: OutputKind, op: Op, session: &CompletedSession<'_>) -> String {
    let mut batch = SessionBatch::default();
    batch.push(op, session);
    let mut out = Vec::new();
    Csv::new(schema, false).encode(kind, &batch, &mut out);
    String::from_utf8(out).unwrap()
}

fn row(key: &[u8], names: &[&str], end_us: i64) -> String {
    encoded(schema(names, false), OutputKind::Sessions, Op::Insert, &session(key, end_us)).split_off(36)
}

#[test]
fn a_row_has_the_columns_of_the_header() {
    let header = |is_correctable, kind| {
        String::from_utf8(Csv::new(schema(&["user"], is_correctable), false).header(kind)).unwrap()
    };
    let columns = "session_id,user,session_start,session_end,duration_s,event_count,close_reason,pages\n";
    assert_eq!(header(false, OutputKind::Sessions), columns);
    assert_eq!(header(true, OutputKind::Sessions), format!("op,{columns}"));
    assert_eq!(header(true, OutputKind::Open), columns);
    assert_eq!(header(true, OutputKind::Events), "user,\"a,b\",session_id,event_number\n");
    assert_eq!(
        row(b"ann", &["user"], 60_000_000),
        ",ann,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,60,12,gap\n"
    );
    assert_eq!(
        row(b"ann", &["user"], 1),
        ",ann,1970-01-01T00:00:00Z,1970-01-01T00:00:00.000001Z,0.000001,12,gap\n"
    );
}

#[test]
fn a_composite_key_fills_its_columns() {
    assert!(row(b"ann\x1eshop", &["user", "site"], 0).starts_with(",ann,shop,1970"));
    assert!(row(b"ann\x1eshop", &["user"], 0).starts_with(",ann\x1eshop,1970"));
}

#[test]
fn what_a_row_does_stands_where_sessions_may_be_corrected() {
    let begins = |is_correctable, kind, op, text: &str| {
        let row = encoded(schema(&["user"], is_correctable), kind, op, &session(b"ann", 0));
        let id = session(b"ann", 0).id();
        assert!(row.starts_with(&format!("{text}{id},ann,")), "{row}");
    };
    begins(true, OutputKind::Sessions, Op::Retract, "retract,");
    begins(true, OutputKind::Sessions, Op::Insert, "insert,");
    begins(true, OutputKind::Open, Op::Insert, "");
    begins(false, OutputKind::Sessions, Op::Insert, "");
}

#[test]
fn events_are_quoted_where_they_need_it_and_numbered() {
    let rows = [[&b"ann"[..], b"1,2"], [b"ann", b""]].map(|values| {
        let mut row = Vec::new();
        assert!(values.into_iter().all(|value| push_value(&mut row, value)));
        row
    });
    let rows: EventRows = rows.into_iter().collect();
    let session = CompletedSession { rows: rows.bytes(), ..session(b"ann", 0) };
    let id = session.id();
    let expected = format!("ann,\"1,2\",{id},1\nann,,{id},2\n");
    assert_eq!(encoded(schema(&["user"], false), OutputKind::Events, Op::Insert, &session), expected);
}
