//! Every exit code, produced through the program, with the one line on standard error that says what, where, and what to
//! do next. A refused command leaves outputs and checkpoint as they were.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "breaks files")]

use crate::support::twin::{self, execute, expect_one_clear_line, finalize, run};
use crate::support::{Folder, OUT, STATE};
use std::fs;

/// A folder with two batches, of which the first is taken in.
fn with_one_run() -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    folder
}

/// Runs what must be refused with `code`, in these words, and without a trace.
#[track_caller]
fn refused(folder: &Folder, arguments: &[&str], code: i32, words: &[&str]) {
    let before = folder.files(OUT);
    let finished = folder.sessionize(arguments).expect_code(code);
    expect_one_clear_line(&finished);
    for word in words {
        assert!(finished.stderr.contains(word), "no '{word}' in: {}", finished.stderr);
    }
    assert_eq!(finished.stdout, "");
    assert_eq!(folder.files(OUT), before, "nothing is published, nothing is left staged");
}

#[test]
fn code_0_is_done_and_also_nothing_to_do() {
    let folder = with_one_run();
    let before = twin::outcome(&folder);
    let again = execute(&folder, &[run(&[0]), vec!["--report=json".to_owned()]].concat()).expect_code(0);
    let warning = "sessionize: warning: nothing was read: the content of all 1 files was ingested before\n";
    assert_eq!((again.json()["status"].as_str(), again.stderr.as_str()), (Some("nothing-to-do"), warning));
    assert_eq!(twin::outcome(&folder), before, "the same file twice changes nothing");
    execute(&folder, &finalize()).expect_code(0);
    let finalized = twin::outcome(&folder);
    execute(&folder, &finalize()).expect_code(0);
    assert_eq!(twin::outcome(&folder), finalized, "a second finalize changes nothing");
}

#[test]
fn code_1_is_a_failure_of_the_surroundings() {
    let folder = with_one_run();
    folder.write("a-file", "not a folder");
    refused(&folder, &["run", "--state=a-file", "batch-1.csv"], 1, &["a-file", "--state"]);
    refused(
        &folder,
        &["inspect", "--state=nowhere", "--out=nowhere"],
        1,
        &["nowhere", "no checkpoint", "--state"],
    );
}

#[test]
fn code_2_is_a_command_line_that_makes_no_sense() {
    let folder = with_one_run();
    refused(&folder, &["run", "--gap=long", "batch-1.csv"], 2, &["'long'", "--gap", "1h30m", "run --help"]);
    refused(&folder, &["walk"], 2, &["'walk'", "see 'sessionize --help'"]);
    refused(&folder, &["run"], 2, &["no batch file", "--batch FILE"]);
    let future = ["run", "--watermark=2999-01-01", "batch-1.csv"];
    refused(&folder, &future, 2, &["--watermark 2999-01-01", "future", "give a time"]);
}

#[test]
fn code_65_is_data_that_is_refused() {
    let folder = with_one_run();
    folder.write("words.csv", "k1,2024-01-02 00:00:00\nk1,soon\nk1,later\n");
    let header = "--header=no";
    refused(
        &folder,
        &["run", header, "words.csv"],
        65,
        &["2 of 3 rows", "words.csv:2", "time", "--max-rejects"],
    );
    folder.write("old.csv", "k1,2023-01-01 00:00:00\n");
    let set_by = "batch-0.csv:36 in run 1";
    refused(&folder, &["run", header, "old.csv"], 65, &["1 of 1 rows are late", set_by, "--max-late"]);
}

#[test]
fn code_66_is_a_file_that_is_missing_or_unreadable() {
    let folder = with_one_run();
    // The first file is there: all are opened before anything is read.
    refused(
        &folder,
        &["run", "batch-1.csv", "missing.csv"],
        66,
        &["missing.csv", "No such file", "check the name"],
    );
    refused(&folder, &["run", OUT], 66, &[OUT, "folder", "check the name"]);
    let fresh = Folder::in_memory();
    refused(&fresh, &["run", "missing.csv"], 66, &["missing.csv"]);
    assert!(fresh.files("").is_empty(), "not even a checkpoint was made");
}

#[test]
fn code_74_is_a_checkpoint_that_is_damaged_or_out_of_step() {
    let step = ["run", "batch-1.csv"];
    let folder = with_one_run();
    let copy = Folder::in_memory();
    twin::copy(&folder, &copy);
    fs::remove_dir_all(copy.path(STATE)).unwrap();
    refused(&copy, &step, 74, &[OUT, "this output folder belongs to another checkpoint", "restore"]);
    twin::copy(&folder, &copy);
    fs::remove_dir_all(copy.path(OUT).join("manifests")).unwrap();
    refused(&copy, &step, 74, &["checkpoint is at run 1", "output folder is at run 0", "--out"]);
    fs::write(folder.path(STATE).join("db"), "no log of sled").unwrap();
    refused(&folder, &step, 74, &[OUT, "this output folder belongs to another checkpoint", "restore"]);
}

#[test]
fn code_74_is_also_two_halves_of_different_histories() {
    let folder = with_one_run();
    let other = Folder::in_memory();
    twin::copy(&folder, &other);
    for (folder, batch) in [(&folder, 1), (&other, 2)] {
        twin::write_batches(folder, 3);
        execute(folder, &run(&[batch])).expect_code(0);
    }
    let out = other.path(OUT);
    let arguments = ["run", "--out", out.to_str().unwrap(), "batch-1.csv"];
    refused(&folder, &arguments, 74, &["both at run 2", "their histories differ", "belong together"]);
    // Two that have nothing to do with each other.
    let stranger = Folder::in_memory();
    twin::write_batches(&stranger, 2);
    execute(&stranger, &run(&[1])).expect_code(0);
    let out = stranger.path(OUT);
    let arguments = ["run", "--out", out.to_str().unwrap(), "batch-1.csv"];
    refused(&folder, &arguments, 74, &["belongs to another checkpoint", "an --out of its own"]);
}

#[test]
fn code_75_is_a_checkpoint_in_use() {
    let folder = with_one_run();
    let lock = fs::File::open(folder.path(STATE)).unwrap();
    lock.lock().unwrap();
    refused(
        &folder,
        &["run", "batch-1.csv"],
        75,
        &["in use by process", "since 2024-02-01T00:00:00Z", "--wait"],
    );
    refused(&folder, &["rollback", "--to-run=1"], 75, &["in use", "--wait"]);
    // Who only looks needs no lock.
    folder.sessionize(&["inspect"]).expect_code(0);
}

#[test]
fn code_78_is_another_definition() {
    let folder = with_one_run();
    let words = ["gap", "5m", "10m", "--redefine"];
    refused(&folder, &["run", "--gap=10m", "batch-1.csv"], 78, &words);
    refused(
        &folder,
        &["run", "--gap=10m", "--redefine", "batch-1.csv"],
        78,
        &["still open", "sessionize finalize"],
    );
    execute(&folder, &finalize()).expect_code(0);
    folder
        .sessionize(&["run", "--gap=10m", "--redefine", "--max-late=100%", "--max-rejects=9", "batch-1.csv"])
        .expect_code(0);
}

/// What the program prints goes to a device that is always full.
fn to_full_device(folder: &Folder, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = folder.command(arguments);
    command.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let ended = command.output().unwrap();
    (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure_that_says_what_was_committed() {
    let folder = with_one_run();
    for arguments in [
        &["inspect", "--sessions", "--report=json"][..],
        &["inspect", "--runs"],
        &["verify"],
        &["config"],
        &["config", "--report=json"],
    ] {
        let (code, stderr) = to_full_device(&folder, arguments);
        assert_eq!(code, Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("standard output: cannot write the report: No space left"), "{stderr}");
    }
    let json = [run(&[1]), vec!["--report=json".to_owned()]].concat();
    let json: Vec<&str> = json.iter().map(String::as_str).collect();
    let (code, stderr) = to_full_device(&folder, &json);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("cannot write the report") && stderr.contains("run 2 is committed"), "{stderr}");
    let (code, stderr) = to_full_device(&folder, &["finalize"]);
    assert_eq!(code, Some(0), "text about a commit is a courtesy: {stderr}");
    assert!(stderr.contains("warning: ") && stderr.contains("run 3 is committed"), "{stderr}");
}

#[test]
fn an_error_after_commits_says_so() {
    let folder = Folder::in_memory();
    for day in [1, 2, 4] {
        folder.write(&format!("{day}.csv"), format!("u1,2020-01-0{day}\n"));
    }
    folder.write("3.csv", "broken\n");
    let each = ["run", "-q", "--each", "--batch", "1.csv", "2.csv", "3.csv", "4.csv"];
    let stderr = folder.sessionize(&each).expect_code(65).stderr;
    assert!(stderr.ends_with("; runs 1 to 2 are committed, nothing was changed after that\n"), "{stderr}");
    let again = folder.sessionize(&["run", "-q", "3.csv"]).expect_code(65).stderr;
    assert!(again.ends_with("; nothing was changed\n"), "{again}");
}

#[test]
fn a_standard_error_that_is_full_is_no_panic() {
    let folder = with_one_run();
    let mut command = folder.command(&["run", "-vv", "missing.csv"]);
    command.stderr(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    assert_eq!(command.output().unwrap().status.code(), Some(66));
}

#[test]
fn remedies_name_what_is_wrong() {
    let folder = with_one_run();
    folder.write("-x.csv", "k1,2024-01-02 00:00:00\n");
    folder
        .sessionize(&["run", "--header=no", "--max-late=1", "--dry-run", "--batch", "--", "-x.csv"])
        .expect_code(0);
    folder.write("future.csv", "k1,2024-02-02 00:00:00\n");
    let clock = ["run", "--header=no", "--now=2024-02-01T00:00:00Z", "future.csv"];
    refused(
        &folder,
        &clock,
        65,
        &["is 1day after the clock here, 2024-02-01T00:00:00Z", "--now", "--max-future"],
    );
    // One frame with the number of a dictionary, and one raw block.
    folder.write("dictionary.zst", b"\x28\xB5\x2F\xFD\x21\x07\x04\x21\x00\x00k1,1");
    refused(&folder, &["run", "dictionary.zst"], 65, &["needs a dictionary", "zstd -d -D"]);
}

/// A limit of the shell on the process that it becomes.
fn limited(folder: &Folder, limit: &str, arguments: &str) -> crate::support::Finished {
    let program = folder.command(&[]).get_program().to_str().unwrap().to_owned();
    let mut command = std::process::Command::new("bash");
    command
        .args(["-c", &format!("ulimit {limit} && exec {program} {arguments}")])
        .current_dir(folder.path(""));
    crate::support::Finished::of(command, b"")
}

#[test]
fn limits_of_the_process_are_named() {
    let folder = with_one_run();
    let names: Vec<String> = (0..60).map(|number| format!("{number}.csv")).collect();
    for name in &names {
        folder.write(name, "k1,2024-01-02 00:00:00\n");
    }
    let files = limited(&folder, "-n 64", &format!("run --batch {}", names.join(" "))).expect_code(1);
    assert!(
        files.stderr.contains("limit of open files is 64") && files.stderr.contains("ulimit -n"),
        "{files:?}"
    );
    let rows: Vec<String> = (0..2_000).map(|key| format!("key-{key},2024-01-02 00:00:00\n")).collect();
    folder.write("large.csv", rows.concat());
    // The outputs have no room, or, where nothing is complete yet, the log of the checkpoint.
    for (name, lateness) in [("outputs", "0s"), ("log", "1d")] {
        let run = format!("run --state={name} --out={name}-out --watermark-delay={lateness} large.csv");
        let sizes = limited(&folder, "-f 8", &run).expect_code(1);
        assert!(sizes.stderr.contains("File too large") && sizes.stderr.contains("ulimit -f"), "{sizes:?}");
        expect_one_clear_line(&sizes);
        limited(&folder, "-f unlimited", &format!("{run} -q")).expect_code(0);
    }
}

#[test]
fn a_refused_allocation_is_a_failure_with_a_line() {
    let folder = Folder::in_memory();
    folder.write("wide.csv", format!("k1,2024-01-02 00:00:00,{}\n", "x".repeat(60 << 20)));
    let refused = limited(&folder, "-v 280000", "run --threads=1 --header=no wide.csv").expect_code(1);
    // The stacks of threads are memory too.
    let said = ["memory allocation of ", "cannot start "];
    assert!(said.iter().any(|said| refused.stderr.contains(said)), "{refused:?}");
}

#[test]
fn a_pipe_that_nobody_reads_is_no_failure_for_text_of_a_look() {
    let folder = with_one_run();
    let to_nobody = |arguments: &[&str]| {
        let mut command = folder.command(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = command.stdout(writer).output().unwrap();
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    for arguments in [&["inspect", "--sessions"][..], &["inspect", "--runs"], &["verify"], &["config"]] {
        assert_eq!(to_nobody(arguments), (Some(0), String::new()), "{arguments:?}");
        let (code, stderr) = to_nobody(&[arguments, &["--report=json"]].concat());
        assert_eq!(code, Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("standard output: cannot write the report: Broken pipe"), "{stderr}");
    }
}

#[test]
fn quiet_is_not_blind() {
    let folder = with_one_run();
    let warned = |name: &str, rows: &str, flags: &[&str], words: &str| {
        folder.write(name, rows);
        let run = [&["run", "-q", "--header=no", "--dry-run", name], flags].concat();
        let stderr = folder.sessionize(&run).expect_code(0).stderr;
        assert!(stderr.starts_with("sessionize: warning: ") && stderr.contains(words), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    };
    warned("late.csv", "k1,2023-01-01\nk1,2024-01-09\n", &["--max-late=1"], "1 of 2 rows were late");
    warned("reject.csv", "k1,soon\nk1,2024-01-09\n", &["--max-rejects=1"], "1 of 2 rows were rejected");
    warned("empty.csv", "", &[], "no rows");
    warned(
        "batch-0.csv",
        &String::from_utf8(fs::read(folder.path("batch-0.csv")).unwrap()).unwrap(),
        &[],
        "ingested before",
    );
    let fresh = ["--state=none", "--out=none-out"];
    warned("old.csv", "k1,1577836\n", &[&fresh[..], &["--time-format=epoch-s"]].concat(), "1970");
    warned("long.csv", "k1,2001-01-01\nk1,2020-01-01\n", &fresh, "more than ten years");
}
