//! The members that are wanted against those of the reference, `serde_json` with a value for everything.

use super::*;
use proptest::prelude::*;
use serde_json::Value;

/// The value as a column, and whether it may be part of a key, as the rules say it; the first way that there is, the longest
/// name first.
fn expected(object: &Value, name: &str) -> (Vec<u8>, bool) {
    let dots = name.char_indices().filter(|&(_, c)| c == '.').map(|(at, _)| at);
    let found = object.get(name).map(column).filter(|(bytes, _)| bytes.is_some());
    let inside = || {
        // The shorter way into objects is the longer name on the way.
        let mut ways: Vec<_> = dots
            .filter_map(|at| {
                let inner = object.get(&name[..at]).filter(|inner| inner.is_object())?;
                let found = expected(inner, &name[at + 1..]);
                (!found.0.is_empty()).then_some(found)
            })
            .collect();
        ways.pop()
    };
    match found {
        Some((bytes, may_be_key)) => (bytes.unwrap_or_default(), may_be_key),
        None => inside().unwrap_or((Vec::new(), true)),
    }
}

fn column(value: &Value) -> (Option<Vec<u8>>, bool) {
    match value {
        Value::Null => (None, true),
        Value::String(text) => (Some(text.clone().into_bytes()), true),
        Value::Bool(_) => (Some(value.to_string().into_bytes()), true),
        Value::Number(number) => (Some(number.to_string().into_bytes()), number.is_i64() || number.is_u64()),
        Value::Array(_) | Value::Object(_) => (Some(value.to_string().into_bytes()), false),
    }
}

fn read(line: &str, name: &str) -> Option<(String, bool)> {
    let mut cells = Cells::default();
    cells.read(line.as_bytes(), &[name.to_owned()])?;
    Some((String::from_utf8_lossy(cells.get(0)).into_owned(), cells.may_be_key(0)))
}

#[test]
fn a_value_is_a_column_as_it_is_written() {
    for (value, text, may_be_key) in [
        ("\"a\"", "a", true),
        (r#""\u00e4\n\"""#, "ä\n\"", true),
        ("17", "17", true),
        ("-0", "0", true),
        ("123456789012345678901234567890", "123456789012345678901234567890", true),
        ("true", "true", true),
        ("1.0", "1.0", false),
        ("1e3", "1e3", false),
        ("[1, 2]", "[1, 2]", false),
        ("{\"b\": 1}", "{\"b\": 1}", false),
        ("null", "", true),
    ] {
        let line = format!("{{\"x\": {{}}, \"a\" : {value} , \"y\":[]}}");
        assert_eq!(read(&line, "a"), Some((text.to_owned(), may_be_key)), "{line}");
    }
    assert_eq!(read("{}", "a"), Some((String::new(), true)));
}

#[test]
fn a_dot_leads_into_an_object_unless_the_whole_name_is_there() {
    assert_eq!(read(r#"{"a":{"b":{"c":1}}}"#, "a.b.c"), Some(("1".into(), true)));
    assert_eq!(read(r#"{"a":{"b.c":1}}"#, "a.b.c"), Some(("1".into(), true)));
    for line in [r#"{"a.b":1,"a":{"b":2}}"#, r#"{"a":{"b":2},"a.b":1}"#] {
        assert_eq!(read(line, "a.b"), Some(("1".into(), true)));
    }
    assert_eq!(read(r#"{"a":[{"b":1}]}"#, "a.b"), Some((String::new(), true)));
}

#[test]
fn what_is_no_object_is_refused_whatever_is_wanted_of_it() {
    for line in
        ["", "1", "[]", "{", "{}x", r#"{"a":1,}"#, r#"{"a":"\ud800"}"#, r#"{"b":nul}"#, "{\"a\":1}{\"a\":2}"]
    {
        assert_eq!(read(line, "a"), None, "{line}");
    }
    assert!(Cells::default().read(b"{\"b\":\"\xFF\"}", &["a".to_owned()]).is_none());
}

fn fits(beginning: &[u8]) -> bool {
    JsonLines::fits(beginning, &FormatOptions::default())
}

#[test]
fn json_lines_are_known_by_their_first_line() {
    for text in ["{\"a\":1}\n", "\n \r\n{\"a\":1}", "\u{feff}{}\nx", "{\"a\":NaN}\n{\"a\":1}\n"] {
        assert!(fits(text.as_bytes()), "{text}");
    }
    let mut long = b"{ \"a\": \"".to_vec();
    long.resize(BEGINNING_BYTES, b'x');
    assert!(fits(&long));
    long[2] = b'a';
    assert!(!fits(&long));
    // Where every line is a broken object, its error is that of JSON.
    assert!(fits(b"{\"a\": [1,"));
    for text in ["", "a,1\n", "{a},2020-01-01\n", "{\"a\":1},2020-01-01\n", "{\n\"a\":1}\n"] {
        assert!(!fits(text.as_bytes()), "{text}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[a\"\\\\\u{e4}\n]{1,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            object(inner).prop_map(Value::from),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = serde_json::Map<String, Value>> {
    proptest::collection::btree_map("[ab]|a\\.b|b\\.a", inner, 0..4).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn members_are_those_of_the_reference(object in object(value()), name in "[ab](\\.[ab]){0,1}") {
        let object = Value::from(object);
        let mut cells = Cells::default();
        prop_assert!(cells.read(object.to_string().as_bytes(), std::slice::from_ref(&name)).is_some());
        prop_assert_eq!((cells.get(0).to_vec(), cells.may_be_key(0)), expected(&object, &name));
    }

    #[test]
    fn a_line_is_an_object_iff_the_reference_reads_one(line in r#"[{}\[\]",:a1 ]{0,12}"#) {
        let reference = serde_json::from_str::<serde_json::Map<String, Value>>(&line).is_ok();
        prop_assert_eq!(read(&line, "a").is_some(), reference);
    }
}
