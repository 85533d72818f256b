//! However a stream is cut into batches and files, shuffled inside them and folded: the sessions are those of the oracle; and batch by
//! batch, sessions, watermark and open state are those of the specification that `docs/proof/` proves right.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::oracle::OracleSession;
use crate::oracle::specification::{self, Command, Part, Span, Specification};
use crate::support::stream::{self, Event, GAP_US};
use crate::support::{Accounts, Folder};
use proptest::prelude::*;
use proptest::sample::Index;
use sessionize::internals::{
    Advance as CoreAdvance, CompletedSession, Event as TakenEvent, Fold, Gap, GapReducer, KeyHash, KeyState,
    OpenSession,
};
use sessionize::{Timestamp, Watermark};
use std::collections::BTreeMap;

/// How one batch is run.
#[derive(Debug, Clone)]
struct Way {
    seed: u64,
    threads: usize,
    /// Whether there is memory for hardly an event, so that all of them go through temporary files.
    spills: bool,
    /// How the watermark moves, without making anything late.
    advance: Advance,
}

#[derive(Debug, Clone)]
enum Advance {
    /// A lateness that is longer than the disorder by this.
    Delay(i64),
    /// The time before which nothing is still to come.
    Stated,
    /// The same, stated by a `finalize --as-of` behind the run.
    Finalize,
}

fn way() -> impl Strategy<Value = Way> {
    let advance = prop_oneof![
        4 => (0..2 * GAP_US).prop_map(Advance::Delay),
        4 => Just(Advance::Delay(0)),
        1 => Just(Advance::Stated),
        1 => Just(Advance::Finalize),
    ];
    (any::<u64>(), 1_usize..=8, any::<bool>(), advance).prop_map(|(seed, threads, spills, advance)| Way {
        seed,
        threads,
        spills,
        advance,
    })
}

#[derive(Debug, Clone)]
struct Case {
    disorder_us: i64,
    batches: Vec<(Vec<Event>, Way)>,
}

fn case(most_events: usize) -> impl Strategy<Value = Case> {
    let disorder = prop_oneof![2 => Just(0), 1 => Just(1), 3 => 0..3 * GAP_US];
    let cuts = proptest::collection::vec((any::<Index>(), way()), 0..5);
    (stream::events(most_events), disorder, any::<u64>(), cuts, way()).prop_map(
        |(events, disorder_us, seed, cuts, last)| {
            let arriving = stream::disordered(events, disorder_us, seed);
            let (cuts, mut ways): (Vec<_>, Vec<_>) = cuts.into_iter().unzip();
            ways.push(last);
            let batches = stream::cut(&arriving, &cuts).into_iter().zip(ways);
            Case {
                disorder_us,
                batches: batches.map(|(batch, way)| (shuffled(batch, way.seed), way)).collect(),
            }
        },
    )
}

fn shuffled(mut batch: Vec<Event>, seed: u64) -> Vec<Event> {
    // Every other batch keeps the order in which it arrived: that is what streams.
    if seed.is_multiple_of(2) {
        fastrand::Rng::with_seed(seed).shuffle(&mut batch);
    }
    batch
}

/// Runs all batches and the final cut; `threads` overrides those of the ways.
fn play(case: &Case, threads: Option<usize>) -> Folder {
    let folder = Folder::new();
    let mut accounts = Accounts::default();
    let mut command = |arguments: &[&str]| {
        let finished = folder.sessionize(&[arguments, &["--report", "json"]].concat()).expect_code(0);
        assert_eq!(accounts.imbalance(&finished.json()), None);
        finished.json()
    };
    for (number, (batch, way)) in case.batches.iter().enumerate() {
        let files = stream::write_batch(&folder, number, batch, way.seed);
        let threads = threads.unwrap_or(way.threads).to_string();
        let mut arguments = vec!["run", "--max-late", "0", "--max-rejects", "0", "--threads", &threads];
        arguments.extend(files.iter().map(|(name, _)| name.as_str()));
        if way.spills {
            arguments.extend(["--memory", "1"]);
        }
        let to_come =
            case.batches[number + 1..].iter().flat_map(|(batch, _)| batch).map(|event| event.us).min();
        let stated = to_come.map(|us| format!("{us}"));
        let lateness_us =
            case.disorder_us + if let Advance::Delay(more_us) = way.advance { more_us } else { 0 };
        let lateness = format!("{lateness_us}us");
        match (&way.advance, &stated) {
            (Advance::Stated, Some(time)) => arguments.extend(["--watermark", time]),
            _ => arguments.extend(["--watermark-delay", &lateness]),
        }
        let report = command(&arguments);
        assert_eq!(report["events_accepted"], batch.len());
        if let (Advance::Finalize, Some(time)) = (&way.advance, &stated) {
            command(&["finalize", "--as-of", time]);
        }
    }
    if !case.batches.is_empty() {
        command(&["finalize"]);
    }
    folder
}

fn expected(case: &Case) -> Vec<(Vec<u8>, i64, i64, u64, String)> {
    let all: Vec<_> =
        case.batches.iter().flat_map(|(batch, _)| batch).map(|event| (event.key.clone(), event.us)).collect();
    let row = |of: OracleSession| (of.key, of.start_us, of.end_us, of.events, of.id.to_string());
    crate::oracle::sessions(&all, GAP_US).into_iter().map(row).collect()
}

proptest! {
    #![proptest_config(stream::config(20))]

    #[test]
    fn the_sessions_are_those_of_the_oracle(case in case(60)) {
        let folder = play(&case, None);
        let found: Vec<_> = stream::sessions(&folder)
            .into_iter()
            .map(|(key, start, end, events, id)| (key, crate::oracle::us(&start), crate::oracle::us(&end), events, id))
            .collect();
        prop_assert_eq!(found, expected(&case));
    }
}

proptest! {
    #![proptest_config(stream::config(8))]

    #[test]
    fn the_bytes_of_the_output_do_not_depend_on_threads(case in case(200)) {
        let of_sessions = |folder: Folder| {
            let mut files = folder.published();
            files.retain(|path, _| path.extension().is_some_and(|extension| extension == "csv"));
            files
        };
        prop_assert_eq!(of_sessions(play(&case, Some(1))), of_sessions(play(&case, Some(8))));
    }
}

/// Where the times of a history begin: 2020-01-01T00:00:00Z.
const BEGIN_US: i64 = 1_577_836_800_000_000;

/// Commands over a few keys and a hundred microseconds, so that ties, exact gaps and late events abound; the first one is a run.
fn history() -> impl Strategy<Value = (i64, Vec<Command>)> {
    let time = || (0_i64..100).prop_map(|us| BEGIN_US + us);
    let advance = prop_oneof![
        3 => (0_i64..30).prop_map(specification::Advance::Delay),
        2 => Just(specification::Advance::Delay(0)),
        1 => time().prop_map(specification::Advance::Stated),
    ];
    // Later batches have later events, by and large.
    let event = (0_usize..3, 0_i64..40);
    let run = (proptest::collection::vec(event, 1..8), advance);
    let other = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Command::Finalize)),
        2 => time().prop_map(|time| Some(Command::FinalizeAsOf(time))),
    ];
    (0_i64..12, proptest::collection::vec((run, other), 1..7)).prop_map(|(gap, steps)| {
        let number = i64::try_from(steps.len()).unwrap();
        let mut commands = Vec::new();
        for (step, ((events, advance), other)) in (0..).zip(steps) {
            let event = |(key, us): (usize, i64)| {
                (["a", "b", "c"][key].as_bytes().to_vec(), BEGIN_US + step * 60 / number + us)
            };
            commands.push(Command::Run(events.into_iter().map(event).collect(), advance));
            commands.extend(other);
        }
        (gap, commands)
    })
}

/// The reducer and the watermark of the core, used as the pipeline uses them: one reducer for each command.
struct Core {
    gap: Gap,
    watermark: Watermark,
    latest: Option<Timestamp>,
    parts: BTreeMap<Vec<u8>, Part>,
}

impl Core {
    fn play(&mut self, command: &Command, in_order: bool) -> Vec<(Vec<u8>, Span)> {
        let at = |us| Timestamp::from_us(us).unwrap();
        let before = self.watermark;
        let (mut accepted, cuts) = match command {
            Command::Run(batch, advance) => {
                let mut accepted = batch.clone();
                accepted.retain(|event| !before.is_late(at(event.1)));
                self.latest = self.latest.max(accepted.iter().map(|event| at(event.1)).max());
                let advance = match *advance {
                    specification::Advance::Delay(us) => CoreAdvance::Delay(us),
                    specification::Advance::Stated(us) => CoreAdvance::Stated(at(us)),
                };
                self.watermark = advance.after(before, self.latest);
                (accepted, false)
            }
            Command::Finalize => {
                let past_all =
                    self.latest.map_or(Watermark::BEGINNING, |latest| Watermark::at(at(latest.us() + 1)));
                self.watermark = before.max(past_all);
                (Vec::new(), true)
            }
            Command::FinalizeAsOf(us) => {
                self.watermark = before.max(Watermark::at(at(*us)));
                (Vec::new(), false)
            }
        };
        // A batch in the order of time is folded as it comes; one in any other order waits for its end.
        let horizon = if in_order { self.watermark } else { before };
        if in_order {
            accepted.sort_by_key(|event| event.1);
        }
        self.fold(&accepted, horizon, cuts)
    }

    fn fold(
        &mut self,
        accepted: &[specification::Event],
        horizon: Watermark,
        cuts: bool,
    ) -> Vec<(Vec<u8>, Span)> {
        let at = |us| Timestamp::from_us(us).unwrap();
        let hash = |key: &[u8]| KeyHash::of(key).table();
        let mut reported = Vec::new();
        let mut completed = |session: CompletedSession<'_>| {
            let (first_at, last_at, events) = (session.start.us(), session.end.us(), session.events);
            reported.push((session.key.to_vec(), Span { first_at, last_at, events }));
        };
        let mut reducer = GapReducer::new(self.gap);
        for (key, part) in &self.parts {
            let open = part.open.map(|span| OpenSession {
                start: at(span.first_at),
                last: at(span.last_at),
                events: span.events,
            });
            let tail: Vec<Timestamp> = part.tail.iter().map(|us| at(*us)).collect();
            reducer.restore(KeyState { key, open, buffered: &tail }, hash(key));
        }
        for (key, us) in accepted {
            let event = TakenEvent { key, table_hash: hash(key), time: at(*us), payload: b"" };
            reducer.take(event, horizon, &mut completed).unwrap();
        }
        if cuts {
            reducer.advance(Watermark::at(Timestamp::MAX), &mut completed).unwrap();
            reducer.close_all(&mut completed);
        } else {
            reducer.advance(self.watermark, &mut completed).unwrap();
            reducer.close_passed(self.watermark, &mut completed);
        }
        self.parts.clear();
        reducer.open_state(|state| {
            let open = state.open.map(|open| Span {
                first_at: open.start.us(),
                last_at: open.last.us(),
                events: open.events,
            });
            let tail = state.buffered.iter().map(|time| time.us()).collect();
            self.parts.insert(state.key.to_vec(), Part { open, tail });
        });
        reported.sort();
        reported
    }
}

proptest! {
    #![proptest_config(stream::config(2000))]

    #[test]
    fn the_reducer_is_the_specification((gap, commands) in history(), in_order in any::<bool>()) {
        let mut specification = Specification { gap, ..Specification::default() };
        let mut core =
            Core { gap: Gap::from_us(gap), watermark: Watermark::BEGINNING, latest: None, parts: BTreeMap::new() };
        for command in &commands {
            prop_assert_eq!(core.play(command, in_order), specification.play(command), "{:?}", command);
            prop_assert_eq!(core.watermark.time().map(Timestamp::us), specification.clock.reached);
            prop_assert_eq!(&core.parts, &specification.parts);
        }
    }
}

/// What a checkpoint keeps open, and its watermark, as an export has them.
#[expect(clippy::disallowed_methods, reason = "reads the export")]
fn kept(folder: &Folder, number: usize) -> (BTreeMap<Vec<u8>, Part>, Option<i64>) {
    let name = format!("export-{number}.jsonl");
    folder.sessionize(&["export-state", &name]).expect_code(0);
    let (mut parts, mut reached) = (BTreeMap::<Vec<u8>, Part>::new(), None);
    for line in std::fs::read_to_string(folder.path(&name)).unwrap().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let (export, state) = (&line["export"], &line["state"]);
        if export.is_object() {
            reached = export["head"]["watermark_us"].as_i64();
        } else if state.is_object() {
            let us = |value: &serde_json::Value| value.as_i64().unwrap();
            let open = state["open"].as_object().map(|open| Span {
                first_at: us(&open["start_us"]),
                last_at: us(&open["last_us"]),
                events: open["events"].as_u64().unwrap(),
            });
            let tail = state["tail_us"].as_array().unwrap().iter().map(us).collect();
            parts.insert(state["key"].as_str().unwrap().as_bytes().to_vec(), Part { open, tail });
        }
    }
    (parts, reached)
}

/// A command as it is typed; a batch is written to a file.
fn typed(folder: &Folder, number: usize, gap: i64, command: &Command) -> Vec<String> {
    let words = match command {
        Command::Run(batch, advance) => {
            let row = |(row, (key, us)): (usize, &specification::Event)| {
                format!("{},{us},{number}-{row}\n", String::from_utf8_lossy(key))
            };
            folder.write(&format!("{number}.csv"), batch.iter().enumerate().map(row).collect::<String>());
            let advance = match advance {
                specification::Advance::Delay(us) => format!("--watermark-delay {us}us"),
                specification::Advance::Stated(us) => format!("--watermark {us}"),
            };
            format!("run --batch {number}.csv --gap {gap}us --max-late 100% {advance}")
        }
        Command::Finalize => "finalize".to_owned(),
        Command::FinalizeAsOf(us) => format!("finalize --as-of {us}"),
    };
    words.split(' ').map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(stream::config(12))]

    #[test]
    fn the_program_is_the_specification((gap, commands) in history()) {
        let folder = Folder::new();
        let mut specification = Specification { gap, ..Specification::default() };
        let mut reported = Vec::new();
        for (number, command) in commands.iter().enumerate() {
            let typed = typed(&folder, number, gap, command);
            folder.sessionize(&typed.iter().map(String::as_str).collect::<Vec<_>>()).expect_code(0);
            reported.extend(specification.play(command));
            reported.sort();
            let mut written: Vec<_> = stream::sessions(&folder)
                .into_iter()
                .map(|(key, start, end, events, _)| {
                    (key, Span { first_at: crate::oracle::us(&start), last_at: crate::oracle::us(&end), events })
                })
                .collect();
            // Not in the order of their texts, which have no fraction where it is zero.
            written.sort();
            prop_assert_eq!(&written, &reported, "{:?}", command);
            let (parts, reached) = kept(&folder, number);
            prop_assert_eq!(&parts, &specification.parts);
            prop_assert_eq!(reached, specification.clock.reached);
        }
    }
}
