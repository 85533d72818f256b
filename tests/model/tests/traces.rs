//! The real program does what the model does: its traces, recorded call by call, are held to the model.
//!
//! Needs the program (`cargo build`, or `SESSIONIZE_TEST_PROGRAM`) and a C compiler. `SESSIONIZE_TEST_CALL_EVERY=1` kills the program
//! after every change.
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
use sessionize_model::command::Command::{self, Finalize, Rollback, Run};
use sessionize_model::conformance::follower::Follower;
use sessionize_model::conformance::label::Label;
use sessionize_model::path::Path;
use sessionize_model::process::Rules;

/// What a process is started for, in the words of the model and of the program.
type Call = (&'static [Command], Vec<&'static str>);

/// A story: calls that go before, and one that is looked at.
struct Story {
    name: &'static str,
    flags: &'static [&'static str],
    calls: Vec<Call>,
}

const PLAIN: &[&str] = &["--gap=5m"];
const SPLIT: &[&str] = &["--gap=5m", "--max-events=2", "--dedup=row", "--emit=both"];
const BY_DAYS: &[&str] = &["--gap=5m", "--partition-by=date"];

fn run(batch: usize) -> Call {
    const ONE: [&[Command]; 3] = [&[Run(0)], &[Run(1)], &[Run(2)]];
    (ONE[batch], vec!["run", ["batch-0.csv", "batch-1.csv", "batch-2.csv"][batch]])
}

fn stories() -> Vec<Story> {
    let finalize = || -> Call { (&[Finalize], vec!["finalize"]) };
    let back = || -> Call { (&[Rollback(1)], vec!["rollback", "--to-run=1"]) };
    let each: Call =
        (&[Run(0), Run(1), Run(2)], vec!["run", "--each", "batch-0.csv", "batch-1.csv", "batch-2.csv"]);
    vec![
        Story { name: "the first run", flags: PLAIN, calls: vec![run(0)] },
        Story { name: "a run among others", flags: PLAIN, calls: vec![run(0), run(1), run(2)] },
        Story { name: "a run that is known", flags: PLAIN, calls: vec![run(0), run(0)] },
        Story { name: "a backfill", flags: PLAIN, calls: vec![each] },
        Story { name: "a run under rules", flags: SPLIT, calls: vec![run(0), run(1)] },
        Story { name: "a run by days", flags: BY_DAYS, calls: vec![run(0), run(1)] },
        Story { name: "a finalize", flags: PLAIN, calls: vec![run(0), run(1), finalize()] },
        Story { name: "a rollback", flags: PLAIN, calls: vec![run(0), run(1), run(2), back()] },
        Story { name: "a rollback by days", flags: BY_DAYS, calls: vec![run(0), run(1), run(2), back()] },
    ]
}

/// Records all calls of a story; the last one is killed after some change, if that is asked for, and then repeated.
fn record(story: &Story, die_at: Option<usize>) -> Vec<(&'static [Command], Trace)> {
    let folder = Folder::with_batches();
    let mut traces = Vec::new();
    let (last, before) = story.calls.split_last().unwrap();
    let call =
        |(commands, arguments): &Call, die_at| (*commands, folder.record(arguments, story.flags, die_at));
    traces.extend(before.iter().map(|one| call(one, None)));
    if die_at.is_some() {
        traces.push(call(last, die_at));
    }
    traces.push(call(last, None));
    traces
}

/// Holds traces to the model, once for each output that occurs in them.
fn follow(traces: &[(&'static [Command], Trace)]) -> Result<usize, String> {
    follow_losing(traces, None)
}

/// The same, where the store loses the commit of the trace with this number.
fn follow_losing(traces: &[(&'static [Command], Trace)], losing: Option<usize>) -> Result<usize, String> {
    let outputs = recording::outputs(traces.iter().map(|(_, trace)| trace));
    for output in &outputs {
        let without_output = recording::runs_without(output, traces.iter().map(|(_, trace)| trace));
        let mut follower = Follower::new(Rules { by_days: output.day.is_some(), bug: None, without_output });
        for (place, (commands, trace)) in traces.iter().enumerate() {
            follower.start(commands);
            for (number, label) in trace.labels(output) {
                let at = |why| format!("{output:?}, {commands:?}, change {number}: {why}");
                follower.accept(label).map_err(at)?;
            }
            if trace.was_killed {
                follower.kill();
            }
            if losing == Some(place) {
                follower.lose_commit();
            }
            follower.finish().map_err(|why| format!("{output:?}, {commands:?}: {why}"))?;
        }
    }
    Ok(outputs.len())
}

#[test]
fn every_trace_is_a_behaviour_of_the_model() {
    let every = std::env::var("SESSIONIZE_TEST_CALL_EVERY").map_or(9, |every| every.parse().unwrap());
    let (mut all, mut held) = (0, 0);
    for story in stories() {
        let traces = record(&story, None);
        let changes = traces.last().unwrap().1.changes();
        held += follow(&traces).unwrap_or_else(|why| panic!("{}: {why}", story.name));
        let mut killed = 0;
        for die_at in (1..changes).step_by(every) {
            let traces = record(&story, Some(die_at));
            killed += traces.iter().filter(|(_, trace)| trace.was_killed).count();
            held +=
                follow(&traces).unwrap_or_else(|why| panic!("{}, killed after {die_at}: {why}", story.name));
            all += traces.len();
        }
        assert!(changes < 2 || killed > 0, "{}: no call was killed", story.name);
        all += traces.len();
    }
    println!("{all} traces of the program, {held} times held to the model, all accepted");
}

/// A run or a rollback dies while it publishes, and the store loses its commit: the next command puts back what has moved.
#[test]
fn traces_after_a_lost_commit_are_behaviours_of_the_model() {
    let mut put_back = 0;
    let of = ["a run among others", "a rollback", "a rollback by days"];
    for story in stories().into_iter().filter(|story| of.contains(&story.name)) {
        let (last, before) = story.calls.split_last().unwrap();
        for die_at in (1..).step_by(3) {
            let folder = Folder::with_batches();
            let call = |(commands, arguments): &Call, die_at| {
                (*commands, folder.record(arguments, story.flags, die_at))
            };
            let mut traces: Vec<_> = before.iter().map(|one| call(one, None)).collect();
            folder.keep_state();
            traces.push(call(last, Some(die_at)));
            let (_, dead) = traces.last().unwrap();
            if !dead.was_killed || dead.has_published() {
                break;
            }
            if !dead.has_begun_to_publish() {
                continue;
            }
            folder.put_back_state();
            traces.push(call(last, None));
            let losing = traces.len() - 2;
            follow_losing(&traces, Some(losing))
                .unwrap_or_else(|why| panic!("{}, killed after {die_at}: {why}", story.name));
            put_back += 1;
        }
    }
    assert!(put_back > 0);
    println!("{put_back} lost commits, each put right as in the model");
}

/// A trace with a mistake in it is refused, and the refusal names the step.
#[test]
fn a_trace_with_a_mistake_is_refused() {
    let story = &stories()[1];
    let outputs = [recording::sessions()];
    let traces = record(story, None);
    let labels: Vec<Label> = traces.last().unwrap().1.labels(&outputs[0]).map(|(_, label)| label).collect();
    let position = |label: Label| labels.iter().position(|other| *other == label).unwrap();
    let without = |label: Label| {
        let mut changed = labels.clone();
        changed.remove(position(label));
        changed
    };
    let swapped = |one: Label, other: Label| {
        let mut changed = labels.clone();
        changed.swap(position(one), position(other));
        changed
    };
    let (staged, manifest) = (Path::StagedSessions(3), Path::StagedManifest(3));
    let published = Label::Rename(staged, Path::Sessions(3));
    let published_manifest = Label::Rename(manifest, Path::Manifest(3));
    for (mistake, changed) in [
        ("the output is not synced", without(Label::Sync(staged))),
        ("the manifest is not synced", without(Label::Sync(manifest))),
        ("the staged names are not synced", without(Label::Sync(Path::StagedRun(3)))),
        ("the published name is not synced", without(Label::Sync(Path::SessionsFolder))),
        ("there is no commit", without(Label::Commit)),
        ("the output is not published", without(published)),
        ("the commit comes before the manifest is synced", swapped(Label::Sync(manifest), Label::Commit)),
        ("the output is published before the commit", swapped(published, Label::Commit)),
        ("the manifest is published before the output", swapped(published, published_manifest)),
        ("the lock comes late", swapped(Label::Lock, Label::Commit)),
    ] {
        let mut follower = Follower::new(Rules::default());
        for (commands, trace) in &traces[..traces.len() - 1] {
            follower.start(commands);
            trace.labels(&outputs[0]).for_each(|(_, label)| follower.accept(label).unwrap());
        }
        follower.start(story.calls.last().unwrap().0);
        let followed =
            changed.iter().try_for_each(|label| follower.accept(*label)).and_then(|()| follower.finish());
        let refusal = followed.expect_err(mistake);
        println!("{mistake}: {refusal}");
    }
}
