use super::*;
use crate::core::aggregates::{Bounds, Function, Kind};
use crate::core::event::{Timestamp, push_value};
use crate::core::rules::Emit;
use crate::core::session::{CloseReason, CompletedSession, EventRows, Op};
use crate::output::schema::AggregateColumn;
use serde_json::json;

fn at(us: i64) -> Timestamp {
    Timestamp::from_us(us).unwrap()
}

fn encoder(is_correctable: bool) -> Jsonl {
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let schema = OutputSchema {
        key: names(&["user", "a \"b\""]),
        aggregates: [("landing", Kind::Text), ("total", Kind::Decimal)].map(AggregateColumn::of).into(),
        event_columns: names(&["user", "page"]),
        is_correctable,
        emit: Emit { sessions: true, events: true },
    };
    Jsonl::new(schema, false)
}

fn encoded(is_correctable: bool, kind: OutputKind, op: Op, session: &CompletedSession<'_>) -> String {
    let mut batch = SessionBatch::default();
    batch.push(op, session);
    let mut out = Vec::new();
    encoder(is_correctable).encode(kind, &batch, &mut out);
    String::from_utf8(out).unwrap()
}

fn value(value: &Value<'_>) -> String {
    let mut out = Vec::new();
    write_value(value, &mut out);
    String::from_utf8(out).unwrap()
}

const SESSION: CompletedSession<'_> = CompletedSession {
    key: b"ann\x1e",
    start: Timestamp::MIN,
    ordinal: 0,
    end: Timestamp::MIN,
    events: 12,
    close_reason: CloseReason::Gap,
    accumulators: &[],
    rows: &[],
};

#[test]
fn a_session_is_an_object_of_typed_values() {
    let accumulator = |name: &str, value: &[u8]| {
        let mut accumulator = Function::named(name).unwrap().accumulator();
        accumulator.update(value, Bounds { distinct: 9, list: 9 });
        accumulator
    };
    let accumulators = [accumulator("first", b"/\"x\""), accumulator("sum", b"0.10")];
    let session =
        CompletedSession { start: at(0), end: at(1_500_000), accumulators: &accumulators, ..SESSION };
    let id = session.id();
    let expected = format!(
        "{{\"session_id\":\"{id}\",\"user\":\"ann\",\"a \\\"b\\\"\":null,\"session_start\":\"1970-01-01T00:00:00Z\",\
         \"session_end\":\"1970-01-01T00:00:01.500000Z\",\"duration_s\":1.500000,\"event_count\":12,\
         \"close_reason\":\"gap\",\"landing\":\"/\\\"x\\\"\",\"total\":0.10}}\n"
    );
    assert_eq!(encoded(false, OutputKind::Sessions, Op::Insert, &session), expected);
    let with_op = |op| expected.replacen('{', &format!("{{\"op\":\"{op}\","), 1);
    assert_eq!(encoded(true, OutputKind::Sessions, Op::Retract, &session), with_op("retract"));
    assert_eq!(encoded(true, OutputKind::Open, Op::Insert, &session), expected);
}

#[test]
fn every_kind_of_value_has_its_json() {
    for (given, expected) in [
        (Value::Null, "null"),
        (Value::Bool(true), "true"),
        (Value::Int(u64::MAX), "18446744073709551615"),
        (Value::AtLeast(2), "{\"at_least\":2}"),
        (Value::Float(-0.5), "-0.5"),
        (Value::Timestamp(at(1)), "\"1970-01-01T00:00:00.000001Z\""),
        (Value::Text(b""), "null"),
        (Value::Text("ä\n\u{1}".as_bytes()), "\"ä\\n\\u0001\""),
        (Value::Text(b"M\xfcller"), "{\"hex\":\"4dfc6c6c6572\"}"),
        (Value::List { values: vec![b"a", b"\"", b""], more: true }, "[\"a\",\"\\\"\",\"\",null]"),
        (Value::List { values: Vec::new(), more: true }, "[null]"),
        (Value::List { values: Vec::new(), more: false }, "[]"),
    ] {
        assert_eq!(value(&given), expected, "{given:?}");
    }
}

#[test]
fn a_decimal_number_keeps_its_digits_in_the_form_of_json() {
    for (given, expected) in [
        ("12", "12"),
        ("-0.50", "-0.50"),
        ("+7.", "7"),
        (".5", "0.5"),
        ("-.5", "-0.5"),
        ("007.10", "7.10"),
        ("0", "0"),
        ("-00", "-0"),
        ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
    ] {
        let written = value(&Value::Decimal(given.into()));
        assert_eq!(written, expected);
        assert!(serde_json::from_str::<serde_json::Number>(&written).is_ok(), "{written}");
    }
}

#[test]
fn events_are_objects_with_their_number() {
    let rows = [[&b"ann"[..], b"1,2"], [b"ann", b""]].map(|values| {
        let mut row = Vec::new();
        assert!(values.into_iter().all(|value| push_value(&mut row, value)));
        row
    });
    let rows: EventRows = rows.into_iter().collect();
    let session = CompletedSession { rows: rows.bytes(), ..SESSION };
    let id = session.id().to_string();
    let read: Vec<serde_json::Value> = encoded(false, OutputKind::Events, Op::Insert, &session)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let expected = [
        json!({ "user": "ann", "page": "1,2", "session_id": id, "event_number": 1 }),
        json!({ "user": "ann", "page": null, "session_id": id, "event_number": 2 }),
    ];
    assert_eq!(read, expected);
}
