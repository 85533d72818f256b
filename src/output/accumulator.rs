//! What aggregates tell, as fields of a row.

use super::session_csv::{RowStyle, write_field};
use crate::core::session::Accumulator;

/// Appends the value as a CSV field: nothing for a missing value, a `+` behind a `distinct` that is only a floor, and for
/// `list` a JSON array whose last element is `null` if values were left out.
pub(super) fn write_accumulator(accumulator: &Accumulator, style: RowStyle, out: &mut Vec<u8>) {
    match accumulator {
        Accumulator::Text(None) | Accumulator::Sum(None) | Accumulator::Extreme(None) => {}
        Accumulator::Text(Some(text)) => style.write_value(text, out),
        Accumulator::Extreme(Some(number)) => style.write_value(number, out),
        Accumulator::Count(count) => out.extend_from_slice(itoa::Buffer::new().format(*count).as_bytes()),
        Accumulator::Sum(Some(sum)) => out.extend_from_slice(sum.to_plain_string().as_bytes()),
        Accumulator::Distinct(values, more) => {
            out.extend_from_slice(itoa::Buffer::new().format(values.len()).as_bytes());
            out.extend_from_slice(if *more { b"+" } else { b"" });
        }
        Accumulator::List(values, more) => write_field(json_array(values, *more).as_bytes(), out),
        Accumulator::Any(any) => out.extend_from_slice(if *any { b"true" } else { b"false" }),
    }
}

/// A JSON array of strings. All values are UTF-8: a row with another one in a listed column is rejected.
fn json_array(values: &[Vec<u8>], more: bool) -> String {
    let texts = values.iter().map(|value| Some(String::from_utf8_lossy(value)));
    let elements: Vec<_> = texts.chain(more.then_some(None)).collect();
    // Strings and nulls always have a JSON form.
    serde_json::to_string(&elements).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::rules::Emit;

    fn field(accumulator: &Accumulator) -> String {
        let mut out = Vec::new();
        let style =
            RowStyle { key_columns: 1, spreadsheet_safe: false, with_op: false, emit: Emit::default() };
        write_accumulator(accumulator, style, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_missing_is_empty_and_what_is_cut_is_marked() {
        let values = || ["a", "b"].map(|value| value.as_bytes().to_vec());
        for (accumulator, expected) in [
            (Accumulator::Text(None), ""),
            (Accumulator::Sum(None), ""),
            (Accumulator::Extreme(None), ""),
            (Accumulator::Text(Some(b"a,b".to_vec())), "\"a,b\""),
            (Accumulator::Sum(Some("0.10".parse().unwrap())), "0.10"),
            (Accumulator::Count(0), "0"),
            (Accumulator::Distinct(values().into(), false), "2"),
            (Accumulator::Distinct(values().into(), true), "2+"),
            (Accumulator::List(Vec::new(), false), "[]"),
            (Accumulator::List(vec![b"x".to_vec()], true), "\"[\"\"x\"\",null]\""),
            (Accumulator::Any(true), "true"),
        ] {
            assert_eq!(field(&accumulator), expected, "{accumulator:?}");
        }
    }

    #[test]
    fn a_list_is_json_whatever_its_values_hold() {
        let values = vec![b"a\"b\\".to_vec(), "\nä".as_bytes().to_vec()];
        assert_eq!(json_array(&values, false), "[\"a\\\"b\\\\\",\"\\nä\"]");
    }
}
