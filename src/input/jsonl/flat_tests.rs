//! Whatever is read as a flat line is what the reader of all JSON makes of it.

use super::flat::FlatCells;
use super::members::Cells;
use crate::input::blocks::first_line;
use proptest::prelude::*;

const NAMES: [&str; 4] = ["a", "b", "a.b", "\u{e4}"];

/// For each line of `text`: its bytes and whether it was read as a flat one; holds it against the reference where it was.
fn flat_lines(text: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let names = NAMES.map(str::to_owned);
    let (mut flat, mut reference) = (FlatCells::default(), Cells::default());
    let (mut lines, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let length = flat.read(rest, &names);
        let (line, behind) = first_line(rest, 0);
        if let Some(length) = length {
            let shown = String::from_utf8_lossy(line);
            assert_eq!(length, line.len(), "{shown}");
            assert!(reference.read(line, &names).is_some(), "{shown}");
            for (position, name) in NAMES.iter().enumerate() {
                let found = (flat.get(line, position), flat.may_be_key(position));
                let expected = (reference.get(position), reference.may_be_key(position));
                assert_eq!(found, expected, "{name} of {shown}");
            }
        }
        lines.push((line.to_vec(), length.is_some()));
        rest = behind;
    }
    lines
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => proptest::sample::select(&NAMES[..]).prop_map(str::to_owned), 1 => "[a-c]{0,2}"]
}

/// Values that make no line more than flat, as they are written.
fn plain_value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[ab{}\\[\\]:,\u{e4}\u{1F600} ]{0,20}".prop_map(|text| format!("\"{text}\"")),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => "-?[1-9][0-9]{0,3}\\.[0-9]{1,3}",
        1 => proptest::sample::select(&["true", "false", "null", "0", "-0", "0.0", "-0.0"][..]).prop_map(str::to_owned),
    ]
}

/// Values that may make it so, or no line at all.
fn odd_value() -> impl Strategy<Value = String> {
    let odd = [
        "01",
        "-",
        "1.",
        ".5",
        "+1",
        "1e3",
        "1E-2",
        "-01",
        "--1",
        "tru",
        "True",
        "nul",
        "nulll",
        "{}",
        "[]",
        "{\"b\":1}",
        "{\"b\":null}",
        "[1,\"a\"]",
        "\"\\\"\"",
        "\"\\u00e4\"",
        "\"\\ud800\"",
        "\"a\tb\"",
        "\"a\u{1}\"",
        "\"",
        "",
        "a",
        "'a'",
        "\"\u{7f}\"",
        "18446744073709551616",
        "NaN",
    ];
    proptest::sample::select(odd.to_vec()).prop_map(str::to_owned)
}

fn blank() -> impl Strategy<Value = String> {
    prop_oneof![6 => Just(String::new()), 2 => Just(" ".to_owned()), 1 => "[ \t\r]{0,3}"]
}

fn line(value: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = String> {
    let member = (blank(), name(), blank(), blank(), value, blank())
        .prop_map(|(b1, name, b2, b3, value, b4)| format!("{b1}\"{name}\"{b2}:{b3}{value}{b4}"));
    (blank(), proptest::collection::vec(member, 1..5), blank())
        .prop_map(|(before, members, behind)| format!("{before}{{{}}}{behind}", members.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn lines_of_values_of_all_kinds(
        lines in proptest::collection::vec(
            line(prop_oneof![3 => plain_value(), 1 => odd_value()].boxed()), 1..5),
        ends_in_return: bool,
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..3_u8), 0..3),
    ) {
        let mut text = lines.join(if ends_in_return { "\r\n" } else { "\n" }).into_bytes();
        for (at, byte, kind) in changes {
            let at = at.index(text.len());
            match kind {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => { text.remove(at); }
            }
            if text.is_empty() { break }
        }
        let found = flat_lines(&text);
        let lines = text.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let mut lines: Vec<&[u8]> = lines.collect();
        if text.is_empty() || text.ends_with(b"\n") { lines.pop(); }
        prop_assert_eq!(found.iter().map(|(line, _)| &line[..]).collect::<Vec<_>>(), lines);
    }

    #[test]
    fn plain_values_need_no_other_reader(text in line(plain_value().boxed())) {
        let is_of_spaces = !text.contains(['\t', '\r']);
        prop_assert!(!is_of_spaces || flat_lines(text.as_bytes())[0].1, "{}", text);
    }
}

#[test]
fn the_last_line_needs_no_line_end_and_blank_lines_are_not_flat() {
    let lines = flat_lines(b"{\"a\":1}\r\n\n \n{}\n{\"a\":\"x\",\"a\":null}");
    let are_flat: Vec<bool> = lines.iter().map(|(_, is_flat)| *is_flat).collect();
    assert_eq!(are_flat, [true, false, false, false, true]);
}
