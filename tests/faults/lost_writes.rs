//! A loss of power: what is not synced may be gone, names as well as bytes. Every change that the program makes is
//! recorded, sled's own among them; from the record the disk is built as it may be found afterwards, and the job goes
//! on there. It must come to exactly the outputs of an undisturbed twin.
//!
//! `SESSIONIZE_TEST_LOSSES` and `SESSIONIZE_TEST_SEED` make the random part longer, or another one;
//! `SESSIONIZE_TEST_SYNC_EVERY=1` lets every sync fail, not only every fourth.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

use crate::support::recorder::{self, Change, Disk};
use crate::support::twin::{self, command, execute, expect_one_clear_line, finalize, run, run_each};
use crate::support::{Finished, Folder, OUT};

const BATCHES: usize = 3;

/// As many syncs as the program asks for side by side.
const SYNCS_AT_ONCE: usize = 8;

struct Job {
    name: &'static str,
    before: Vec<Vec<String>>,
    disturbed: Vec<String>,
    after: Vec<Vec<String>>,
}

fn jobs() -> Vec<Job> {
    vec![
        Job { name: "the first run", before: vec![], disturbed: run(&[0]), after: vec![finalize()] },
        Job {
            name: "a run among others",
            before: vec![run(&[0]), run(&[1])],
            disturbed: [run(&[2]), vec!["--keep-generations=1".to_owned()]].concat(),
            after: vec![finalize()],
        },
        Job { name: "a backfill", before: vec![], disturbed: run_each(&[0, 1, 2]), after: vec![finalize()] },
        Job {
            name: "a run under rules",
            before: twin::under(twin::SPLIT, vec![run(&[0])]),
            disturbed: twin::under_rules(twin::SPLIT, run(&[1])),
            after: twin::under(twin::SPLIT, vec![finalize()]),
        },
        Job { name: "a finalize", before: vec![run(&[0])], disturbed: finalize(), after: vec![run(&[1])] },
    ]
}

/// Those that publish in new folders, and move files between folders.
fn jobs_over_folders() -> Vec<Job> {
    let by_days = |commands| twin::under(twin::PARTITIONED, commands);
    let rollback = twin::maintenance(&["rollback", "--to-run=1"]);
    vec![
        Job {
            name: "a run by days",
            before: by_days(vec![run(&[0])]),
            disturbed: twin::under_rules(twin::PARTITIONED, run(&[1])),
            after: by_days(vec![finalize()]),
        },
        Job {
            name: "a rollback by days",
            before: by_days(vec![run(&[0]), run(&[1]), run(&[2])]),
            disturbed: rollback,
            after: by_days(vec![run(&[1]), finalize()]),
        },
    ]
}

impl Job {
    fn start(&self) -> Folder {
        twin::after(BATCHES, &self.before)
    }

    fn undisturbed(&self) -> twin::Outcome {
        let commands: Vec<_> =
            self.before.iter().chain([&self.disturbed]).chain(&self.after).cloned().collect();
        twin::undisturbed(BATCHES, &commands)
    }

    /// The changes of the disturbed command, and the folder as it was before.
    fn record(&self) -> (Folder, Vec<Change>) {
        let (start, trial, log) = (self.start(), Folder::in_memory(), Folder::in_memory());
        twin::copy(&start, &trial);
        let mut command = command(&trial, &self.disturbed);
        recorder::record(&mut command, &trial, &log.path("log"));
        Finished::of(command, b"").expect_code(0);
        let changes = recorder::read(&log.path("log"), &trial);
        assert!(changes.len() > 20, "{} changes recorded", changes.len());
        (start, changes)
    }
}

#[test]
fn everything_that_is_not_synced_is_lost_at_every_sync_point() {
    for job in jobs() {
        let undisturbed = job.undisturbed();
        let (start, changes) = job.record();
        let mut disk = Disk::of(&start);
        let mut points = 0;
        for (number, change) in changes.iter().enumerate() {
            disk.apply(change);
            let is_last = number + 1 == changes.len();
            if !matches!(change, Change::Sync(_)) && !is_last {
                continue;
            }
            points += 1;
            let place = format!("{}, after change {number}, {change:?}", job.name);
            let folder = Folder::in_memory();
            disk.restore_synced(&folder);
            if is_last {
                let again = [&job.disturbed[..], &["--report=json".to_owned()]].concat();
                let again = execute(&folder, &again);
                assert_eq!(again.code, Some(0), "{place}: {again:?}");
                assert!(
                    !again.stdout.contains("\"committed\""),
                    "{place}: it was done and is lost: {again:?}"
                );
            }
            for arguments in [&job.disturbed].into_iter().chain(&job.after) {
                let finished = execute(&folder, arguments);
                assert_eq!(finished.code, Some(0), "{place}: {finished:?}");
            }
            assert_eq!(folder.files(OUT), undisturbed.files, "{place}");
        }
        println!("{}: {points} sync points", job.name);
    }
}

/// What a killed process has not synced is in memory, where the next command finds it. When that one has ended, all of it is on the disk.
/// The kills come after changes of names; `SESSIONIZE_TEST_CALL_EVERY=1` kills after every change, and in all jobs.
#[test]
fn what_a_killed_process_has_left_in_memory_is_on_the_disk_when_the_next_one_has_ended() {
    let every = twin::number_from_environment("SESSIONIZE_TEST_CALL_EVERY", usize::MAX);
    let is_long = every < usize::MAX;
    for job in
        jobs().into_iter().filter(|job| is_long || job.name == "the first run").chain(jobs_over_folders())
    {
        let undisturbed = job.undisturbed();
        let (start, changes) = job.record();
        let is_of_names = |change: &Change| matches!(change, Change::CreateFolder(_) | Change::Rename(..));
        let chosen = (1..=changes.len())
            .filter(|number| is_of_names(&changes[number - 1]) || number.is_multiple_of(every));
        let mut losses = 0;
        for number in chosen {
            let (folder, log) = (Folder::in_memory(), Folder::in_memory());
            twin::copy(&start, &folder);
            let run_recorded = |name: &str, die_at: usize| {
                let mut command = command(&folder, &job.disturbed);
                recorder::record(&mut command, &folder, &log.path(name));
                command.env("RECORDER_DIE_AT", die_at.to_string());
                (Finished::of(command, b""), recorder::read(&log.path(name), &folder))
            };
            let (killed, left) = run_recorded("killed", number);
            let place = format!("{}, killed after change {number}, {:?}", job.name, left.last());
            let (again, done) = run_recorded("again", 0);
            assert_eq!((killed.code, again.code), (None, Some(0)), "{place}: {again:?}");
            let mut disk = Disk::of(&start);
            left.iter().chain(&done).for_each(|change| disk.apply(change));
            let all_lost = Folder::in_memory();
            disk.restore_synced(&all_lost);
            for lost in disk.restore_without_names_of_one().into_iter().chain([all_lost]) {
                for arguments in [&job.disturbed].into_iter().chain(&job.after) {
                    let finished = execute(&lost, arguments);
                    assert_eq!(finished.code, Some(0), "{place}: {finished:?}");
                }
                assert!(lost.files(OUT) == undisturbed.files, "{place}");
                losses += 1;
            }
        }
        println!("{}: {losses} losses of power after a kill and the next command", job.name);
    }
}

/// Bytes reach the disk in any order and sector by sector. Then sled may find its own files in contradiction, which
/// must be said; but the result is never a wrong one.
#[test]
fn any_part_of_what_is_not_synced_survives() {
    let losses = twin::number_from_environment("SESSIONIZE_TEST_LOSSES", 40_usize);
    let mut random = fastrand::Rng::with_seed(twin::number_from_environment("SESSIONIZE_TEST_SEED", 1));
    let jobs: Vec<_> = jobs().into_iter().map(|job| (job.undisturbed(), job.record(), job)).collect();
    let mut refused = 0;
    for loss in 0..losses {
        let (undisturbed, (start, changes), job) = &jobs[loss % jobs.len()];
        let end = random.usize(1..=changes.len());
        let mut disk = Disk::of(start);
        changes[..end].iter().for_each(|change| disk.apply(change));
        let folder = Folder::in_memory();
        let share = random.u8(1..100);
        disk.restore_partly(&folder, || random.u8(0..100) < share);
        let place = format!("loss {loss}: {} after {end} changes", job.name);
        let mut finished = execute(&folder, &job.disturbed);
        for arguments in &job.after {
            if finished.code == Some(0) {
                finished = execute(&folder, arguments);
            }
        }
        if finished.code == Some(0) {
            assert_eq!(folder.files(OUT), undisturbed.files, "{place}");
        } else {
            assert_eq!(finished.code, Some(74), "{place}: {finished:?}");
            expect_one_clear_line(&finished);
            println!("{place}: {}", finished.stderr.trim_end());
            refused += 1;
        }
    }
    println!("{losses} losses: {} recovered, {refused} refused, 0 wrong", losses - refused);
}

/// Nobody knows what a failed sync has left. So it is the last thing that the process does to its files: only the syncs of
/// other paths that it had asked for beside it may still end.
#[test]
fn after_a_failed_sync_nothing_more_is_written() {
    let (mut failed, mut unknown) = (0, 0);
    for job in jobs() {
        let undisturbed = job.undisturbed();
        let start = job.start();
        let every = twin::number_from_environment("SESSIONIZE_TEST_SYNC_EVERY", 4);
        for number in (1..).step_by(every) {
            let (folder, log) = (Folder::in_memory(), Folder::in_memory());
            twin::copy(&start, &folder);
            let mut command = command(&folder, &job.disturbed);
            recorder::record(&mut command, &folder, &log.path("log"));
            command.env("RECORDER_FAIL_SYNC", number.to_string());
            let finished = Finished::of(command, b"");
            let changes = recorder::read(&log.path("log"), &folder);
            let Some(at) = changes.iter().position(|change| matches!(change, Change::FailedSync(_))) else {
                finished.expect_code(0);
                break;
            };
            let place = format!("{}, sync {number}, {:?}: {finished:?}", job.name, changes[at]);
            let later = &changes[at + 1..];
            let was_beside = |change: &Change| matches!((change, &changes[at]), (Change::Sync(path), Change::FailedSync(failed)) if path != failed);
            assert!(later.len() < SYNCS_AT_ONCE && later.iter().all(was_beside), "{place}: then {later:?}");
            if finished.code != Some(0) {
                // What the commit has left is unknown; before it nothing was changed, after it the run is committed.
                let is_unknown = finished.stderr.contains("it is unknown whether run ");
                assert_eq!(finished.code, Some(if is_unknown { 71 } else { 1 }), "{place}");
                expect_one_clear_line(&finished);
                unknown += usize::from(is_unknown);
            }
            for arguments in [&job.disturbed].into_iter().chain(&job.after) {
                let finished = execute(&folder, arguments);
                assert_eq!(finished.code, Some(0), "{place}: {finished:?}");
            }
            assert_eq!(folder.files(OUT), undisturbed.files, "{place}");
            failed += 1;
        }
    }
    assert!(unknown > 0, "no commit has failed");
    println!("{failed} syncs failed, {unknown} of them in a commit");
}
