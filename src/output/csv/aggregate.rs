//! Values of aggregates as CSV fields.

use super::cell::{CellStyle, write_field};
use crate::core::aggregates::Value;

/// Appends the value as a CSV field: nothing for a missing value, a `+` after a lower bound, and for a list a JSON array whose
/// last element is `null` if values were left out.
pub(super) fn write_aggregate(value: &Value<'_>, style: CellStyle, out: &mut Vec<u8>) {
    let mut write_int = |int: u64| out.extend_from_slice(itoa::Buffer::new().format(int).as_bytes());
    match value {
        Value::Null => {}
        Value::Bool(is_true) => out.extend_from_slice(if *is_true { b"true" } else { b"false" }),
        Value::Int(int) => write_int(*int),
        Value::AtLeast(int) => {
            write_int(*int);
            out.push(b'+');
        }
        Value::Float(number) => out.extend_from_slice(number.to_string().as_bytes()),
        Value::Timestamp(time) => time.text().write(out),
        Value::Decimal(number) => out.extend_from_slice(number.as_bytes()),
        Value::Text(text) => style.write_value(text, out),
        Value::List { values, more } => write_field(json_array(values, *more).as_bytes(), out),
    }
}

/// A JSON array of strings. All values are UTF-8: any other value in a listed column rejects its row.
fn json_array(values: &[&[u8]], more: bool) -> String {
    let texts = values.iter().map(|value| Some(String::from_utf8_lossy(value)));
    let elements: Vec<_> = texts.chain(more.then_some(None)).collect();
    // Strings and nulls always have a JSON form.
    serde_json::to_string(&elements).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(value: &Value<'_>) -> String {
        let mut out = Vec::new();
        write_aggregate(value, CellStyle { spreadsheet_safe: false }, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_missing_is_empty_and_what_is_cut_is_marked() {
        for (value, expected) in [
            (Value::Null, ""),
            (Value::Text(b"a,b"), "\"a,b\""),
            (Value::Decimal("0.10".into()), "0.10"),
            (Value::Int(0), "0"),
            (Value::AtLeast(2), "2+"),
            (Value::List { values: Vec::new(), more: false }, "[]"),
            (Value::List { values: vec![b"x"], more: true }, "\"[\"\"x\"\",null]\""),
            (Value::Bool(true), "true"),
        ] {
            assert_eq!(field(&value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_list_is_json_whatever_its_values_hold() {
        let values = [&b"a\"b\\"[..], "\n\u{e4}".as_bytes()];
        assert_eq!(json_array(&values, false), "[\"a\\\"b\\\\\",\"\\n\u{e4}\"]");
    }
}
