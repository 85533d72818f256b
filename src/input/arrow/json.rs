//! Nested values as JSON.

use super::scalar::text_of;
use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;

/// Appends the value of a row, `null` where there is none.
pub(super) fn write_json(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    if array.is_null(row) {
        return out.extend_from_slice(b"null");
    }
    match array.data_type() {
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            write_json(dictionary.values().as_ref(), dictionary.normalized_keys()[row], out);
        }
        DataType::List(_) => write_list(&*array.as_list::<i32>().value(row), out),
        DataType::LargeList(_) => write_list(&*array.as_list::<i64>().value(row), out),
        DataType::FixedSizeList(..) => write_list(&*array.as_fixed_size_list().value(row), out),
        DataType::Struct(fields) => {
            let values = array.as_struct();
            let members = fields.iter().zip(values.columns());
            between(b'{', b'}', members, out, |(field, column), out| {
                write_text(field.name().as_bytes(), out);
                out.push(b':');
                write_json(column, row, out);
            });
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let (keys, values) = (entries.column(0), entries.column(1));
            between(b'{', b'}', 0..entries.len(), out, |entry, out| {
                let mut key = Vec::new();
                write_plain(keys, entry, &mut key);
                write_text(&key, out);
                out.push(b':');
                write_json(values, entry, out);
            });
        }
        kind if is_json_of_its_own(kind) => write_plain(array, row, out),
        _ => {
            let mut text = Vec::new();
            write_plain(array, row, &mut text);
            match text.as_slice() {
                b"NaN" | b"inf" | b"-inf" => write_text(&text, out),
                number if array.data_type().is_floating() => out.extend_from_slice(number),
                text => write_text(text, out),
            }
        }
    }
}

/// Whether the text of a value of this kind is its JSON.
fn is_json_of_its_own(kind: &DataType) -> bool {
    kind.is_integer()
        || matches!(
            kind,
            DataType::Boolean
                | DataType::Decimal32(..)
                | DataType::Decimal64(..)
                | DataType::Decimal128(..)
                | DataType::Decimal256(..)
                | DataType::Duration(_)
        )
}

fn write_list(values: &dyn Array, out: &mut Vec<u8>) {
    between(b'[', b']', 0..values.len(), out, |row, out| write_json(values, row, out));
}

/// Appends all `items`, with commas between them.
fn between<T>(
    open: u8,
    close: u8,
    items: impl IntoIterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    out.push(open);
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(close);
}

/// The text of a value; that of a nested one, which can be the key of a map, is its JSON.
fn write_plain(array: &dyn Array, row: usize, out: &mut Vec<u8>) {
    match text_of(array) {
        Some(mut write) => write(row, out),
        None if array.data_type().is_nested() => write_json(array, row, out),
        None => {}
    }
}

/// Appends a string; bytes that are no UTF-8 as in the outputs, by their hexadecimal digits.
fn write_text(text: &[u8], out: &mut Vec<u8>) {
    let Ok(text) = std::str::from_utf8(text) else {
        out.extend_from_slice(b"{\"hex\":\"");
        for byte in text {
            out.extend_from_slice(format!("{byte:02x}").as_bytes());
        }
        return out.extend_from_slice(b"\"}");
    };
    // Strings always have a JSON form.
    out.extend_from_slice(serde_json::to_string(text).unwrap_or_default().as_bytes());
}
