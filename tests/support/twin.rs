//! A job of several commands, done undisturbed: what every disturbed one must come to, byte for byte.

use super::{Finished, Folder, OUT};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Flags that every run of the job has. The clock stands still, so that the ledgers of twins are equal too.
const FLAGS: [&str; 8] = [
    "--now=2024-02-01T00:00:00Z",
    "--watermark-delay=2m",
    "--gap=5m",
    "--max-rejects=50%",
    "--max-late=50%",
    "--threads=2",
    "--header=no",
    "--quiet",
];

/// What can be seen of a job from outside.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    /// Every file below the output folder.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// The document of `inspect`, with ledger and open sessions, without the size on the disk.
    pub inspected: serde_json::Value,
}

impl Outcome {
    /// Only the files below `name`.
    pub fn in_folder(folder: &Folder, name: &str) -> Self {
        Self { files: folder.files(name), inspected: serde_json::Value::Null }
    }
}

/// The arguments of a `run` over batches of [`write_batches`].
pub fn run(batches: &[usize]) -> Vec<String> {
    let names = batches.iter().map(|number| format!("batch-{number}.csv"));
    ["run".to_owned()].into_iter().chain(FLAGS.map(str::to_owned)).chain(names).collect()
}

/// The same, each batch committed by itself.
pub fn run_each(batches: &[usize]) -> Vec<String> {
    run(batches).into_iter().chain(["--each".to_owned()]).collect()
}

/// The arguments of a `finalize`.
pub fn finalize() -> Vec<String> {
    ["finalize", FLAGS[0], "--quiet"].map(str::to_owned).to_vec()
}

/// Runs one command of a job.
pub fn execute(folder: &Folder, arguments: &[String]) -> Finished {
    Finished::of(command(folder, arguments), b"")
}

/// The same, not started yet.
pub fn command(folder: &Folder, arguments: &[String]) -> std::process::Command {
    folder.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Rules in which sessions are split, tell of their events, drop duplicates and leave as rows of their events too.
pub const SPLIT: &[&str] = &[
    "--agg=sum(4)",
    "--agg=list(3)=pages",
    "--agg=distinct(3)=different",
    "--split-on=3",
    "--max-events=3",
    "--dedup=row",
    "--emit=both",
];

/// Rules in which late events correct completed sessions.
pub const CORRECTED: &[&str] =
    &["--agg=sum(4)", "--agg=last(3)=last_page", "--dedup=row", "--allowed-lateness=90m"];

/// Rules in which outputs are divided by days and compressed. In this zone the first batch lies before midnight and the others after it.
pub const PARTITIONED: &[&str] = &[
    "--max-events=3",
    "--emit=both",
    "--partition-by=date",
    "--partition-timezone=Atlantic/Azores",
    "--output-compression=zstd",
];

/// Commands of a job under rules, which show what is open.
pub fn under(rules: &[&str], commands: Vec<Vec<String>>) -> Vec<Vec<String>> {
    commands.into_iter().map(|command| under_rules(rules, command)).collect()
}

/// The same for one command.
pub fn under_rules(rules: &[&str], mut command: Vec<String>) -> Vec<String> {
    let is_run = command[0] == "run";
    if !rules.is_empty() && (is_run || command[0] == "finalize") {
        command.push("--emit-open".to_owned());
        let applies =
            |flag: &&&str| is_run || flag.starts_with("--partition") || flag.starts_with("--output");
        command.extend(rules.iter().filter(applies).map(|&flag| flag.to_owned()));
    }
    command
}

/// A command that is not of every job, with its arguments, on the clock of the job.
pub fn maintenance(arguments: &[&str]) -> Vec<String> {
    arguments.iter().chain([&FLAGS[0]]).map(|&text| text.to_owned()).collect()
}

/// A folder with `count` batches in which these commands have ended well.
pub fn after(count: usize, commands: &[Vec<String>]) -> Folder {
    let folder = Folder::in_memory();
    write_batches(&folder, count);
    for arguments in commands {
        execute(&folder, arguments).expect_code(0);
    }
    folder
}

/// Writes the batches of an hour each: four keys, disorder, sessions across the hour, late rows, a row to reject.
pub fn write_batches(folder: &Folder, count: usize) {
    for number in 0..count {
        folder.write(&format!("batch-{number}.csv"), batch(number));
    }
}

fn batch(number: usize) -> String {
    let mut text = String::new();
    for row in 0..30 {
        let seconds = number * 3600 + row * 130 + (row * 37) % 90;
        push_row(&mut text, (row * 7 + number) % 4, seconds);
    }
    text.push_str("k1,never,,\n");
    push_row(&mut text, 0, number.saturating_sub(1) * 3600 + 1);
    text
}

fn push_row(text: &mut String, key: usize, seconds: usize) {
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let (day, hour) = (hour / 24 + 1, hour % 24);
    let (page, amount) = (["home", "cart", "home", "paid"][seconds / 130 % 4], seconds % 7);
    writeln!(text, "k{key},2024-01-{day:02} {hour:02}:{minute:02}:{second:02},{page},{amount}").unwrap();
    // A duplicate, where anybody looks for one.
    if seconds.is_multiple_of(5) {
        writeln!(text, "k{key},2024-01-{day:02} {hour:02}:{minute:02}:{second:02},{page},{amount}").unwrap();
    }
}

/// The arguments of an `inspect` that shows everything.
pub fn inspect() -> Vec<String> {
    ["inspect", "--sessions", "--runs", "--report=json"].map(str::to_owned).to_vec()
}

/// What an `inspect` has shown, without the size on the disk and without the older states that still stand there: they go
/// some time after the commit.
#[track_caller]
pub fn inspected(finished: &Finished) -> serde_json::Value {
    let mut inspected = finished.json();
    inspected.as_object_mut().unwrap().remove("bytes_on_disk");
    let without_state = |run: &mut serde_json::Value| run.as_object_mut().map(|run| run.remove("state_kept"));
    inspected.get_mut("last_run").map(without_state);
    inspected["ledger"].as_array_mut().into_iter().flatten().for_each(|run| {
        without_state(run);
    });
    inspected
}

/// What the job in `folder` has come to.
#[track_caller]
pub fn outcome(folder: &Folder) -> Outcome {
    let inspected = inspected(&execute(folder, &inspect()).expect_code(0));
    Outcome { files: folder.files(OUT), inspected }
}

/// Does the whole job in a folder of its own and says what it came to.
pub fn undisturbed(batches: usize, commands: &[Vec<String>]) -> Outcome {
    let folder = Folder::in_memory();
    write_batches(&folder, batches);
    for arguments in commands {
        execute(&folder, arguments).expect_code(0);
    }
    outcome(&folder)
}

/// A number that makes a test longer, or other.
pub fn number_from_environment<N: std::str::FromStr>(name: &str, otherwise: N) -> N {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => otherwise,
    }
}

/// Copies everything below one folder into another.
pub fn copy(from: &Folder, to: &Folder) {
    copy_files(&from.path(""), &to.path(""));
}

/// The same for plain paths.
pub fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// An error as a user should see it: one line, none of a panic, with something to do. What a run warns of may stand before it.
#[track_caller]
pub fn expect_one_clear_line(finished: &Finished) {
    let stderr = &finished.stderr;
    assert!(!stderr.contains("panicked"), "{stderr}");
    let errors: Vec<&str> =
        stderr.lines().filter(|line| !line.starts_with("sessionize: warning: ")).collect();
    assert!(errors.len() == 1 && errors[0].starts_with("sessionize: "), "{stderr}");
}

/// Runs a command with the fault hook of debug builds set.
pub fn execute_with_fault(folder: &Folder, arguments: &[String], fault: &str) -> Finished {
    let mut command = command(folder, arguments);
    command.env("SESSIONIZE_FAULT", fault);
    Finished::of(command, b"")
}

/// The durable steps that a command will do, counted in a copy of `folder`.
#[track_caller]
pub fn steps(folder: &Folder, arguments: &[String]) -> Vec<String> {
    let trial = Folder::in_memory();
    copy(folder, &trial);
    let counted = execute_with_fault(&trial, arguments, "count").expect_code(0);
    let line = counted.stderr.lines().find_map(|line| line.strip_prefix("durable steps: ")).unwrap();
    let (count, names) = line.split_once(": ").unwrap();
    let names: Vec<String> = names.split(", ").map(str::to_owned).collect();
    assert_eq!(names.len().to_string(), count);
    names
}

/// The number of the first durable step with this name.
#[track_caller]
pub fn first_step(folder: &Folder, arguments: &[String], name: &str) -> usize {
    let steps = steps(folder, arguments);
    let position = steps.iter().position(|step| step == name);
    1 + position.unwrap_or_else(|| panic!("no step {name} in {steps:?}"))
}

/// A command that stands still just before a durable step.
#[derive(Debug)]
pub struct Held {
    pub process: Child,
}

impl Held {
    /// Starts a command and waits until it has come to its first step with this name.
    #[track_caller]
    pub fn at_first(folder: &Folder, arguments: &[String], step: &str) -> Self {
        Self::at(folder, arguments, first_step(folder, arguments, step))
    }

    /// The same for the durable step with this number.
    #[track_caller]
    pub fn at(folder: &Folder, arguments: &[String], number: usize) -> Self {
        let mut command = command(folder, arguments);
        command.env("SESSIONIZE_FAULT", format!("hold:{number}"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut held = [0; 5];
        process.stderr.as_mut().unwrap().read_exact(&mut held).unwrap();
        assert_eq!(&held, b"held\n");
        Self { process }
    }

    /// Lets it go on to its end.
    pub fn go_on(self) -> Finished {
        let output = self.process.wait_with_output().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs a command that must not hang: after a minute it is killed, which shows as an end without an exit code.
pub fn execute_bounded(folder: &Folder, arguments: &[String]) -> Finished {
    let mut command = command(folder, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while process.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            process.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Held { process }.go_on()
}

/// Starts a command and kills it after some time. Whether it was still there to be killed.
pub fn kill_after(folder: &Folder, arguments: &[String], time: Duration) -> bool {
    let mut command = command(folder, arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    std::thread::sleep(time);
    let was_there = process.try_wait().unwrap().is_none();
    process.kill().unwrap();
    process.wait().unwrap();
    was_there
}
