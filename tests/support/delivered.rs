//! What a target of files has, read as `docs/format.md` tells any reader to, and what it should have.

use super::{Folder, OUT};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// Everything in a target, by name.
pub type Contents = BTreeMap<String, Vec<u8>>;

/// Delivers to `target` by four processes at once; how many runs all of them have delivered.
pub fn delivered_by_four(folder: &Folder, target: &str) -> u64 {
    let start = |_| {
        let mut command = folder.command(&["deliver", "--to", target, "--report=json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..4).map(start).collect();
    let delivered = children.into_iter().map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        report["runs_delivered"].as_u64().unwrap()
    });
    delivered.sum()
}

/// Everything below a folder.
pub fn contents_of(root: &Path) -> Contents {
    let mut found = Contents::new();
    add_below(root, "", &mut found);
    found
}

fn add_below(root: &Path, name: &str, found: &mut Contents) {
    let Ok(entries) = fs::read_dir(root.join(name)) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let below = entry.file_name().into_string().unwrap();
        let name = if name.is_empty() { below } else { format!("{name}/{below}") };
        if entry.path().is_dir() {
            add_below(root, &name, found);
        } else {
            found.insert(name.clone(), fs::read(entry.path()).unwrap());
        }
    }
}

/// The manifests of all streams, in the order of their names: of each stream numbered from 1, without holes.
#[track_caller]
fn manifests(contents: &Contents) -> Vec<Value> {
    let names = contents.keys().filter(|name| name.starts_with("_streams/") && !name.contains(".partial"));
    let found: Vec<Value> = names.map(|name| serde_json::from_slice(&contents[name]).unwrap()).collect();
    for stream in found.chunk_by(|one, other| one["stream_id"] == other["stream_id"]) {
        for (number, manifest) in (1_u64..).zip(stream) {
            assert_eq!(manifest["number"], number);
        }
    }
    found
}

/// The files that count: those of manifests which no later one of their stream takes back.
#[track_caller]
pub fn current_files(contents: &Contents) -> Vec<Value> {
    let manifests = manifests(contents);
    let takes_back = |later: &Value, earlier: &Value| {
        later["stream_id"] == earlier["stream_id"]
            && later["number"].as_u64() > earlier["number"].as_u64()
            && later["rolled_back_to"].as_u64().is_some_and(|to| to < earlier["run"].as_u64().unwrap())
    };
    let current =
        manifests.iter().filter(|earlier| !manifests.iter().any(|later| takes_back(later, earlier)));
    current.flat_map(|manifest| manifest["files"].as_array().unwrap().clone()).collect()
}

/// Holds a target against the output folders whose runs it has: the files that count are those of the active runs, byte by byte and
/// each once.
#[track_caller]
pub fn expect_delivered(contents: &Contents, folders: &[&Folder]) {
    let mut delivered: Vec<(String, String, &Vec<u8>)> = current_files(contents)
        .iter()
        .map(|file| {
            let (path, kind) = (file["path"].as_str().unwrap(), file["kind"].as_str().unwrap());
            let inside = path.splitn(4, '/').nth(3).unwrap();
            assert_eq!(file["bytes"].as_u64().unwrap(), contents[path].len() as u64);
            (kind.to_owned(), inside.to_owned(), &contents[path])
        })
        .collect();
    let mut files = Vec::new();
    for folder in folders {
        for kind in ["sessions", "events"] {
            for (path, content) in folder.files(&format!("{OUT}/{kind}")) {
                let path = path.strip_prefix(OUT).unwrap().display().to_string();
                files.push((kind.to_owned(), path, content));
            }
        }
    }
    let mut published: Vec<_> =
        files.iter().map(|(kind, path, content)| (kind.clone(), path.clone(), content)).collect();
    delivered.sort();
    published.sort();
    assert!(delivered == published, "{:?}\n{:?}", names(&delivered), names(&published));
}

fn names(files: &[(String, String, &Vec<u8>)]) -> Vec<String> {
    files.iter().map(|(_, path, content)| format!("{path} ({})", content.len())).collect()
}

/// The data files that no manifest names.
#[track_caller]
pub fn unnamed(contents: &Contents) -> Vec<String> {
    let manifests = manifests(contents);
    let files = manifests.iter().flat_map(|manifest| manifest["files"].as_array().unwrap());
    let named: Vec<&str> = files.map(|file| file["path"].as_str().unwrap()).collect();
    let data = contents.keys().filter(|name| name.starts_with("runs/"));
    data.filter(|name| !named.contains(&name.as_str())).cloned().collect()
}

/// The sessions of the files that count, in CSV, by id: later files insert and retract.
#[track_caller]
pub fn sessions(contents: &Contents) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for file in current_files(contents).iter().filter(|file| file["kind"] == "sessions") {
        let mut reader = csv::Reader::from_reader(&contents[file["path"].as_str().unwrap()][..]);
        let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
        for row in reader.records() {
            let row = row.unwrap();
            let mut fields: BTreeMap<String, String> =
                names.iter().cloned().zip(row.iter().map(str::to_owned)).collect();
            let id = fields["session_id"].clone();
            if fields.remove("op").as_deref() == Some("retract") {
                assert_eq!(found.remove(&id), Some(fields), "{id} is retracted and was not there");
            } else {
                assert_eq!(found.insert(id.clone(), fields), None, "{id} is there already");
            }
        }
    }
    found
}
