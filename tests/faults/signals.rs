//! SIGINT and SIGTERM end a run cleanly before its commit, and are ignored while it commits and publishes.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "holds the lock; a test that cannot run says so"
)]

use crate::support::twin::{self, Held, execute, expect_one_clear_line, finalize, run, run_each};
use crate::support::{Finished, Folder};
use std::process::Stdio;

fn with_one_run() -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 3);
    execute(&folder, &run(&[0])).expect_code(0);
    folder
}

fn send(signal: &str, held: &Held) {
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-s", signal, &held.process.id().to_string()]).status().unwrap().success());
}

fn interrupted(finished: Finished) {
    expect_one_clear_line(&finished);
    let stderr = finished.expect_code(1).stderr;
    assert!(stderr.contains("nothing was changed"), "{stderr}");
    assert!(stderr.contains("interrupted before the commit; rerun the command"), "{stderr}");
}

/// Returns when the process has handlers for SIGINT and SIGTERM.
fn until_it_watches(process: u32) {
    const BOTH: u64 = 1 << (2 - 1) | 1 << (15 - 1);
    loop {
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        if u64::from_str_radix(caught.trim(), 16).unwrap() & BOTH == BOTH {
            return;
        }
        std::thread::yield_now();
    }
}

/// What waits for something outside ends too; nothing that it has begun is in the way of the next command.
#[test]
fn while_it_waits_they_end_it() {
    let folder = with_one_run();
    let before = twin::outcome(&folder);
    let lock = std::fs::File::open(folder.path(crate::support::STATE)).unwrap();
    lock.lock().unwrap();
    let waits_for_lock = ["finalize", "--wait=10m"];
    let waits_for_input = ["run", "--batch=-", "--wait=10m"];
    for (signal, arguments) in [("TERM", waits_for_lock.as_slice()), ("INT", &waits_for_input)] {
        let mut command = folder.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut waiting = command.spawn().unwrap();
        until_it_watches(waiting.id());
        let mut kill = std::process::Command::new("kill");
        assert!(kill.args(["-s", signal, &waiting.id().to_string()]).status().unwrap().success());
        let input = waiting.stdin.take();
        let ended = waiting.wait_with_output().unwrap();
        drop(input);
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        interrupted(Finished { code: ended.status.code(), stdout: String::new(), stderr });
    }
    drop(lock);
    assert_eq!(twin::outcome(&folder), before);
}

/// The process may have no further thread: it says so, and the next command finds no lock.
#[test]
fn where_no_thread_can_be_started_it_ends() {
    let folder = with_one_run();
    std::fs::set_permissions(folder.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    for limit in [1, 2, 3, 5, 8, 13] {
        let arguments = format!("run -q --threads 2 --batch batch-1.csv --state s{limit} --out o{limit}");
        let program = folder.command(&[]).get_program().to_owned();
        let command = {
            let mut limited = std::process::Command::new("setpriv");
            limited.args([
                "--reuid=64998",
                "--regid=64998",
                "--clear-groups",
                "--inh-caps=-all",
                "--bounding-set=-all",
            ]);
            let script = format!("ulimit -u {limit} && exec {} {arguments}", program.to_str().unwrap());
            limited.args(["bash", "-c", &script]).current_dir(folder.path(""));
            limited
        };
        let finished = Finished::of(command, b"");
        if finished.stderr.contains("setpriv") || finished.stderr.contains("Permission denied") {
            println!("SKIPPED: this test needs to become another user: {}", finished.stderr);
            return;
        }
        expect_one_clear_line(&finished);
        let stderr = finished.expect_code(1).stderr;
        assert!(stderr.contains("cannot start ") && stderr.contains("ulimit -u"), "{stderr}");
    }
}

#[test]
fn before_the_commit_they_end_it_and_nothing_has_changed() {
    for (signal, arguments) in [("INT", run(&[1])), ("TERM", run(&[1])), ("TERM", finalize())] {
        let folder = with_one_run();
        let before = twin::outcome(&folder);
        let held = Held::at_first(&folder, &arguments, "create file");
        send(signal, &held);
        interrupted(held.go_on());
        assert_eq!(twin::outcome(&folder), before);
        execute(&folder, &arguments).expect_code(0);
        assert_eq!(twin::outcome(&folder), twin::undisturbed(3, &[run(&[0]), arguments]));
    }
}

#[test]
fn during_the_commit_and_the_publishing_they_are_ignored() {
    for step in ["commit", "rename", "remove folder"] {
        let folder = with_one_run();
        let held = Held::at_first(&folder, &run(&[1]), step);
        send("INT", &held);
        send("TERM", &held);
        held.go_on().expect_code(0);
        assert_eq!(twin::outcome(&folder), twin::undisturbed(3, &[run(&[0]), run(&[1])]), "{step}");
    }
}

#[test]
fn a_backfill_ends_behind_the_batch_that_was_committing() {
    // The first run of this command is the second of the folder.
    let folder = with_one_run();
    let held = Held::at_first(&folder, &run_each(&[1, 2]), "commit");
    send("INT", &held);
    let stderr = held.go_on().expect_code(1).stderr;
    let said =
        "interrupted after the commit; rerun the command; run 2 is committed, nothing was changed after that";
    assert!(stderr.lines().any(|line| line == format!("sessionize: {said}")), "{stderr}");
    assert_eq!(twin::outcome(&folder), twin::undisturbed(3, &[run(&[0]), run(&[1])]));
    execute(&folder, &run_each(&[1, 2])).expect_code(0);
    assert_eq!(twin::outcome(&folder), twin::undisturbed(3, &[run(&[0]), run(&[1]), run(&[2])]));
}
