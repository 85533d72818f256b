//! Deliveries and backups of the real program do what the model does: their traces, recorded call by call, are held to it.
//!
//! Needs what `traces.rs` needs. `SESSIONIZE_TEST_CALL_EVERY=1` kills the program after every change.
#![allow(clippy::disallowed_methods, reason = "makes folders and reads what was recorded")]
#![cfg(target_os = "linux")]
#![allow(missing_docs, dead_code, reason = "a test program, which shares its recorder with another one")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "the figures of docs/trust.md; a test that cannot go on ends"
)]

mod recording;

use recording::{Folder, Trace};
use sessionize_model::command::Command::{self, Rollback, Run};
use sessionize_model::conformance::backups::BackupTrace;
use sessionize_model::conformance::deliveries::DeliveryFollower;
use sessionize_model::conformance::follower::Follower;
use sessionize_model::conformance::place::Place;
use sessionize_model::process::Rules;

const FLAGS: &[&str] = &["--gap=5m"];
const DELIVER: &[&str] = &["deliver", "--to=./lake"];

/// What happens before the delivery that is looked at: runs, and deliveries.
#[derive(Clone, Copy)]
enum Before {
    Published(Command),
    Delivered,
}

use Before::{Delivered, Published};

const STORIES: [(&str, &[Before]); 4] = [
    ("a new target", &[Published(Run(0)), Published(Run(1)), Published(Run(2))]),
    ("a run", &[Published(Run(0)), Published(Run(1)), Delivered, Published(Run(2))]),
    ("nothing new", &[Published(Run(0)), Delivered]),
    (
        "a rollback of what the target has and what it has not",
        &[Published(Run(0)), Published(Run(1)), Delivered, Published(Run(2)), Published(Rollback(1))],
    ),
];

fn arguments(command: Command) -> Vec<String> {
    match command {
        Run(batch) => vec!["run".to_owned(), format!("batch-{batch}.csv")],
        Rollback(to) => vec!["rollback".to_owned(), format!("--to-run={to}")],
        other => panic!("{other:?} is in no story"),
    }
}

/// Does what goes before, and follows it.
fn prepared(before: &[Before]) -> (Folder, DeliveryFollower) {
    let (folder, mut follower) = (Folder::with_batches(), DeliveryFollower::default());
    for step in before {
        match step {
            Published(command) => {
                let arguments = arguments(*command);
                folder.record(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), FLAGS, None);
                follower.publish(*command);
            }
            Delivered => {
                let trace = folder.record(DELIVER, &[], None);
                follow(&mut follower, changes(&trace), false).unwrap();
            }
        }
    }
    (folder, follower)
}

type Change = (char, String, String);

fn changes(trace: &Trace) -> Vec<Change> {
    trace.all().map(|(change, path, other)| (change, path.to_owned(), other.to_owned())).collect()
}

fn follow(follower: &mut DeliveryFollower, changes: Vec<Change>, was_killed: bool) -> Result<(), String> {
    follower.start();
    for (number, (change, path, other)) in (1..).zip(changes) {
        let at = |why| format!("change {number}, {change} {path}: {why}");
        follower.accept(change, &path, &other).map_err(at)?;
    }
    if was_killed {
        follower.kill();
        return Ok(());
    }
    follower.finish()
}

#[test]
fn every_trace_of_a_delivery_is_a_behaviour_of_the_model() {
    let every = std::env::var("SESSIONIZE_TEST_CALL_EVERY").map_or(7, |every| every.parse().unwrap());
    let mut all = 0;
    for (name, before) in STORIES {
        let (folder, mut follower) = prepared(before);
        let trace = folder.record(DELIVER, &[], None);
        follow(&mut follower, changes(&trace), false).unwrap_or_else(|why| panic!("{name}: {why}"));
        all += 1;
        for die_at in (1..trace.changes()).step_by(every) {
            let (folder, mut follower) = prepared(before);
            let dead = folder.record(DELIVER, &[], Some(die_at));
            let again = folder.record(DELIVER, &[], None);
            let followed = follow(&mut follower, changes(&dead), dead.was_killed)
                .and_then(|()| follow(&mut follower, changes(&again), false));
            followed.unwrap_or_else(|why| panic!("{name}, killed after {die_at}: {why}"));
            all += 2;
        }
    }
    println!("{all} traces of deliveries, all accepted");
}

#[test]
fn every_trace_of_a_backup_is_a_behaviour_of_the_model() {
    let output = recording::sessions();
    let mut all = 0;
    for back in [None, Some(Rollback(1))] {
        let published: Vec<Command> = [Run(0), Run(1), Run(2)].into_iter().chain(back).collect();
        let (folder, mut follower) = (Folder::with_batches(), Follower::new(Rules::default()));
        for command in &published {
            let arguments = arguments(*command);
            let trace = folder.record(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), FLAGS, None);
            follower.start(&[*command]);
            trace.labels(&output).try_for_each(|(_, label)| follower.accept(label)).unwrap();
        }
        let mut taken = BackupTrace::of(&output);
        let trace = folder.record(&["backup", "kept"], &[], None);
        let followed = trace.all().try_for_each(|(change, path, other)| taken.accept(change, path, other));
        followed.and_then(|()| taken.finish(follower.worlds().next().unwrap())).unwrap();
        all += 1;
        let changes = changes(&trace);
        let without = |gone: &dyn Fn(&Change) -> bool| {
            let mut taken = BackupTrace::of(&output);
            let kept = changes.iter().filter(|change| !gone(change));
            let followed =
                kept.into_iter().try_for_each(|(change, path, other)| taken.accept(*change, path, other));
            followed.and_then(|()| taken.finish(follower.worlds().next().unwrap()))
        };
        for (mistake, gone) in [
            ("an output is not copied", "kept.partial/out/sessions/run-00000001.csv"),
            ("a manifest is not copied", "kept.partial/out/manifests/run-00000002.json"),
            ("the store is not copied", "kept.partial/state/db"),
        ] {
            println!("{mistake}: {}", without(&|(_, path, _)| path == gone).expect_err(mistake));
        }
        let unsynced = without(&|(change, path, _)| *change == 'S' && path == "kept.partial/state/db");
        println!("a file is not synced: {}", unsynced.expect_err("a file is not synced"));
        let unnamed = without(&|(change, ..)| *change == 'R');
        println!("it has no name: {}", unnamed.expect_err("it has no name"));
    }
    println!("{all} traces of backups, all accepted");
}

/// A trace of a delivery with a mistake in it is refused, and the refusal names the step.
#[test]
fn a_delivery_with_a_mistake_is_refused() {
    let (folder, _) = prepared(STORIES[1].1);
    let trace = changes(&folder.record(DELIVER, &[], None));
    let find = |change: char, is: fn(Place<'_>) -> bool| {
        trace.iter().position(|(of, path, _)| *of == change && Place::of(path).is_some_and(is)).unwrap()
    };
    let is_data = |place: Place<'_>| matches!(place, Place::Data { .. });
    let is_manifest = |place: Place<'_>| matches!(place, Place::PartialManifest(_));
    let is_position = |place: Place<'_>| place == Place::PartialPosition;
    let linked = find('L', is_manifest);
    let named = |at: usize| trace[at..].iter().position(|(change, ..)| *change == 'S').unwrap() + at;
    let without = |range: std::ops::RangeInclusive<usize>| {
        let mut changed = trace.clone();
        changed.drain(range);
        changed
    };
    let (first, last) = (find('C', is_data), find('S', is_data));
    let begun = find('C', is_manifest);
    // The position is registered first and last.
    let registers =
        trace.iter().rposition(|(of, path, _)| *of == 'C' && Place::of(path).is_some_and(is_position));
    let registers = registers.unwrap();
    let registered = registers + 4;
    let moved = |from: std::ops::RangeInclusive<usize>, to: usize| {
        let mut changed = trace.clone();
        let part: Vec<Change> = changed.drain(from).collect();
        changed.splice(to..to, part);
        changed
    };
    let written = |at: usize, said: &str| {
        let mut changed = trace.clone();
        changed[at].2 = said.to_owned();
        changed
    };
    let put_twice = [&trace[..=linked], &trace[linked..]].concat();
    let removed = {
        let mut changed = trace.clone();
        changed.insert(named(linked) + 1, ('U', trace[first].1.clone(), String::new()));
        changed
    };
    for (mistake, changed) in [
        ("the data is not synced", without(last..=last)),
        ("the name of the data is not synced", without(named(last + 1)..=named(last + 1))),
        ("the manifest is not synced", without(find('S', is_manifest)..=find('S', is_manifest))),
        ("the manifest has no name", without(linked..=linked)),
        ("the name of the manifest is not synced", without(named(linked)..=named(linked))),
        ("the manifest comes before the data", moved(first..=named(last + 1), named(linked) + 1)),
        ("the position is registered before the manifest is put", moved(registers..=registered, begun)),
        ("the position is not registered", without(registers..=registered)),
        ("the manifest is of another run", written(find('W', is_manifest), "run 2")),
        ("the manifest takes runs back", written(find('W', is_manifest), "run 3, back to 1")),
        ("the position is of another run", written(registers + 1, "run 2")),
        ("the manifest is put twice", put_twice),
        ("data is removed that a manifest names", removed),
    ] {
        let mut follower = prepared(STORIES[1].1).1;
        let refusal = follow(&mut follower, changed, false).expect_err(mistake);
        println!("{mistake}: {refusal}");
    }
}
