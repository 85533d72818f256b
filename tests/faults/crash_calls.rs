//! A SIGKILL after every single change that the program makes to its files, sled's own among them: the next command must
//! find its way, and the job come to exactly the outputs of an undisturbed twin.
//!
//! `crash_steps` goes through the steps of our own code; this goes below it, through every call to the system.
//! `SESSIONIZE_TEST_CALL_EVERY=1` takes every change, not every second one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "looks at the folder of the checkpoint")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

use crate::support::recorder;
use crate::support::twin::{self, command, execute, finalize, run};
use crate::support::{Finished, Folder, OUT, STATE};

/// Kills `disturbed` after each of its changes in turn.
fn kill_after_each_change(before: &[Vec<String>], disturbed: &[String], after: &[Vec<String>]) {
    let commands: Vec<_> = before.iter().chain([&disturbed.to_vec()]).chain(after).cloned().collect();
    let undisturbed = twin::undisturbed(3, &commands);
    let start = Folder::in_memory();
    twin::write_batches(&start, 3);
    for arguments in before {
        execute(&start, arguments).expect_code(0);
    }
    let every = twin::number_from_environment("SESSIONIZE_TEST_CALL_EVERY", 2);
    let mut kills = 0;
    for number in (1..).step_by(every) {
        let (folder, log) = (Folder::in_memory(), Folder::in_memory());
        twin::copy(&start, &folder);
        let mut command = command(&folder, disturbed);
        recorder::record(&mut command, &folder, &log.path("log"));
        command.env("RECORDER_DIE_AT", number.to_string());
        let killed = Finished::of(command, b"");
        if killed.code.is_some() {
            killed.expect_code(0);
            break;
        }
        let change = recorder::read(&log.path("log"), &folder).pop();
        let change = format!("{change:?}").chars().take(200).collect::<String>();
        for arguments in [&disturbed.to_vec()].into_iter().chain(after) {
            let finished = execute(&folder, arguments);
            assert_eq!(finished.code, Some(0), "killed after change {number}, {change}: {finished:?}");
        }
        assert_eq!(folder.files(OUT), undisturbed.files, "killed after change {number}, {change}");
        kills += 1;
    }
    println!("{kills} kills after changes of {disturbed:?}");
    assert!(kills * every > 40, "only {kills} changes were seen");
}

#[test]
fn of_the_first_run() {
    kill_after_each_change(&[], &run(&[0]), &[finalize()]);
}

#[test]
fn of_a_run_among_others() {
    kill_after_each_change(&[run(&[0]), run(&[1])], &run(&[2]), &[finalize()]);
}

/// What a death between two calls of sled leaves beside an empty log, and beside a full one.
#[test]
fn pieces_that_sled_has_begun_are_no_damage() {
    let undisturbed = twin::undisturbed(2, &[run(&[0]), run(&[1]), finalize()]);
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    folder.write("sessionize-state/conf", "segment_size: 1048576\n");
    folder.write("sessionize-state/snap.0000000000000010.generating", "");
    execute(&folder, &run(&[0])).expect_code(0);
    folder.write("sessionize-state/snap.7FFFFFFFFFFFFFFF.generating", "half a snapshot");
    execute(&folder, &run(&[1])).expect_code(0);
    execute(&folder, &finalize()).expect_code(0);
    assert_eq!(twin::outcome(&folder), undisturbed);
}

/// A death between the two leaves a snapshot of sled beside the one that has replaced it.
#[test]
fn a_snapshot_that_was_replaced_does_not_stay() {
    let snapshots = |folder: &Folder| {
        let names = std::fs::read_dir(folder.path(STATE)).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_string_lossy().starts_with("snap.")).collect::<Vec<_>>()
    };
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 1);
    execute(&folder, &run(&[0])).expect_code(0);
    // Nothing to do: the checkpoint is opened, and no more.
    execute(&folder, &run(&[0])).expect_code(0);
    let [newest] = &snapshots(&folder)[..] else { panic!("one snapshot") };
    folder.write(&format!("{STATE}/snap.0000000000000001"), "an older one");
    execute(&folder, &run(&[0])).expect_code(0);
    assert_eq!(&snapshots(&folder), std::slice::from_ref(newest));
}
