//! Every output format holds the same values, and runs of one folder may differ in format.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::support::{Folder, OUT, read_csv};
use serde_json::Value;
use std::fs;

const RULES: [&str; 13] = [
    "--key=user,site",
    "--time=ts",
    "--agg=first(page)",
    "--agg=count",
    "--agg=sum(amount)",
    "--agg=distinct(page)=pages",
    "--max-distinct=1",
    "--agg=list(page)=all_pages",
    "--max-list=2",
    "--agg=any(page=cart)=has_cart",
    "--emit=both",
    "--emit-open",
    "--max-rejects=99%",
];

/// ann's first session has three pages, one of them to quote; bob's has a key with a missing part and nothing to sum; the rest is
/// open. One row is no event.
const BATCH: &str = "user,site,ts,page,amount\n\
    ann,shop,2024-01-01 10:00:00,\"home, sweet \"\"home\"\"\",1.5\n\
    ann,shop,2024-01-01 10:00:00.25,cart,2.25\n\
    ann,shop,2024-01-01 10:01:00,paid,-0.5\n\
    bob,,2024-01-01 10:02:00,,\n\
    bad,shop,never,x,1\n\
    ann,shop,2024-01-01 12:00:00,home,1\n";

fn run(format: &str) -> Folder {
    run_of(BATCH.as_bytes(), &RULES, format)
}

/// A folder after a run of one batch whose outputs have this format.
pub fn run_of(batch: &[u8], rules: &[&str], format: &str) -> Folder {
    let folder = Folder::in_memory();
    folder.write("1.csv", batch);
    let format = format!("--output-format={format}");
    folder.sessionize(&[&["run", "1.csv", format.as_str()], rules].concat()).expect_code(0);
    folder.sessionize(&["verify"]).expect_code(0);
    folder
}

fn read(folder: &Folder, path: &str) -> Vec<u8> {
    fs::read(folder.path(OUT).join(path)).unwrap()
}

/// Names and values of each row, as CSV has them.
fn rows_of_csv(content: &[u8]) -> Vec<Vec<(String, String)>> {
    let mut rows = read_csv(content)
        .into_iter()
        .map(|row| row.into_iter().map(|cell| String::from_utf8(cell).unwrap()).collect::<Vec<_>>());
    let names = rows.next().unwrap();
    rows.map(|row| names.iter().cloned().zip(row).collect()).collect()
}

/// The same of JSON lines, each value in the words of CSV. The order of the names is not looked at: sorted.
fn rows_of_json_lines(content: &[u8]) -> Vec<Vec<(String, String)>> {
    let text = String::from_utf8(content.to_vec()).unwrap();
    let rows = text.lines().map(|line| serde_json::from_str::<serde_json::Map<_, _>>(line).unwrap());
    rows.map(|row| row.into_iter().map(|(name, value)| (name, in_csv(&value))).collect()).collect()
}

fn in_csv(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(bounded) => format!("{}+", bounded["at_least"]),
        other => other.to_string(),
    }
}

fn sorted(mut rows: Vec<Vec<(String, String)>>) -> Vec<Vec<(String, String)>> {
    for row in &mut rows {
        row.sort();
    }
    rows
}

#[test]
fn json_lines_have_the_values_of_csv() {
    let (csv, json) = (run("csv"), run("jsonl"));
    for (name, rows) in [("sessions/run-00000001", 2), ("events/run-00000001", 4), ("open/latest", 1)] {
        let expected = rows_of_csv(&read(&csv, &format!("{name}.csv")));
        assert_eq!(expected.len(), rows, "{name}");
        let found = rows_of_json_lines(&read(&json, &format!("{name}.jsonl")));
        // -0.5 and the like are written as JSON has them; none of these numbers differs from its form in CSV.
        assert_eq!(sorted(found), sorted(expected), "{name}");
        assert!(!json.path(OUT).join(format!("{name}.csv")).exists());
    }
    let rejects = "rejects/run-00000001.csv";
    assert_eq!(read(&json, rejects), read(&csv, rejects));
}

#[test]
fn runs_of_one_folder_may_differ_in_format() {
    let folder = run("csv");
    folder.write("2.csv", "user,site,ts,page,amount\ncat,shop,2024-01-02 10:00:00,x,1\n");
    folder.sessionize(&[&["run", "2.csv", "--output-format=jsonl"], &RULES[..]].concat()).expect_code(0);
    let has = |path: &str| folder.path(OUT).join(path).exists();
    assert!(has("sessions/run-00000001.csv") && has("sessions/run-00000002.jsonl"));
    assert!(has("open/latest.jsonl") && !has("open/latest.csv"), "one view replaces the other");
    folder.sessionize(&["verify"]).expect_code(0);
    fs::write(folder.path(OUT).join("sessions/run-00000003.jsonl"), "{}\n").unwrap();
    let found = folder.sessionize(&["verify"]).expect_code(74).stdout;
    assert!(found.contains("run-00000003.jsonl: no active run has published it"), "{found}");
    fs::remove_file(folder.path(OUT).join("sessions/run-00000003.jsonl")).unwrap();
    folder.sessionize(&["rollback", "--to-run=1"]).expect_code(0);
    assert!(has("retracted/sessions/run-00000002.jsonl") && !has("sessions/run-00000002.jsonl"));
    folder.sessionize(&["verify"]).expect_code(0);
}
