//! Runs the real program and records what it does to its files.

use sessionize_model::conformance::label::Label;
use sessionize_model::conformance::place::said;
use sessionize_model::conformance::table::{Output, of_announced};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Where the program writes its log, inside the recorded folder: so its announcements stand among its calls.
const LOG: &str = "announced";

/// A folder that is removed in the end.
pub struct Folder(PathBuf);

/// What a process has done: changes of names and bytes, and announcements.
pub struct Trace {
    changes: Vec<(char, String, String)>,
    /// Whether it was killed.
    pub was_killed: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    /// A folder with three batches of a day each: two keys, and a row to reject.
    pub fn with_batches() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let name =
            format!("sessionize-model-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let memory = PathBuf::from("/dev/shm");
        let folder = Self(if memory.is_dir() { memory } else { std::env::temp_dir() }.join(name));
        fs::create_dir_all(folder.0.join("work")).unwrap();
        for day in 1..=3 {
            let rows = (0..4).map(|row| format!("k{},2024-01-0{day} 10:0{row}:00\n", row % 2));
            let text = rows.chain(["k1,never\n".to_owned()]).collect::<String>();
            fs::write(folder.0.join(format!("work/batch-{}.csv", day - 1)), text).unwrap();
        }
        folder
    }

    /// Keeps a copy of the state folder.
    pub fn keep_state(&self) {
        copy(&self.0.join("work/sessionize-state"), &self.0.join("kept-state"));
    }

    /// Puts it back.
    pub fn put_back_state(&self) {
        fs::remove_dir_all(self.0.join("work/sessionize-state")).unwrap();
        copy(&self.0.join("kept-state"), &self.0.join("work/sessionize-state"));
    }

    /// Runs the program, and kills it after some change if that is asked for.
    pub fn record(&self, arguments: &[&str], flags: &[&str], die_at: Option<usize>) -> Trace {
        let (work, log) = (self.0.join("work").canonicalize().unwrap(), self.0.join("log"));
        let _ = fs::remove_file(&log);
        let announced = fs::File::create(work.join(LOG)).unwrap();
        let mut command = Command::new(program());
        command.args(arguments).current_dir(&work);
        if !["deliver", "backup"].contains(&arguments[0]) {
            command.arg("--now=2024-02-01T00:00:00Z");
        }
        if arguments[0] == "run" {
            command.args(["--header=no", "--max-rejects=50%", "--threads=2"]).args(flags);
        } else if arguments[0] == "finalize" {
            command.args(flags.iter().filter(|flag| flag.starts_with("--partition")));
        }
        command.env("RUST_LOG", "sessionize::durable=trace").env("LD_PRELOAD", recorder());
        command.env("RECORDER_ROOT", &work).env("RECORDER_LOG", &log);
        command.env("RECORDER_DIE_AT", die_at.unwrap_or(0).to_string());
        let ended = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(announced).status().unwrap();
        let was_killed = die_at.is_some() && ended.code().is_none();
        assert!(was_killed || ended.success(), "{}", fs::read_to_string(work.join(LOG)).unwrap());
        Trace { changes: read(&fs::read(&log).unwrap(), &work.display().to_string()), was_killed }
    }
}

impl Trace {
    /// How many changes there are.
    pub fn changes(&self) -> usize {
        self.changes.len()
    }

    /// Whether an output has left its place, or the staging folder.
    pub fn has_begun_to_publish(&self) -> bool {
        let is_output = |path: &str, other: &str| {
            path.starts_with("sessionize-out/.staging/") || other.starts_with("sessionize-out/retracted/")
        };
        self.changes.iter().any(|(change, path, other)| *change == 'R' && is_output(path, other))
    }

    /// Whether the manifest is in its place.
    pub fn has_published(&self) -> bool {
        let is_manifest = |path: &str| path.starts_with("sessionize-out/manifests/");
        self.changes.iter().any(|(change, _, other)| *change == 'R' && is_manifest(other))
    }

    /// All changes: what was done, to which name, and the other name.
    pub fn all(&self) -> impl Iterator<Item = (char, &str, &str)> {
        let changes = self.changes.iter().filter(|(_, path, _)| path != LOG);
        changes.map(|(change, path, other)| (*change, &**path, &**other))
    }

    /// What the model sees of it, if it looks at this output, with the number of each change.
    pub fn labels(&self, output: &Output) -> impl Iterator<Item = (usize, Label)> {
        let label = move |(number, (change, path, other)): (usize, &(char, String, String))| {
            let announced = path == LOG && *change == 'W';
            let label = if announced { of_announced(other) } else { output.label(*change, path, other) };
            Some((number + 1, label?))
        };
        self.changes.iter().enumerate().filter_map(label)
    }

    /// The outputs that it stages, each with its run.
    fn staged(&self) -> impl Iterator<Item = (Output, u32)> {
        let created = self.changes.iter().filter(|(change, ..)| *change == 'C');
        created.filter_map(|(_, path, _)| {
            let (run, name) = path.strip_prefix("sessionize-out/.staging/run-")?.split_once('/')?;
            Some((Output::of_staged(name)?, run.parse().ok()?))
        })
    }
}

/// The outputs that are staged in these traces.
pub fn outputs<'t>(traces: impl Iterator<Item = &'t Trace>) -> BTreeSet<Output> {
    traces.flat_map(|trace| trace.staged().map(|(output, _)| output)).collect()
}

/// The sessions of a run, in one file.
pub fn sessions() -> Output {
    Output { kind: "sessions".to_owned(), day: None }
}

/// The runs that do not stage this output, as bits by their numbers.
pub fn runs_without<'t>(output: &Output, traces: impl Iterator<Item = &'t Trace>) -> u32 {
    let with =
        traces.flat_map(|trace| trace.staged().filter(|(other, _)| other == output).map(|(_, run)| run));
    !with.fold(0, |runs, run| runs | 1 << run)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("SESSIONIZE_TEST_PROGRAM") {
        return program.into();
    }
    let test = std::env::current_exe().unwrap();
    let program = test.parent().and_then(|deps| deps.parent()).unwrap().join("sessionize");
    assert!(program.is_file(), "build the program first: cargo build");
    program
}

/// The recorder of the other tests, compiled once.
fn recorder() -> &'static PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../support/recorder.c");
        let library =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("recorder-{}.so", std::process::id()));
        let mut compiler = Command::new(std::env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
        compiler.args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-lpthread");
        assert!(compiler.status().unwrap().success(), "the recorder needs a C compiler");
        library
    })
}

/// Reads what the recorder has written. A write to the log of announcements has the announced step in the place of the second path.
fn read(mut bytes: &[u8], root: &str) -> Vec<(char, String, String)> {
    let mut changes = Vec::new();
    let number = |bytes: &[u8]| usize::try_from(u64::from_ne_bytes(bytes.try_into().unwrap())).unwrap();
    let mut take = |count: usize| {
        let (taken, rest) = bytes.split_at(count);
        bytes = rest;
        (taken, rest.is_empty())
    };
    loop {
        let change = char::from(take(1).0[0]);
        let mut texts = [const { String::new() }; 2];
        for text in &mut texts {
            let length = u32::from_ne_bytes(take(4).0.try_into().unwrap()) as usize;
            *text = String::from_utf8(take(length).0.to_vec()).unwrap();
        }
        let length = number(&take(16).0[8..]);
        let (data, is_last) = take(if change == 'W' { length } else { 0 });
        let relative =
            |path: &str| path.strip_prefix(root).unwrap_or_default().trim_start_matches('/').to_owned();
        let [path, mut other] = texts.map(|path| relative(&path));
        if let Some(said) = said(&path, &String::from_utf8_lossy(data)) {
            other = said;
        } else if path == LOG {
            let line = String::from_utf8_lossy(data);
            other = line.split_once("durable step ").map_or("", |(_, step)| step.trim()).to_owned();
        }
        changes.push((change, path, other));
        if is_last {
            return changes;
        }
    }
}
