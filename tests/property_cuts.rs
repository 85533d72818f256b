//! However a stream is cut into batches and files, shuffled inside them and folded: the sessions are those of the oracle.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod oracle;
mod support;

use oracle::OracleSession;
use proptest::prelude::*;
use proptest::sample::Index;
use support::stream::{self, Event, GAP_US};
use support::{Accounts, Folder};

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
    Lateness(i64),
    /// The time before which nothing is still to come.
    Stated,
    /// The same, stated by a `finalize --as-of` behind the run.
    Finalize,
}

fn way() -> impl Strategy<Value = Way> {
    let advance = prop_oneof![
        4 => (0..2 * GAP_US).prop_map(Advance::Lateness),
        4 => Just(Advance::Lateness(0)),
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
        let finished = folder.sessionize(&[arguments, &["--format", "json"]].concat()).expect_code(0);
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
            case.disorder_us + if let Advance::Lateness(more_us) = way.advance { more_us } else { 0 };
        let lateness = format!("{lateness_us}us");
        match (&way.advance, &stated) {
            (Advance::Stated, Some(time)) => arguments.extend(["--watermark", time]),
            _ => arguments.extend(["--lateness", &lateness]),
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
    oracle::sessions(&all, GAP_US).into_iter().map(row).collect()
}

proptest! {
    #![proptest_config(stream::config(20))]

    #[test]
    fn the_sessions_are_those_of_the_oracle(case in case(60)) {
        let folder = play(&case, None);
        let found: Vec<_> = stream::sessions(&folder)
            .into_iter()
            .map(|(key, start, end, events, id)| (key, oracle::us(&start), oracle::us(&end), events, id))
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
