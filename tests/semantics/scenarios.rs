//! Runs the scenario files of `tests/scenarios/`, and the examples of `docs/semantics.md`, through the program.
//! `tests/scenarios/README.md` describes their form.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../scenarios/published.rs"]
mod published;
#[path = "../scenarios/script.rs"]
pub mod script;

use crate::support::{Accounts, Finished, Folder, STATE};
use published::Published;
use script::{Scenario, Step};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

/// A scenario under way.
struct Stage {
    folder: Folder,
    /// Batches that were written as `n.csv`.
    inputs: usize,
    accounts: Accounts,
}

/// What a step got wrong.
type Complaints = Vec<String>;

impl Stage {
    fn new() -> Self {
        Self { folder: Folder::new(), inputs: 0, accounts: Accounts::default() }
    }

    fn take(&mut self, step: &Step) -> Complaints {
        match step.words[0].as_str() {
            "file" => _ = self.folder.write(&step.words[1], &step.input),
            "gzip" => _ = self.folder.write(&step.words[1], gzip(&step.input)),
            "zstd" => _ = self.folder.write(&step.words[1], zstd::encode_all(&step.input[..], 1).unwrap()),
            "run" | "finalize" | "inspect" | "purge" | "rollback" => return self.command(step),
            other => panic!("there is no step {other}"),
        }
        Complaints::new()
    }

    fn command(&mut self, step: &Step) -> Complaints {
        let before = self.folder.published();
        let state_before = self.folder.files(STATE);
        let finished = self.finish(step);
        let published = Published { before, after: self.folder.published() };
        let mut complaints: Complaints =
            step.unknown_lines().iter().map(|line| format!("no such line: {line}")).collect();
        check_code(step, &finished, &mut complaints);
        published.check(step, &mut complaints);
        if let Ok(report) = serde_json::from_str::<Value>(&finished.stdout) {
            self.check_report(step, &report, &published, &mut complaints);
        }
        self.check_open(step, &mut complaints);
        if step.words.iter().any(|word| word == "--dry-run") && state_before != self.folder.files(STATE) {
            complaints.push("the dry run has changed the state folder".into());
        }
        complaints
    }

    fn finish(&mut self, step: &Step) -> Finished {
        let mut arguments: Vec<&str> = step.words.iter().map(String::as_str).collect();
        for (flag, value) in [("--report", "json"), ("--now", "2021-01-01T00:00:00Z")] {
            if !arguments.contains(&flag) {
                arguments.extend([flag, value]);
            }
        }
        if arguments.contains(&"-") {
            return self.folder.sessionize_with_input(&arguments, &step.input);
        }
        let batch = format!("{}.csv", self.inputs + 1);
        if !step.input.is_empty() {
            self.inputs += 1;
            self.folder.write(&batch, &step.input);
            arguments.extend(["--batch", &batch]);
        }
        self.folder.sessionize(&arguments)
    }

    /// What is open after a step that is no `inspect`, if that is written there.
    fn check_open(&self, step: &Step, complaints: &mut Complaints) {
        let expected = step.all("open");
        if expected.is_empty() || step.words[0] == "inspect" {
            return;
        }
        let shown = self.folder.sessionize(&["inspect", "--sessions", "--report", "json"]);
        compare("open", &expected, &open_sessions(&shown.json()), complaints);
    }

    fn check_report(
        &mut self,
        step: &Step,
        report: &Value,
        published: &Published,
        complaints: &mut Complaints,
    ) {
        let facts = step.facts();
        for (path, expected) in &facts {
            let actual =
                report.pointer(&format!("/{}", path.replace('.', "/"))).map_or("nothing".into(), shown);
            if actual != *expected {
                complaints.push(format!("{path} = {actual}, expected {expected}"));
            }
        }
        if step.words[0] == "inspect" {
            compare("open", &step.all("open"), &open_sessions(report), complaints);
            return;
        }
        if ["purge", "rollback"].contains(&step.words[0].as_str()) {
            self.accounts.stand_at(report);
            return;
        }
        let runs = report["runs"].as_array().cloned().unwrap_or_else(|| vec![report.clone()]);
        for run in &runs {
            if run["status"] != "committed" && !facts.iter().any(|(path, _)| path.ends_with("status")) {
                complaints.push(format!("it is {}", shown(&run["status"])));
            }
            complaints.extend(self.accounts.imbalance(run));
        }
        published.check_totals(&runs, complaints);
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A value of a report without quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn open_sessions(report: &Value) -> Vec<String> {
    let row = |of: &Value| {
        ["key", "session_start", "session_end", "event_count"].map(|name| shown(&of[name])).join(",")
    };
    let mut rows: Vec<String> =
        report["sessions"].as_array().map(|all| all.iter().map(row).collect()).unwrap_or_default();
    rows.sort();
    rows
}

/// Complains about every row that is expected and not there, and about every other one that is there.
pub fn compare(what: &str, expected: &[String], actual: &[String], complaints: &mut Complaints) {
    for line in expected {
        let times = |list: &[String]| list.iter().filter(|other| *other == line).count();
        if times(expected) > times(actual) {
            complaints.push(format!("missing   {what} {line}"));
        }
    }
    for line in actual {
        let times = |list: &[String]| list.iter().filter(|other| *other == line).count();
        if times(actual) > times(expected) {
            complaints.push(format!("too much  {what} {line}"));
        }
    }
}

fn check_code(step: &Step, finished: &Finished, complaints: &mut Complaints) {
    let expected = step.one("exit").map_or(0, |code| code.parse().unwrap());
    let Finished { code, stdout, stderr } = finished;
    if *code != Some(expected) {
        complaints.push(format!("exit {code:?}, expected {expected}: {stderr}"));
    }
    let (error, table) = stderr.trim_end().split_once('\n').unwrap_or((stderr.trim_end(), ""));
    let rows = step.all("column");
    let is_one_line = error.starts_with("sessionize: ") && table.is_empty() == rows.is_empty();
    if expected != 0 {
        check_table(table, &rows, complaints);
    }
    // The parser of the command line says more when it does not understand.
    if expected != 0 && expected != 2 && !is_one_line {
        complaints.push(format!("an error is one line, not: {stderr}"));
    }
    for (name, text) in [("stdout", stdout), ("stderr", stderr)] {
        for part in step.all(name) {
            if !text.contains(&part) {
                complaints.push(format!("{name} without \"{part}\": {text}"));
            }
        }
    }
}

/// A table of columns below an error has every expected row, in words between single spaces; each line of it stands further in.
fn check_table(table: &str, rows: &[String], complaints: &mut Complaints) {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let shown: Vec<String> = table.lines().map(words).collect();
    if !table.lines().all(|line| line.starts_with("  ")) {
        complaints.push(format!("no table of columns: {table}"));
    }
    for row in rows.iter().filter(|row| !shown.contains(row)) {
        complaints.push(format!("no column {row} in: {table}"));
    }
}

fn scenarios_of(file: &str) -> Vec<Scenario> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios").join(file);
    script::read(&std::fs::read_to_string(path).unwrap())
}

/// The blocks of a page that are marked as scenarios. All other lines are blank, so that line numbers are those of the page.
fn scenarios_in_page(page: &str) -> Vec<Scenario> {
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(page)).unwrap();
    let mut inside = false;
    let mut scenarios = String::new();
    for line in text.lines() {
        inside = if line.starts_with("```") { line == "```scenario" } else { inside };
        let shown = inside && !line.starts_with("```");
        scenarios += if shown { line } else { "" };
        scenarios += "\n";
    }
    script::read(&scenarios)
}

/// Every scenario of the files and of the documentation, with the place where it stands.
pub fn all_scenarios() -> Vec<(&'static str, Scenario)> {
    const PAGE: &str = "docs/semantics.md";
    let of_files = FILES.iter().flat_map(|&file| scenarios_of(file).into_iter().map(move |of| (file, of)));
    of_files.chain(scenarios_in_page(PAGE).into_iter().map(|of| (PAGE, of))).collect()
}

#[track_caller]
fn play(file: &str) {
    play_all(file, scenarios_of(file));
}

#[test]
fn examples_of_the_documentation() {
    let scenarios = scenarios_in_page("docs/semantics.md");
    assert!(scenarios.len() >= 13, "the examples of docs/semantics.md were not found");
    play_all("docs/semantics.md", scenarios);
}

#[track_caller]
fn play_all(file: &str, scenarios: Vec<Scenario>) {
    let mut failures = String::new();
    for scenario in scenarios {
        let mut stage = Stage::new();
        for step in &scenario.steps {
            for complaint in stage.take(step) {
                let _ = write!(failures, "\n{file}:{}: {}\n  {complaint}", step.line, scenario.title);
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// One test for each file.
macro_rules! scenario_files {
    ($($name:ident)*) => {
        $(#[test] fn $name() { play(concat!(stringify!($name), ".txt")); })*
        const FILES: &[&str] = &[$(concat!(stringify!($name), ".txt")),*];
    };
}

scenario_files! {
    aggregates
    batch
    corrections
    csv
    csv_dialect
    dedup
    definition
    emit_events
    filters
    finalize
    gap
    gap_by
    duration
    order_by
    growing
    hash_key
    header
    identity
    jsonl
    late
    open_view
    origin
    partitions
    path_columns
    rejects
    splits
    times
    w3c
    weblog
}

#[test]
fn every_file_is_played() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let names =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let is_code = |name: &String| ["README.md", "published.rs", "script.rs"].contains(&name.as_str());
    let mut found: Vec<String> = names.filter(|name| !is_code(name)).collect();
    found.sort();
    let mut played = FILES.to_vec();
    played.sort_unstable();
    assert_eq!(found, played);
}

#[test]
fn every_rule_has_a_scenario() {
    let titles: Vec<String> = FILES.iter().flat_map(|file| scenarios_of(file)).map(|of| of.title).collect();
    for rule in 1..=13 {
        let cited = format!("Rule {rule}:");
        assert!(titles.iter().any(|title| title.starts_with(&cited)), "rule {rule} of docs/semantics.md");
    }
}
