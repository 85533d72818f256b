//! Logs as `CloudFront` and IIS write them, by hand and at random, read back.

use super::*;
use crate::input::blocks::{BlockReader, LineEnds};
use crate::input::decoder::Units;
use crate::input::read_error::ReadError;
use crate::input::rows_read_back::{RowsReadBack, all_columns, read_back};
use proptest::prelude::*;

const NAMES: [&str; 5] = ["c-ip", "date", "time", "cs-uri-stem", "cs(User-Agent)"];

fn log() -> W3c {
    let names = NAMES.map(str::to_owned).to_vec();
    let columns = all_columns(0, vec![1, 2], NAMES.len());
    W3c { schema: Some(Arc::new(Schema { names, columns })) }
}

fn units(log: &W3c, text: &str, block_bytes: usize) -> LogUnits<std::io::Cursor<Vec<u8>>> {
    let content = std::io::Cursor::new(text.as_bytes().to_vec());
    LogUnits::of(BlockReader::new(content, LineEnds).with_blocks_of(block_bytes), log.schema.clone())
}

fn read(text: &str) -> RowsReadBack {
    let log = log();
    read_back(&log, units(&log, text, 64))
}

fn texts(rows: &[Vec<Vec<u8>>]) -> Vec<String> {
    let text = |row: &Vec<Vec<u8>>| String::from_utf8_lossy(&row.join(&b'|')).into_owned();
    rows.iter().map(text).collect()
}

#[test]
fn iis_writes_blanks_between_fields_and_plus_signs_in_the_user_agent() {
    let found = read(
        "#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n#Date: 2021-03-04 08:00:00\r\n\
         #Fields: date time s-ip cs-method cs-uri-stem c-ip cs(User-Agent) sc-status\r\n\
         2021-03-04 08:00:00 10.0.0.1 GET /a+b 192.0.2.1 Mozilla/5.0+(X11;+Linux) 200\r\n\
         2021-03-04 08:00:01 10.0.0.1 GET - 192.0.2.2 - 200\r\n",
    );
    assert_eq!(
        texts(&found.accepted),
        ["192.0.2.1|2021-03-04|08:00:00|/a+b|Mozilla/5.0 (X11; Linux)", "192.0.2.2|2021-03-04|08:00:01||"]
    );
    let lines = found.lines;
    assert_eq!((lines.lines, lines.comment, lines.header, lines.blank), (6, 3, 1, 0));
}

#[test]
fn cloudfront_writes_tabs_between_fields_and_leaves_plus_signs_alone() {
    let found = read(
        "#Version: 1.0\n#Fields: date time x-edge-location c-ip cs-uri-stem cs(User-Agent)\n\
         2021-03-04\t08:00:00\tFRA56-P1\t2001:db8::1\t/a b\tcurl/7+x%20y\n",
    );
    assert_eq!(texts(&found.accepted), ["2001:db8::1|2021-03-04|08:00:00|/a b|curl/7+x%20y"]);
}

#[test]
fn a_later_line_of_fields_holds_from_there_on() {
    let found = read(
        "#Fields: date time c-ip cs-uri-stem cs(User-Agent)\n2021-03-04 08:00:00 ::1 /a x\n\n\
         #fields:\tcs(User-Agent) x-new c-ip time date cs-uri-stem\ny 1 ::2 08:00:01 2021-03-04 /b\n\
         y ::2 08:00:01 2021-03-04 /b\ny 1 2 ::2 08:00:01 2021-03-04 /b\n",
    );
    assert_eq!(texts(&found.accepted), ["::1|2021-03-04|08:00:00|/a|x", "::2|2021-03-04|08:00:01|/b|y"]);
    let others: Vec<_> = found.others.iter().map(|(line, reason, _)| (*line, *reason)).collect();
    assert_eq!(others, [(5, "too-few-fields"), (6, "too-many-fields")]);
}

#[test]
fn a_later_line_of_fields_without_a_column_that_is_looked_at_is_refused() {
    let log = log();
    let text = "#Fields: date time c-ip cs-uri-stem cs(User-Agent)\n2021-03-04 08:00:00 ::1 /a x\n#Fields: date time\n";
    let refused = units(&log, text, 1_000).next(Vec::new()).unwrap_err();
    let ReadError::Refused { line, what, .. } = refused else { panic!("{refused:?}") };
    assert!(line == 2 && what.contains("have no c-ip"), "{line} {what}");
}

#[test]
fn values_in_quotes() {
    let header = "#Fields: cs(User-Agent) c-ip date time cs-uri-stem\n";
    for (written, value) in [
        ("\"a b\"", "a b"),
        ("\"a \"\"b\"\"\"", "a \"b\""),
        ("\"\"", ""),
        ("\"", "\""),
        ("\"a", "\"a"),
        ("\"a\"b\"", "\"a\"b\""),
        ("a\"b", "a\"b"),
    ] {
        for separator in [" ", "\t"] {
            let row = [written, "::1", "2021-03-04", "08:00:00", "/"].join(separator);
            for behind in ["", separator] {
                let found = read(&format!("{header}{row}{behind}\n"));
                assert_eq!(texts(&found.accepted), [format!("::1|2021-03-04|08:00:00|/|{value}")], "{row}");
            }
        }
    }
}

#[test]
fn a_log_is_known_by_its_first_line() {
    let none = FormatOptions::default();
    for text in ["#Version: 1.0\n", "\u{feff}#Fields: date", "\r\n#software: x\r\n"] {
        assert!(W3c::fits(text.as_bytes(), &none), "{text}");
    }
    for text in
        ["", "# Fields: a", "#fields\tts", "#id,time\n1,2020-01-01\n", "date time\n#Fields: date time\n"]
    {
        assert!(!W3c::fits(text.as_bytes(), &none), "{text}");
    }
}

/// Rows between two `#Fields` lines.
#[derive(Debug, Clone)]
struct Section {
    order: Vec<usize>,
    separator: &'static str,
    rows: Vec<[String; NAMES.len()]>,
    comment: &'static str,
}

impl Section {
    /// Columns beyond those that there are do not matter.
    fn name(column: usize) -> String {
        NAMES.get(column).map_or_else(|| format!("x-{column}"), |&name| name.to_owned())
    }

    fn text(&self) -> String {
        let names: Vec<String> = self.order.iter().map(|&column| Self::name(column)).collect();
        let mut text = format!("{}#Fields: {}\n", self.comment, names.join(" "));
        for row in &self.rows {
            let fields: Vec<String> = self.order.iter().map(|&column| self.field(column, row)).collect();
            text += &fields.join(self.separator);
            text += "\n";
        }
        text
    }

    fn field(&self, column: usize, row: &[String; NAMES.len()]) -> String {
        match row.get(column).map(String::as_str) {
            None => "x".to_owned(),
            Some("") => "-".to_owned(),
            Some(value)
                if NAMES[column] == "cs(User-Agent)" && self.separator == " " && !value.contains('"') =>
            {
                value.replace(' ', "+")
            }
            Some(value) if value.contains([' ', '"']) => format!("\"{}\"", value.replace('"', "\"\"")),
            Some(value) => value.to_owned(),
        }
    }
}

fn section() -> impl Strategy<Value = Section> {
    let order = Just((0..NAMES.len() + 2).collect::<Vec<usize>>()).prop_shuffle();
    let row = ("[a-z]{1,3}", 0_u32..60, "|[a-z/]{1,5}|[a-z/ \"]{2,5}", "|[a-z ]{2,5}|[a-z \"]{2,5}")
        .prop_map(|(ip, second, stem, agent)| {
            [ip, "2021-03-04".to_owned(), format!("08:00:{second:02}"), stem, agent]
        });
    let separator = prop::sample::select(vec![" ", "\t"]);
    let comment = prop::sample::select(vec!["", "\n", "#Date: 2021-03-04 00:00:00\n#Remark: \"\n"]);
    (order, separator, prop::collection::vec(row, 0..6), comment)
        .prop_map(|(order, separator, rows, comment)| Section { order, separator, rows, comment })
}

proptest! {
    #[test]
    fn rows_are_read_back_whatever_the_blocks(
        sections in prop::collection::vec(section(), 1..6),
        block_bytes in 1_usize..300,
        crlf in any::<bool>(),
    ) {
        let text: String = sections.iter().map(Section::text).collect();
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let log = log();
        let found = read_back(&log, units(&log, &text, block_bytes));
        let rows = sections.iter().flat_map(|section| &section.rows);
        let mut expected: Vec<Vec<Vec<u8>>> =
            rows.map(|row| row.iter().map(|value| value.as_bytes().to_vec()).collect()).collect();
        expected.sort();
        prop_assert_eq!(found.others, vec![]);
        prop_assert_eq!(found.accepted, expected);
    }

    #[test]
    fn no_line_panics_or_is_lost(text in "#Fields: c-ip date time cs-uri-stem cs\\(User-Agent\\)\n[a\"# \t+\n-]{0,60}") {
        read(&text);
    }
}
