//! What integration tests share: a folder of its own for each test, the real program in it, and its outputs read back.
//!
//! ```ignore
//! mod support;
//! let folder = support::Folder::new();
//! folder.write("day.csv", "apple,2020-01-01 00:00:00\n");
//! folder.sessionize(&["run", "day.csv"]).expect_code(0);
//! folder.sessionize(&["finalize"]).expect_code(0);
//! assert_eq!(folder.sessions()[0].key, ["apple"]);
//! ```
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

pub mod delivered;
pub mod faults;
pub mod history;
pub mod recorder;
pub mod stream;
pub mod twin;

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The state folder that `sessionize` uses by default.
pub const STATE: &str = "sessionize-state";
/// The output folder that `sessionize` uses by default.
pub const OUT: &str = "sessionize-out";

/// The columns behind the key that every sessions file has.
const FIXED_COLUMNS: &str = "session_start,session_end,duration_s,event_count,close_reason";

/// A temporary working folder. The program runs inside it, so default paths are its own.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Removes it in the end.
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        Self::temporary(tempfile::tempdir().unwrap())
    }

    /// An empty one in memory, where the system has that: for many runs, none of which needs a real disk.
    pub fn in_memory() -> Self {
        Self::temporary(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    /// One that was there before, and stays when the test is over.
    pub fn kept(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        fs::create_dir_all(&path).unwrap();
        Self { path, _temporary: None }
    }

    fn temporary(folder: tempfile::TempDir) -> Self {
        Self { path: folder.path().to_owned(), _temporary: Some(folder) }
    }

    /// The path of `name` inside it; of the folder itself if `name` is empty.
    pub fn path(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.path.clone() } else { self.path.join(name) }
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The program with `arguments`, not started yet; `SESSIONIZE_TEST_PROGRAM` names another one than was built. For environment variables, signals, several at once.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let program = std::env::var_os("SESSIONIZE_TEST_PROGRAM");
        let mut command = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_sessionize").into()));
        command.args(arguments).current_dir(&self.path).env_remove("RUST_LOG").env_remove("SESSIONIZE_FAULT");
        command
    }

    /// Runs the program with nothing on its standard input.
    pub fn sessionize(&self, arguments: &[&str]) -> Finished {
        self.sessionize_with_input(arguments, b"")
    }

    /// Runs the program with `input` on its standard input.
    pub fn sessionize_with_input(&self, arguments: &[&str], input: &[u8]) -> Finished {
        Finished::of(self.command(arguments), input)
    }

    /// Every file below `name` with its content, by path relative to the folder; empty if there is none. A stream has an id
    /// of its own, and so no checkpoint can have the manifests of its twin: the id and what depends on it are left out, and so is the
    /// time that a run took.
    pub fn files(&self, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect_files(&self.path(name), &self.path, &mut found);
        found
    }

    /// Every published file below the default output folder: what is only staged is left out.
    pub fn published(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = self.files(OUT);
        files.retain(|path, _| !path.starts_with(Path::new(OUT).join(".staging")));
        files
    }

    /// Sessions of all published runs under the default output folder, in the order of the runs.
    pub fn sessions(&self) -> Vec<SessionRow> {
        let files = self.files(&format!("{OUT}/sessions"));
        files.values().flat_map(|content| read_sessions(content)).collect()
    }

    /// Sessions of one published run under the default output folder.
    pub fn sessions_of_run(&self, run: u64) -> Vec<SessionRow> {
        read_sessions(&fs::read(self.path(&output_name("sessions", run))).unwrap())
    }
}

/// The path of a run's output of this kind (`sessions`, `late`, `rejects`) under the default output folder.
pub fn output_name(kind: &str, run: u64) -> String {
    format!("{OUT}/{kind}/run-{run:08}.csv")
}

fn collect_files(path: &Path, root: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_files(&path, root, found);
        } else {
            let content = without_stream(&path, fs::read(&path).unwrap());
            found.insert(path.strip_prefix(root).unwrap().to_owned(), content);
        }
    }
}

/// A manifest or an owner file without the id of its stream, which is nobody's but its own, and without the time that the run took.
fn without_stream(path: &Path, content: Vec<u8>) -> Vec<u8> {
    let named = |name: &str| path.file_name().is_some_and(|found| found == name);
    let is_manifest = path.parent().is_some_and(|folder| folder.ends_with("manifests"));
    match serde_json::from_slice::<Value>(&content) {
        Ok(Value::Object(mut fields)) if is_manifest || named("manifest.json") || named("owner.json") => {
            fields.remove("stream_id");
            fields.remove("checksum");
            fields.remove("phases_us");
            serde_json::to_vec(&fields).unwrap()
        }
        _ => content,
    }
}

/// The stream that a published run names.
#[track_caller]
pub fn stream_of(folder: &Folder, out: &str, run: u64) -> String {
    let manifest = fs::read(folder.path(&format!("{out}/manifests/run-{run:08}.json"))).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    manifest["stream_id"].as_str().unwrap().to_owned()
}

/// How the program has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; `None` if a signal has ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Finished {
    /// Runs `command` to its end.
    pub fn of(mut command: Command, input: &[u8]) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that ends without reading it is no fault of the test.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails the test, with all that was said, unless the exit code is `code`.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// The document of `--report json`.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Holds the accounting identity (rule 13) over the reports of a checkpoint, one after the other.
#[derive(Debug, Default)]
pub struct Accounts {
    events_held: u64,
}

impl Accounts {
    /// Books the report of a command that takes no rows in: what is held is another state, or what a purge has left of it.
    pub fn stand_at(&mut self, report: &Value) {
        self.events_held = report["events_open"].as_u64().unwrap();
    }

    /// Books the report of a run or a finalize; says what does not balance:
    /// rows read + events taken back = filtered + rejected + late + duplicate + events in completed sessions, written or
    /// filtered + growth of the events held open.
    #[must_use]
    pub fn imbalance(&mut self, report: &Value) -> Option<String> {
        let count = |name: &str| report[name].as_u64().unwrap();
        let before = self.events_held;
        if report["status"] != "dry-run" {
            self.events_held = count("events_open");
        }
        let after = [
            "rows_filtered",
            "rows_rejected",
            "events_late",
            "events_duplicate",
            "events_completed",
            "events_open",
        ];
        let read = count("rows_read") + count("events_retracted") + before;
        let booked = after.map(count).iter().sum::<u64>();
        let balances =
            read == booked.checked_add_signed(report["events_filtered"].as_i64().unwrap()).unwrap();
        (!balances).then(|| format!("rule 13 does not hold with {before} events held before: {report}"))
    }
}

/// A row of a sessions file. Keys are bytes that need not be UTF-8: here they are shown with replacements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SessionRow {
    /// The parts of the key.
    pub key: Vec<String>,
    /// RFC 3339 UTC.
    pub start: String,
    /// RFC 3339 UTC.
    pub end: String,
    /// Seconds, with a fraction where it is not zero.
    pub duration_s: String,
    /// How many.
    pub events: u64,
    /// `gap`, `finalize`, ...
    pub close_reason: String,
    /// The columns behind.
    pub further: Vec<String>,
    /// The UUID.
    pub id: String,
}

/// Reads a sessions file: `op` where sessions are correctable, `session_id`, the key columns,
/// `session_start,session_end,duration_s,event_count,close_reason`, further columns. Nothing is read of an empty one.
pub fn read_sessions(content: &[u8]) -> Vec<SessionRow> {
    let rows = read_csv(content);
    let Some(header) = rows.first() else { return Vec::new() };
    let id = usize::from(header[0] == b"op");
    let fixed: Vec<Vec<u8>> = FIXED_COLUMNS.split(',').map(|name| name.as_bytes().to_vec()).collect();
    let start = header.windows(fixed.len()).position(|names| names == fixed).expect("the fixed columns");
    rows[1..].iter().map(|row| session_row(row, id, start)).collect()
}

fn session_row(row: &[Vec<u8>], id: usize, start: usize) -> SessionRow {
    let text = |field: &Vec<u8>| String::from_utf8_lossy(field).into_owned();
    SessionRow {
        key: row[id + 1..start].iter().map(text).collect(),
        start: text(&row[start]),
        end: text(&row[start + 1]),
        duration_s: text(&row[start + 2]),
        events: text(&row[start + 3]).parse().unwrap(),
        close_reason: text(&row[start + 4]),
        further: row[start + 5..].iter().map(text).collect(),
        id: text(&row[id]),
    }
}

/// All rows of a CSV file, the header among them.
pub fn read_csv(content: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(content);
    reader.byte_records().map(|record| record.unwrap().iter().map(<[u8]>::to_vec).collect()).collect()
}

/// Decompresses a gzip file.
pub fn read_gzip(path: &Path) -> Vec<u8> {
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(fs::File::open(path).unwrap()).read_to_end(&mut content).unwrap();
    content
}
