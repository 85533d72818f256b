//! What the active runs have published, read from the files, and what a table has: each session as one line of text.

use crate::server::Database;
use crate::support::{Folder, OUT};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The sessions of the active runs in CSV, by id: later runs insert and retract, and what was rolled back is no longer there.
pub fn published(out: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for file in files_below(&out.join("sessions")) {
        let mut reader = csv::Reader::from_path(file).unwrap();
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        for row in reader.records() {
            let row = row.unwrap();
            let fields: BTreeMap<&str, &str> = names.iter().map(String::as_str).zip(row.iter()).collect();
            let id = fields["session_id"].to_owned();
            if fields.get("op") == Some(&"retract") {
                assert_eq!(found.remove(&id), Some(line(&fields)), "{id} is retracted and was not there");
            } else {
                assert_eq!(found.insert(id.clone(), line(&fields)), None, "{id} is there already");
            }
        }
    }
    found
}

/// The files of sessions in the order of their runs, in folders of days or without.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect();
    files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    files
}

fn line(fields: &BTreeMap<&str, &str>) -> String {
    let shown =
        fields.iter().filter(|(name, value)| !matches!(**name, "op" | "session_id") && !value.is_empty());
    shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

/// The sessions of a table, of one stream or of all, by id.
pub fn delivered(database: &Database<'_>) -> BTreeMap<String, String> {
    let mut client = database.client();
    client.batch_execute("SET timezone = 'UTC'").unwrap();
    let statement = "SELECT session_id::text, to_jsonb(sessions)::text FROM sessions";
    let rows = client.query(statement, &[]).unwrap();
    let count = rows.len();
    let found: BTreeMap<String, String> =
        rows.iter().map(|row| (row.get(0), told(&row.get::<_, String>(1)))).collect();
    assert_eq!(found.len(), count, "a session is there twice");
    found
}

/// A row in JSON, with its values as CSV has them.
fn told(row: &str) -> String {
    let row: BTreeMap<String, Box<serde_json::value::RawValue>> = serde_json::from_str(row).unwrap();
    let of_file = |name: &str| !name.starts_with("sessionize_") && name != "session_id";
    let shown = row.iter().filter(|(name, value)| of_file(name) && value.get() != "null");
    let text = |value: &str| {
        // A list has no spaces in CSV.
        let list = serde_json::from_str::<Vec<Option<String>>>(value);
        let list = list.map(|list| serde_json::to_string(&list).unwrap());
        let text = list.or_else(|_| serde_json::from_str(value)).unwrap_or_else(|_| value.to_owned());
        text.strip_suffix("+00:00").map_or(text.clone(), |time| format!("{time}Z"))
    };
    shown.map(|(name, value)| format!("{name}={}", text(value.get()))).collect::<Vec<_>>().join(" ")
}

/// Holds a table against the output folder.
#[track_caller]
pub fn expect_delivered(database: &Database<'_>, folder: &Folder) {
    let (delivered, published) = (delivered(database), published(&folder.path(OUT)));
    assert_eq!(delivered, published);
}
