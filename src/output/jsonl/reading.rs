//! The rows of an output in JSON lines, read back.

use super::Jsonl;
use crate::core::aggregates::Kind;
use crate::output::columns::Column;
use crate::output::following::{ReadRows, RowError, StoredValue, TakeRow};
use crate::output::stored_file::StoredFile;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::io::BufRead;

impl ReadRows for Jsonl {
    fn read_rows(file: StoredFile, columns: &[Column], take: TakeRow<'_>) -> Result<(), RowError> {
        let content = file.into_reader().map_err(|error| RowError::unreadable(&error))?;
        let (mut reader, mut line, mut row) = (content, String::new(), Vec::new());
        while reader.read_line(&mut line).map_err(|error| RowError::unreadable(&error))? > 0 {
            let values: HashMap<String, &RawValue> =
                serde_json::from_str(&line).map_err(|error| RowError::unreadable(&error))?;
            row.clear();
            for column in columns {
                let value = values.get(&column.name).and_then(|value| stored(value.get(), column.kind));
                row.push(value.ok_or_else(|| RowError::no_value(column))?);
            }
            take(&row)?;
            line.clear();
        }
        Ok(())
    }
}

/// Bytes that are no UTF-8.
#[derive(Deserialize)]
struct Bytes {
    hex: String,
}

/// A number that is only a lower bound.
#[derive(Deserialize)]
struct Floor {
    at_least: u64,
}

/// The value of a JSON text in a column of this type.
fn stored(json: &str, kind: Kind) -> Option<StoredValue> {
    if json == "null" {
        return Some(StoredValue::Null);
    }
    let text = || serde_json::from_str::<String>(json).ok();
    match kind {
        Kind::Text => match text() {
            Some(text) => Some(StoredValue::Text(text.into_bytes())),
            None => of_hex(&serde_json::from_str::<Bytes>(json).ok()?.hex).map(StoredValue::Text),
        },
        Kind::BoundedInt if json.starts_with('{') => {
            Some(StoredValue::AtLeast(serde_json::from_str::<Floor>(json).ok()?.at_least))
        }
        Kind::Timestamp => StoredValue::of_text(text()?.as_bytes(), kind),
        // Numbers, booleans and lists stand in JSON as they do in CSV.
        _ => StoredValue::of_text(json.as_bytes(), kind),
    }
}

fn of_hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2).map(std::str::from_utf8);
    pairs.map(|pair| u8::from_str_radix(pair.ok()?, 16).ok()).collect()
}
