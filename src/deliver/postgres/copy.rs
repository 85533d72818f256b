//! Values in the text form of COPY.

use crate::output::StoredValue;
use std::fmt::Write as _;
use std::io::Write as _;

/// Appends a value; `has_second` says that it has a column for whether it is only a lower bound.
pub(super) fn write_value(value: &StoredValue, has_second: bool, out: &mut Vec<u8>) {
    match value {
        StoredValue::Null => out.extend_from_slice(b"\\N"),
        StoredValue::Bool(is_true) => out.extend_from_slice(if *is_true { b"t" } else { b"f" }),
        StoredValue::Int(number) | StoredValue::AtLeast(number) => {
            // Writing to memory cannot fail.
            let _ = write!(out, "{number}");
        }
        StoredValue::Float(number) => {
            let _ = write!(out, "{number}");
        }
        StoredValue::Decimal(digits) => out.extend_from_slice(digits.as_bytes()),
        StoredValue::Timestamp(time) => time.write_rfc3339(out),
        StoredValue::Text(text) => write_escaped(&as_text(text), out),
        StoredValue::List { values, more } => write_escaped(&array(values, *more), out),
    }
    if has_second {
        out.push(b'\t');
        match value {
            StoredValue::Null => out.extend_from_slice(b"\\N"),
            value => out.push(if matches!(value, StoredValue::AtLeast(_)) { b't' } else { b'f' }),
        }
    }
}

/// What a text of PostgreSQL cannot hold stands there by its hexadecimal digits, as in JSON.
fn as_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => text.to_owned(),
        _ => {
            let mut text = "{\"hex\":\"".to_owned();
            for byte in bytes {
                let _ = write!(text, "{byte:02x}");
            }
            text + "\"}"
        }
    }
}

/// An array; the last element is missing if values were left out.
fn array(values: &[String], more: bool) -> String {
    let quoted = |value: &String| {
        let text = as_text(value.as_bytes()).replace('\\', "\\\\").replace('"', "\\\"");
        format!("\"{text}\"")
    };
    let elements: Vec<_> = values.iter().map(quoted).chain(more.then(|| "NULL".to_owned())).collect();
    format!("{{{}}}", elements.join(","))
}

fn write_escaped(text: &str, out: &mut Vec<u8>) {
    for &byte in text.as_bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_field_or_a_row_is_escaped() {
        let written = |value: StoredValue| {
            let mut out = Vec::new();
            write_value(&value, false, &mut out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(StoredValue::Text(b"a\tb\nc\\N\r".to_vec())), "a\\tb\\nc\\\\N\\r");
        assert_eq!(written(StoredValue::Text(b"M\xfc".to_vec())), "{\"hex\":\"4dfc\"}");
        assert_eq!(written(StoredValue::Text(b"a\0".to_vec())), "{\"hex\":\"6100\"}");
        assert_eq!(written(StoredValue::Null), "\\N");
        let values = vec!["a\"b".to_owned(), "c\\d".to_owned(), String::new(), "NULL".to_owned()];
        assert_eq!(
            written(StoredValue::List { values, more: true }),
            "{\"a\\\\\"b\",\"c\\\\\\\\d\",\"\",\"NULL\",NULL}"
        );
    }

    #[test]
    fn a_lower_bound_says_so_in_a_field_of_its_own() {
        for (value, expected) in [
            (StoredValue::AtLeast(5), "5\tt"),
            (StoredValue::Int(5), "5\tf"),
            (StoredValue::Null, "\\N\t\\N"),
        ] {
            let mut out = Vec::new();
            write_value(&value, true, &mut out);
            assert_eq!(out, expected.as_bytes());
        }
    }
}
