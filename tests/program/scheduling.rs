//! The examples of docs/scheduling.md: run where they can run, checked by the scheduler's own tool where it is here.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads the page and writes the examples")]
#![allow(clippy::print_stderr, reason = "says what was skipped")]

use crate::support::{Finished, Folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

/// The block of the page that begins with this line.
fn block(begin: &str) -> String {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scheduling.md")).unwrap();
    let (_, rest) = page.split_once(&format!("\n```{begin}\n")).unwrap_or_else(|| panic!("no block {begin}"));
    rest.split_once("\n```").unwrap().0.to_owned() + "\n"
}

/// A folder in which two files arrived some time ago.
fn with_arrivals() -> Folder {
    let folder = Folder::in_memory();
    for day in ["2020-01-01", "2020-01-02"] {
        let name = format!("incoming/{day}.csv");
        folder.write(&name, format!("ann,{day} 10:00:00\nbob,{day} 11:00:00\n"));
        let file = fs::File::options().append(true).open(folder.path(&name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
    }
    folder
}

fn runs(folder: &Folder) -> usize {
    let report = folder.sessionize(&["inspect", "--runs", "--report=json"]).expect_code(0).json();
    report["ledger"].as_array().unwrap().len()
}

/// The command of an example, in `folder` instead of its own, with the program of this build.
fn carried_out(folder: &Folder, command: &str) -> Finished {
    let program = folder.command(&[]);
    let program: PathBuf = program.get_program().into();
    let command = command.replace("/srv/clicks", folder.path("").to_str().unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).current_dir(folder.path("")).env_remove("RUST_LOG");
    shell.env("PATH", format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap()));
    Finished::of(shell, b"")
}

#[test]
fn the_lines_of_the_crontab_do_their_work() {
    let folder = with_arrivals();
    let crontab = block("crontab");
    let commands: Vec<&str> =
        crontab.lines().filter_map(|line| line.find("cd ").map(|at| &line[at..])).collect();
    assert_eq!(commands.len(), 2);
    // In a crontab, a percent sign ends the command.
    assert!(commands.iter().all(|command| !command.contains('%')), "{commands:?}");
    let first = carried_out(&folder, commands[0]).expect_code(0);
    assert_eq!((first.stdout.as_str(), first.stderr.as_str()), ("", ""));
    assert_eq!(runs(&folder), 2);
    // Again: nothing new, and nothing that cron would send.
    let again = carried_out(&folder, commands[0]).expect_code(0);
    assert_eq!((again.stdout.as_str(), again.stderr.as_str(), runs(&folder)), ("", "", 2));
    // Days since 2020 are missing.
    let status = carried_out(&folder, commands[1]).expect_code(3);
    assert!(status.stderr.contains("batches are missing: 2020-01-03"), "{}", status.stderr);
}

#[test]
fn the_command_of_the_service_does_its_work_and_systemd_takes_the_units() {
    let (service, timer) = (block("ini sessionize.service"), block("ini sessionize.timer"));
    let folder = with_arrivals();
    let command = service.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/")).unwrap();
    // No shell replaces a pattern there.
    carried_out(&folder, &format!("set -f; cd /srv/clicks && {command}")).expect_code(0);
    assert_eq!(runs(&folder), 2);
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        eprintln!(
            "!!!! systemd-analyze IS NOT HERE: the units were not checked by it (apt-get install systemd) !!!!"
        );
        return;
    }
    let program = folder.command(&[]).get_program().to_owned();
    let service = service
        .replace("/usr/bin/sessionize", &Path::new(&program).display().to_string())
        .replace("Documentation=man:sessionize(1)\n", "");
    folder.write("units/sessionize.service", service);
    folder.write("units/sessionize.timer", timer);
    let mut verify = Command::new("systemd-analyze");
    verify.args(["verify", "--man=no"]).args(["units/sessionize.service", "units/sessionize.timer"]);
    verify.current_dir(folder.path(""));
    let verified = Finished::of(verify, b"").expect_code(0);
    let ours: Vec<&str> = verified.stderr.lines().filter(|line| line.contains("sessionize")).collect();
    assert_eq!(ours, Vec::<&str>::new());
}

/// The numbers between brackets, or behind a sign of equality, in the line that contains `what`.
fn numbers(text: &str, what: &str) -> Vec<u8> {
    let line = text.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("no {what}"));
    let list = line.split_once(['[', '=']).map_or(line, |(_, list)| list);
    list.split(|character: char| !character.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect()
}

#[test]
fn every_scheduler_gives_up_at_the_codes_of_the_table() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/scheduling.md")).unwrap();
    let table = page.lines().find(|line| line.contains("fails again until the cause is fixed")).unwrap();
    let given_up = numbers(table.split('|').nth(1).unwrap(), "");
    assert_eq!(given_up.len(), 6, "{table}");
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/src/packages/deb/sessionize@.service");
    let of_the_package = fs::read_to_string(unit).unwrap();
    for (example, what) in [
        (block("ini sessionize.service"), "RestartPreventExitStatus="),
        (of_the_package, "RestartPreventExitStatus="),
        (block("yaml cronjob.yaml"), "values: ["),
        (block("python dags/sessionize.py"), "NEEDS_A_PERSON = ["),
        (block("python assets.py"), "NEEDS_A_PERSON = ["),
    ] {
        assert_eq!(numbers(&example, what), given_up, "{what}");
    }
}
