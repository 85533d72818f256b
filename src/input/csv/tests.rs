//! The plain path against the reference, on the same bytes.

use super::*;
use crate::core::event::{Event, MAX_KEY_BYTES, Timestamp};
use crate::core::rules::RowSelection;
use crate::core::watermark::Watermark;
use crate::input::RowRules;
use crate::input::batch::SideRow;
use crate::input::columns::Columns;
use crate::input::lines::LineCounts;
use crate::input::path_columns::PathColumns;
use crate::input::time::{TimeFormat, TimeParser};
use crate::purged::PurgedKeys;
use proptest::prelude::*;

fn intake() -> Intake {
    let latest_allowed = Timestamp::from_us(2_000_000_000_000_000).unwrap();
    let watermark = Watermark::at(Timestamp::from_us(1_000_000_000).unwrap());
    Intake::new(
        TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC),
        &PathColumns::default(),
        RowRules {
            accepts_from: watermark,
            purged: PurgedKeys::default(),
            latest_allowed,
            selection: RowSelection::default(),
            key_hasher: None,
        },
    )
}

fn schema(key: &[usize], time: usize, fields: usize) -> Schema {
    Schema {
        columns: Columns { key: key.to_vec(), time: vec![time], ..Columns::default() },
        fields,
        first_time: None,
        ..Schema::default()
    }
}

fn parse(bytes: &[u8], quoted: bool, schema: &Schema) -> EventBatch {
    parse_block(&Block::of(bytes, QuoteMarks { quoted, unclosed: None }), schema)
}

fn parse_block(block: &Block<QuoteMarks>, schema: &Schema) -> EventBatch {
    let mut batch = EventBatch::default();
    batch.lines.lines = block.lines;
    let (intake, dialect) = (&mut intake(), Dialect::default());
    let mut rows = BlockRows { schema, dialect, intake, batch: &mut batch, line: 0 };
    rows.read(block, &mut Separators::default());
    assert_eq!(batch.lines.check(batch.rows), Ok(()));
    batch
}

/// Everything that a parsed block says, in a form that can be compared.
fn summary(parsed: &EventBatch) -> String {
    let events: Vec<Vec<Event<'_>>> = parsed.groups.iter().map(|buffer| buffer.iter().collect()).collect();
    let EventBatch { rows, accepted, lines, earliest, latest, earliest_late, side_rows, side_bytes, .. } =
        parsed;
    format!(
        "{rows} {accepted} {lines:?} {earliest:?} {latest:?} {earliest_late:?} {side_rows:?} {side_bytes:?} {events:?}"
    )
}

fn set_aside(parsed: &EventBatch) -> Vec<(u64, Reason, String)> {
    let text = |row: &SideRow| String::from_utf8_lossy(&parsed.side_bytes[row.bytes.clone()]).into_owned();
    parsed.side_rows.iter().map(|row| (row.line, row.reason, text(row))).collect()
}

#[test]
fn each_reason_has_its_row_verbatim_and_its_line() {
    let rows =
        "a,5000,x\n\nb,1\r\nc,5000,x,y\nd,yesterday,x\ne,2020-02-31,x\n,5000,x\nf,999,x\ng,99999999999,x\n";
    let parsed = parse(rows.as_bytes(), false, &schema(&[0], 1, 3));
    assert_eq!((parsed.rows, parsed.accepted, parsed.lines.blank), (8, 1, 1));
    assert_eq!(
        set_aside(&parsed),
        [
            (2, Reason::TooFewFields, "b,1".into()),
            (3, Reason::TooManyFields, "c,5000,x,y".into()),
            (4, Reason::Time, "d,yesterday,x".into()),
            (5, Reason::ImpossibleTime, "e,2020-02-31,x".into()),
            (6, Reason::EmptyKey, ",5000,x".into()),
            (7, Reason::Late, "f,999,x".into()),
            (8, Reason::Future, "g,99999999999,x".into()),
        ]
    );
    assert_eq!(parsed.earliest_late, Timestamp::from_us(999_000_000));
    assert_eq!(parsed.latest, Some((Timestamp::from_us(5_000_000_000).unwrap(), 0)));
}

#[test]
fn a_composite_key_is_joined_and_guards_its_separator() {
    let parsed = parse(b"a,b,5000\n,b,5000\n,,5000\na\x1e,b,5000\n", false, &schema(&[1, 0], 2, 3));
    let mut keys: Vec<&[u8]> = parsed.events().map(|event| event.key).collect();
    keys.sort_unstable();
    assert_eq!(keys, [&b"b\x1e"[..], b"b\x1ea"]);
    let reasons: Vec<Reason> = parsed.side_rows.iter().map(|row| row.reason).collect();
    assert_eq!(reasons, [Reason::EmptyKey, Reason::KeySeparator]);
}

#[test]
fn a_key_may_be_as_long_as_a_chunk_can_hold() {
    for (length, accepted) in [(MAX_KEY_BYTES, 1), (MAX_KEY_BYTES + 1, 0)] {
        let row = ["k".repeat(length), "5000".into()].join(",");
        assert_eq!(parse(row.as_bytes(), false, &schema(&[0], 1, 2)).accepted, accepted);
    }
}

#[test]
fn quoted_fields_are_unquoted_and_rows_of_several_lines_counted() {
    let rows = b"\"a \"\"b\"\"\",5000,\"x\ny\"\n\n\"c\",5000,\"z\"\r\nd,\"5000\"\r\n";
    let parsed = parse(rows, true, &schema(&[0], 1, 3));
    let keys: Vec<&[u8]> = parsed.events().map(|event| event.key).collect();
    assert!(keys.contains(&&b"a \"b\""[..]) && keys.contains(&&b"c"[..]), "{keys:?}");
    let LineCounts { lines, header, blank, continuation, .. } = parsed.lines;
    assert_eq!([lines, header, blank, continuation], [5, 0, 1, 1]);
    assert_eq!(set_aside(&parsed), [(4, Reason::TooFewFields, "d,\"5000\"".into())]);
}

#[test]
fn a_byte_order_mark_in_the_middle_of_a_file_is_part_of_a_key() {
    for quoted in [false, true] {
        let parsed = parse(b"\xEF\xBB\xBFa,5000,x\nb,5000,x\nc\n", quoted, &schema(&[0], 1, 3));
        let keys: Vec<&[u8]> = parsed.events().map(|event| event.key).collect();
        assert!(keys.contains(&&b"\xEF\xBB\xBFa"[..]) && keys.contains(&&b"b"[..]), "{keys:?}");
        assert_eq!(set_aside(&parsed), [(2, Reason::TooFewFields, "c".into())]);
    }
}

#[test]
fn rows_with_millions_of_fields_are_set_aside_in_their_order() {
    let wide = ",".repeat(MAX_COLUMNS);
    let rows = format!("a,5000,x\n\n{wide}\nb\n{wide}\r\nc,5000,x\n{wide}");
    let parsed = parse(rows.as_bytes(), false, &schema(&[0], 1, 3));
    let expected = [(2, wide.clone()), (3, "b".to_owned()), (4, wide.clone()), (6, wide)];
    let found = set_aside(&parsed).into_iter().map(|(line, _, row)| (line, row));
    assert!(found.eq(expected), "the rows that are too wide, whole, with their lines");
    assert_eq!((parsed.rows, parsed.accepted), (6, 2));
    assert_eq!(summary(&parsed), summary(&parse(rows.as_bytes(), true, &schema(&[0], 1, 3))));
}

/// Times of all kinds of forms, also some around the watermark and around the latest that is allowed.
const TIME: &str = "(1[0-9]{9}|2020-01-0[1-3]|2020-01-0[12][ T]1[0-9]:00:0[0-9](\\.5)?Z?|1970-01-01 00:16:[34][0-9]|\
                    2033-05-18 03:33:[12][0-9]|2020-02-3[01] 00:00:00|2020-01-01x00:00:00|1[5-9]|junk|)";

proptest! {
    #[test]
    fn both_paths_read_the_same_from_rows_without_quotes(
        rows in proptest::collection::vec(
            prop_oneof![
                format!("[ab]{{0,2}},{TIME},[a-c\r]{{0,3}}(,z)?\r?").as_str(),
                format!("[ab]{{0,2}},[a-c\r]{{0,2}},{TIME}\r?").as_str(),
                "[a,\r]{0,6}",
            ], 0..12),
        newline_at_end: bool,
    ) {
        let mut bytes = rows.join("\n").into_bytes();
        if newline_at_end {
            bytes.push(b'\n');
        }
        let columns = [(&[0][..], 1), (&[2], 1), (&[2, 0], 1), (&[0], 2), (&[1], 2), (&[0], 0)];
        for schema in columns.map(|(key, time)| schema(key, time, 3)) {
            prop_assert_eq!(summary(&parse(&bytes, false, &schema)), summary(&parse(&bytes, true, &schema)));
        }
    }

    #[test]
    fn rows_with_quotes_are_read_the_same_whether_they_look_common_or_not(
        rows in proptest::collection::vec(
            prop_oneof![
                4 => format!("(\"[ab,]{{1,2}}\"|[ab]{{1,2}}),(\"{TIME}\"|{TIME}),(\"[a,]{{0,3}}(\"\"x)?\"|[ab\"]{{0,2}})\r?").as_str(),
                1 => "[ab\",\r\n]{0,9}",
            ], 0..12),
        newline_at_end: bool,
        times in 1_usize..400,
    ) {
        let mut bytes = rows.join("\n").repeat(times).into_bytes();
        if newline_at_end {
            bytes.push(b'\n');
        }
        for schema in [(0, 1), (1, 0), (2, 1), (0, 2)].map(|(key, time)| schema(&[key], time, 3)) {
            let read = |common: Option<CommonRows>| {
                let (mut batch, mut intake, dialect) = (EventBatch::default(), intake(), Dialect::default());
                let mut rows = BlockRows { schema: &schema, dialect, intake: &mut intake, batch: &mut batch, line: 0 };
                rows.read_quoted(&bytes, common, &mut Separators::default());
                (summary(&batch), batch.accepted)
            };
            let common = CommonRows::of(&schema);
            prop_assert!(common.is_some());
            prop_assert_eq!(read(common), read(None));
        }
    }
}
