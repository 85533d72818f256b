//! What a step has published, held against what a scenario expects, against the oracle and against the steps before it.

use super::script::{Step, escape};
use super::{Complaints, compare};
use crate::oracle;
use crate::support::{self, OUT};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Characters of an id and the comma behind it.
const ID_LENGTH: usize = 37;

/// The output folder before and after a step.
pub struct Published {
    pub before: BTreeMap<PathBuf, Vec<u8>>,
    pub after: BTreeMap<PathBuf, Vec<u8>>,
}

/// A row of sessions: what it does where that is written, its id, and the row without the id.
struct Row {
    op: Option<String>,
    id: String,
    shown: String,
    events: u64,
}

/// The sessions that hold, by id: all sessions files that stand, one after the other. What a rollback has taken back is not
/// among them.
#[derive(Default)]
struct Log(BTreeMap<String, String>);

impl Log {
    /// What is wrong with the log that these outputs are.
    fn complaints(outputs: &BTreeMap<PathBuf, Vec<u8>>) -> Complaints {
        let mut log = Self::default();
        let folder = Path::new(OUT).join("sessions");
        let contents = outputs.iter().filter(|(path, _)| path.starts_with(&folder));
        let rows = contents.flat_map(|(_, content)| session_rows(content, &[], &mut Vec::new()));
        rows.filter_map(|row| log.take(&row).err()).collect()
    }

    /// Takes a row in. A session comes once; only one that is there can be taken back, by the row that it has.
    fn take(&mut self, row: &Row) -> Result<(), String> {
        let of_session = row.shown.strip_prefix("retract,").or(row.shown.strip_prefix("insert,"));
        let of_session = of_session.unwrap_or(&row.shown).to_owned();
        let before = if row.op.as_deref() == Some("retract") {
            self.0
                .remove(&row.id)
                .filter(|before| *before == of_session)
                .ok_or("is not there as it is taken back")
        } else {
            self.0.insert(row.id.clone(), of_session).map_or(Ok(String::new()), |_| Err("is there twice"))
        };
        before.map(|_| ()).map_err(|what| format!("the session {} {what}: {}", row.id, row.shown))
    }
}

impl Published {
    /// The contents of new files of this kind.
    fn new_files(&self, kind: &str) -> Vec<&[u8]> {
        self.new_named_files(kind).map(|(_, content)| content).collect()
    }

    fn new_named_files(&self, kind: &str) -> impl Iterator<Item = (&PathBuf, &[u8])> {
        let folder = PathBuf::from(OUT).join(kind);
        let is_new = move |path: &PathBuf| path.starts_with(&folder) && !self.before.contains_key(path);
        self.after.iter().filter(move |(path, _)| is_new(path)).map(|(path, content)| (path, &content[..]))
    }

    /// Lines of new files behind their header, sorted.
    fn new_lines(&self, kind: &str) -> Vec<String> {
        let lines = |(path, content): (&PathBuf, &[u8])| -> Vec<String> {
            let content = content.strip_suffix(b"\n").unwrap_or(content);
            let header_lines = usize::from(path.extension().is_none_or(|ending| ending != "jsonl"));
            content.split(|&byte| byte == b'\n').skip(header_lines).map(escape).collect()
        };
        let mut all: Vec<String> = self.new_named_files(kind).flat_map(lines).collect();
        all.sort();
        all
    }

    /// Holds all that was published against what `step` expects.
    pub fn check(&self, step: &Step, complaints: &mut Complaints) {
        let mut missing_ids = step.all("id");
        let listed = missing_ids.clone();
        let rows: Vec<Row> = self
            .new_files("sessions")
            .into_iter()
            .flat_map(|content| session_rows(content, &listed, complaints))
            .collect();
        let shown: Vec<String> = rows.iter().map(|row| row.shown.clone()).collect();
        compare("session", &step.all("session"), &shown, complaints);
        complaints.extend(Log::complaints(&self.after));
        let events = self.event_rows(complaints);
        let shown: Vec<String> = events.iter().map(|(_, shown)| shown.clone()).collect();
        compare("event", &step.all("event"), &shown, complaints);
        missing_ids
            .retain(|id| rows.iter().all(|row| row.id != *id) && events.iter().all(|(other, _)| other != id));
        complaints.extend(missing_ids.iter().map(|id| format!("missing   id {id}")));
        compare("late", &step.all("late"), &self.new_lines("late"), complaints);
        compare("reject", &step.all("reject"), &self.new_lines("rejects"), complaints);
        self.check_latest(step, complaints);
        self.check_headers(step, complaints);
        self.check_names(step, complaints);
        self.check_unchanged(step.words[0] == "rollback", complaints);
    }

    /// Rows of emitted events without their ids, each with its id. Those of a session follow each other, numbered from 1.
    fn event_rows(&self, complaints: &mut Complaints) -> Vec<(String, String)> {
        let mut last = (String::new(), 0);
        let mut found = Vec::new();
        for content in self.new_files("events") {
            for row in support::read_csv(content).split_off(1) {
                let (of_row, of_session) = row.split_at(row.len() - 2);
                let id = escape(&of_session[0]);
                let number: u64 = escape(&of_session[1]).parse().unwrap();
                let expected = if last.0 == id { last.1 + 1 } else { 1 };
                if number != expected {
                    complaints.push(format!("event {number} of {id} should be number {expected}"));
                }
                last = (id.clone(), number);
                found.push((id, csv_line(of_row.iter().chain([&of_session[1]]))));
            }
        }
        found
    }

    /// What is open, where this step was to write it; no other step may change it.
    fn check_latest(&self, step: &Step, complaints: &mut Complaints) {
        let latest = Path::new(OUT).join("open/latest.csv");
        let has = |flag: &str| step.words.iter().any(|word| word == flag);
        let is_written = has("--emit-open") && !has("--dry-run");
        let rows = if is_written {
            let content = self.after.get(&latest).map_or(&[][..], |content| content);
            let all_ids = step.all("id");
            session_rows(content, &all_ids, complaints).into_iter().map(|row| row.shown).collect()
        } else {
            Vec::new()
        };
        compare("latest", &step.all("latest"), &rows, complaints);
        if !is_written && self.before.get(&latest) != self.after.get(&latest) {
            complaints.push("open/latest.csv has changed".into());
        }
    }

    fn check_headers(&self, step: &Step, complaints: &mut Complaints) {
        for expected in step.all("header") {
            let (kind, line) = expected.split_once(' ').unwrap();
            let of = |content: &&[u8]| content.split(|&byte| byte == b'\n').next().map(escape);
            let actual = self.new_files(kind).first().and_then(of);
            if actual.as_deref() != Some(line) {
                complaints.push(format!("header {kind} {actual:?}, expected {line}"));
            }
        }
    }

    /// The names of new sessions and events files, where a step says them.
    fn check_names(&self, step: &Step, complaints: &mut Complaints) {
        let expected = step.all("published");
        let of_sessions = |path: &&PathBuf| {
            ["sessions", "events"].iter().any(|kind| path.starts_with(Path::new(OUT).join(kind)))
        };
        let is_new = |path: &&PathBuf| !self.before.contains_key(*path);
        let new = self.after.keys().filter(of_sessions).filter(is_new);
        let names: Vec<String> =
            new.map(|path| path.strip_prefix(OUT).unwrap().display().to_string()).collect();
        if !expected.is_empty() {
            compare("published", &expected, &names, complaints);
        }
    }

    /// A rollback moves what it takes back, and nothing else does.
    fn check_unchanged(&self, is_rollback: bool, complaints: &mut Complaints) {
        for (path, content) in &self.before {
            let aside = Path::new(OUT).join("retracted").join(path.strip_prefix(OUT).unwrap());
            let is_moved = is_rollback && self.after.get(&aside) == Some(content);
            if self.after.get(path) != Some(content) && !is_moved && !path.ends_with("open/latest.csv") {
                complaints.push(format!("{} was published and has changed", path.display()));
            }
        }
    }

    /// What was published is what the reports count, and nothing is published without a commit.
    pub fn check_totals(&self, runs: &[Value], complaints: &mut Complaints) {
        let committed: Vec<&Value> = runs.iter().filter(|run| run["status"] == "committed").collect();
        let sum = |name: &str| committed.iter().map(|run| run[name].as_u64().unwrap()).sum::<u64>();
        let emits = |kind: &str| committed.iter().filter(|run| run["outputs"][kind].is_string()).count();
        let by_days = committed.iter().any(|run| run["outputs"].to_string().contains('*'));
        for kind in ["sessions", "events"].into_iter().filter(|_| !by_days) {
            if self.new_files(kind).len() != emits(kind) {
                complaints.push(format!("{} files of {kind} were published", self.new_files(kind).len()));
            }
        }
        if !by_days
            && committed
                .iter()
                .any(|run| run["outputs"]["sessions"].is_null() && run["outputs"]["events"].is_null())
        {
            complaints.push("every committed run writes sessions or events".into());
        }
        let contents = self.new_files("sessions");
        let rows: Vec<Row> =
            contents.into_iter().flat_map(|content| session_rows(content, &[], &mut Vec::new())).collect();
        let (retracts, inserts): (Vec<_>, Vec<_>) =
            rows.iter().partition(|row| row.op.as_deref() == Some("retract"));
        let totals = |rows: &[&Row]| (rows.len() as u64, rows.iter().map(|row| row.events).sum::<u64>());
        let completed = (sum("sessions_completed"), sum("events_completed"));
        let retracted = (sum("sessions_retracted"), sum("events_retracted"));
        if emits("sessions") > 0 && (completed, retracted) != (totals(&inserts), totals(&retracts)) {
            complaints.push(format!("{:?} and {:?} were published", totals(&inserts), totals(&retracts)));
        }
        let events = self.event_rows(&mut Vec::new()).len() as u64;
        if emits("events") > 0 && completed.1 != events {
            complaints.push(format!("{events} events were published"));
        }
    }
}

/// Fields as a row, with quotes only where they are needed.
fn csv_line<'f>(fields: impl Iterator<Item = &'f Vec<u8>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields).unwrap();
    escape(writer.into_inner().unwrap().trim_ascii_end())
}

/// The rows of a sessions file. Their ids are held against the oracle; those of sessions that begin where another one of
/// the key did must be among `listed`.
fn session_rows(content: &[u8], listed: &[String], complaints: &mut Complaints) -> Vec<Row> {
    let parsed = support::read_sessions(content);
    let with_op = content.starts_with(b"op,");
    let mut reader = csv::ReaderBuilder::new().from_reader(content);
    let starts: Vec<usize> = reader
        .byte_records()
        .map(|row| usize::try_from(row.unwrap().position().unwrap().byte()).unwrap())
        .collect();
    let mut rows = Vec::new();
    for (number, session) in parsed.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(content.len());
        let row = content[starts[number]..end].trim_ascii_end();
        let fields = support::read_csv(row).remove(0);
        let op = with_op.then(|| escape(&fields[0]));
        let op_length = op.as_ref().map_or(0, |op| op.len() + 1);
        let key_start = usize::from(with_op) + 1;
        let key = fields[key_start..key_start + session.key.len()].join(&0x1E);
        let id = |ordinal| oracle::session_id_with(&key, oracle::us(&session.start), ordinal).to_string();
        let is_twin = listed.contains(&session.id) && (1..10).any(|ordinal| id(ordinal) == session.id);
        if id(0) != session.id && !is_twin {
            complaints.push(format!("the id {} should be {}", session.id, id(0)));
        }
        let shown = format!("{}{}", escape(&row[..op_length]), escape(&row[op_length + ID_LENGTH..]));
        rows.push(Row { op, id: session.id.clone(), shown, events: session.events });
    }
    rows
}
