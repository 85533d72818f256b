//! Rows of every kind of value: a data frame has what a Parquet file has.

use super::growing::GrowingRows;
use super::records::RecordBuilder;
use super::rows::write_rows;
use crate::core::aggregates::{Accumulator, Bounds, Function};
use crate::core::event::{Timestamp, push_value};
use crate::core::rules::Emit;
use crate::core::session::{CloseReason, CompletedSession, EventRows, Op, SessionBatch};
use crate::output::schema::AggregateColumn;
use crate::output::{OutputKind, OutputSchema};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Int64Type};
use arrow_array::{Array, RecordBatch};

const BOUNDS: Bounds = Bounds { distinct: 2, list: 2 };

/// A column for each function.
fn schema(is_correctable: bool) -> OutputSchema {
    let column =
        |function: &Function| AggregateColumn { name: function.name().to_owned(), kind: function.kind() };
    OutputSchema {
        key: vec!["user".to_owned(), "device".to_owned()],
        aggregates: Function::ALL.iter().map(column).collect(),
        event_columns: vec!["page".to_owned(), "device".to_owned()],
        is_correctable,
        emit: Emit { sessions: true, events: true },
    }
}

fn accumulators(values: &[&[u8]]) -> Vec<Accumulator> {
    let over_values = |function: &Function| {
        let mut accumulator = function.accumulator();
        for value in values {
            accumulator.update(value, BOUNDS);
        }
        accumulator
    };
    Function::ALL.iter().map(over_values).collect()
}

fn sessions() -> SessionBatch {
    let mut sessions = SessionBatch::default();
    let long = [b"9".repeat(30), b"1".repeat(30)];
    let values: [&[&[u8]]; 4] =
        [&[], &[b"1.50", b"-3"], &[b"7", &long[0], &long[1], b"8"], &[b"\xFF", b"a,b"]];
    let mut row = Vec::new();
    assert!(push_value(&mut row, b"/home") && push_value(&mut row, b""));
    let rows: EventRows = [row].into_iter().collect();
    for (values, (key, us)) in values.iter().zip([
        ("ann\u{1e}", -7),
        ("\u{1e}tv", 0),
        ("zo\u{eb}\u{1e}tv", 1),
        ("b\u{1e}c", i64::MAX >> 8),
    ]) {
        let accumulators = accumulators(values);
        let session = CompletedSession {
            key: key.as_bytes(),
            start: Timestamp::from_us(us).unwrap(),
            ordinal: 0,
            end: Timestamp::from_us(us + 1_500_000).unwrap(),
            events: 2,
            close_reason: CloseReason::Gap,
            accumulators: &accumulators,
            rows: rows.bytes(),
        };
        sessions.push(Op::Insert, &session);
        sessions.push(Op::Retract, &CompletedSession { key: b"\xFE\x1E\xFF", ordinal: 3, ..session });
    }
    sessions
}

fn records(schema: &OutputSchema, kind: OutputKind) -> RecordBatch {
    let mut builder = RecordBuilder::new(schema, kind);
    builder.push(&sessions()).unwrap();
    builder.finish().unwrap()
}

#[test]
fn a_frame_has_the_rows_of_a_parquet_file() {
    for (is_correctable, kind) in [
        (false, OutputKind::Sessions),
        (true, OutputKind::Sessions),
        (false, OutputKind::Events),
        (true, OutputKind::Open),
    ] {
        let schema = schema(is_correctable);
        let (mut cells, mut rows) = (Vec::new(), GrowingRows::new(&schema.columns(kind)));
        write_rows(&schema, kind, &sessions(), &mut cells);
        let mut rest = &cells[..];
        while !rest.is_empty() {
            rows.take(&mut rest).unwrap();
        }
        assert_eq!(records(&schema, kind), rows.finish().unwrap(), "{kind:?}");
    }
}

#[test]
fn every_value_is_that_of_its_session() {
    let records = records(&schema(true), OutputKind::Sessions);
    let texts = |name: &str| {
        let column = records.column_by_name(name).unwrap().as_string::<i32>();
        (0..column.len())
            .map(|row| column.is_valid(row).then(|| column.value(row).to_owned()))
            .collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(texts("op")[..2], [some("insert"), some("retract")]);
    assert_eq!(texts("user")[..4], [some("ann"), some("{\"hex\":\"fe\"}"), None, some("{\"hex\":\"fe\"}")]);
    assert_eq!(texts("first")[6], some("{\"hex\":\"ff\"}"));
    let ids: Vec<_> = sessions().iter().map(|session| Some(session.id().to_string())).collect();
    assert_eq!(texts("session_id"), ids);
    let sums = records.column_by_name("sum").unwrap().as_primitive::<Decimal128Type>();
    assert!(sums.is_null(0) && sums.value(2) == -1_500_000_000_000_000_000 && sums.is_null(4));
    assert_eq!(texts("sum_text")[4], some("1111111111111111111111111111125"));
    let distinct = records.column_by_name("distinct").unwrap().as_primitive::<Int64Type>();
    let at_least = records.column_by_name("distinct_at_least").unwrap().as_boolean();
    assert_eq!(
        [0, 2, 4].map(|row| (distinct.value(row), at_least.value(row))),
        [(0, false), (2, false), (2, true)]
    );
    let list = records.column_by_name("list").unwrap().as_list::<i32>();
    assert_eq!(
        [0, 2, 4].map(|row| (list.value(row).len(), list.value(row).null_count())),
        [(0, 0), (2, 0), (3, 1)]
    );
}

#[test]
fn values_of_other_columns_are_refused() {
    let mut fewer = schema(false);
    fewer.aggregates.truncate(3);
    assert!(RecordBuilder::new(&fewer, OutputKind::Sessions).push(&sessions()).is_err());
    let mut others = schema(false);
    others.aggregates.reverse();
    assert!(RecordBuilder::new(&others, OutputKind::Sessions).push(&sessions()).is_err());
}
