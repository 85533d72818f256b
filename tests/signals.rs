//! SIGINT and SIGTERM end a run cleanly before its commit, and are ignored while it commits and publishes.
#![cfg(debug_assertions)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod support;

use support::twin::{self, Held, execute, expect_one_clear_line, finalize, run, run_each};
use support::{Finished, Folder};

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
    assert!(stderr.contains("interrupted before the commit, nothing was changed"), "{stderr}");
    assert!(stderr.contains("run the same command again"), "{stderr}");
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
    let folder = with_one_run();
    let held = Held::at_first(&folder, &run_each(&[1, 2]), "commit");
    send("INT", &held);
    interrupted(held.go_on());
    assert_eq!(twin::outcome(&folder), twin::undisturbed(3, &[run(&[0]), run(&[1])]));
    execute(&folder, &run_each(&[1, 2])).expect_code(0);
    assert_eq!(twin::outcome(&folder), twin::undisturbed(3, &[run(&[0]), run(&[1]), run(&[2])]));
}
