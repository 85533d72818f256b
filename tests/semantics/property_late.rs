//! With late rows: the sessions are those of the oracle over the accepted ones, and the late output has exactly the others.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::oracle::OracleSession;
use crate::support::stream::{self, Event, GAP_US};
use crate::support::{Accounts, Folder, OUT};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::path::Path;

/// A batch, and how it is run.
#[derive(Debug, Clone)]
struct Batch {
    events: Vec<Event>,
    lateness_us: i64,
    seed: u64,
    /// Whether a finalize follows.
    finalize: bool,
}

/// Batches of a stream whose disorder nothing covers.
fn batches() -> impl Strategy<Value = Vec<Batch>> {
    let way =
        (any::<Index>(), prop_oneof![Just(0), 0..2 * GAP_US], any::<u64>(), proptest::bool::weighted(0.2));
    let ways = proptest::collection::vec(way, 1..6);
    (stream::events(80), 0..6 * GAP_US, any::<u64>(), ways).prop_map(|(events, disorder_us, seed, ways)| {
        let arriving = stream::disordered(events, disorder_us, seed);
        let cuts: Vec<Index> = ways[1..].iter().map(|(cut, ..)| *cut).collect();
        let batch =
            |(events, (_, lateness_us, seed, finalize))| Batch { events, lateness_us, seed, finalize };
        stream::cut(&arriving, &cuts).into_iter().zip(ways).map(batch).collect()
    })
}

/// What rules 2, 3 and 7 say of late events and the watermark, one event after the other.
#[derive(Default)]
struct Model {
    watermark_us: Option<i64>,
    latest_us: Option<i64>,
    /// Accepted events since the last finalize, which cuts sessions.
    since_cut: Vec<(Vec<u8>, i64)>,
    sessions: Vec<OracleSession>,
}

impl Model {
    /// Whether each event of a batch is late.
    fn take(&mut self, batch: &Batch) -> Vec<bool> {
        let before = self.watermark_us;
        let is_late = |event: &Event| before.is_some_and(|watermark_us| event.us < watermark_us);
        for event in batch.events.iter().filter(|event| !is_late(event)) {
            self.latest_us = self.latest_us.max(Some(event.us));
            self.since_cut.push((event.key.clone(), event.us));
        }
        self.watermark_us = before.max(self.latest_us.map(|us| us - batch.lateness_us));
        batch.events.iter().map(is_late).collect()
    }

    fn finalize(&mut self) {
        self.sessions.extend(crate::oracle::sessions(&std::mem::take(&mut self.since_cut), GAP_US));
        self.watermark_us = self.watermark_us.max(self.latest_us.map(|us| us + 1));
    }
}

/// The rows of the late output as they should be: `file,line,late,` and the row verbatim.
fn late_rows(files: &[(String, Vec<Event>)], late: &[bool]) -> Vec<u8> {
    let mut output = b"file,line,reason,row\n".to_vec();
    let mut late = late.iter();
    for (name, events) in files {
        let mut line = 1;
        for event in events {
            let row = event.row();
            if *late.next().unwrap() {
                output.extend_from_slice(format!("{name},{line},late,").as_bytes());
                output.extend_from_slice(&row);
            }
            line += row.split(|&byte| byte == b'\n').count() - 1;
        }
    }
    output
}

/// Runs all batches; returns the late outputs that there should be, by run.
fn play(folder: &Folder, batches: &[Batch], model: &mut Model) -> BTreeMap<String, Vec<u8>> {
    let mut accounts = Accounts::default();
    let mut expected = BTreeMap::new();
    let mut command = |arguments: &[&str]| {
        let report = folder.sessionize(&[arguments, &["--report", "json"]].concat()).expect_code(0).json();
        assert_eq!(accounts.imbalance(&report), None);
        report
    };
    for (number, batch) in batches.iter().enumerate() {
        let files = stream::write_batch(folder, number, &batch.events, batch.seed);
        let late = model.take(batch);
        let lateness = format!("{}us", batch.lateness_us);
        let names = files.iter().map(|(name, _)| name.as_str());
        let report = command(
            &["run", "--watermark-delay", &lateness, "--max-late", "100%"]
                .into_iter()
                .chain(names)
                .collect::<Vec<_>>(),
        );
        let late_count = late.iter().filter(|late| **late).count();
        assert_eq!(report["events_late"], late_count);
        if late_count > 0 {
            expected
                .insert(format!("run-{:08}.csv", report["run"].as_u64().unwrap()), late_rows(&files, &late));
        }
        if batch.finalize {
            command(&["finalize"]);
            model.finalize();
        }
    }
    command(&["finalize"]);
    model.finalize();
    expected
}

proptest! {
    #![proptest_config(stream::config(20))]

    #[test]
    fn sessions_of_the_accepted_events_and_a_late_output_of_the_others(batches in batches()) {
        prop_assume!(!batches.is_empty());
        let folder = Folder::new();
        let mut model = Model::default();
        let late = play(&folder, &batches, &mut model);

        let mut expected: Vec<_> = model
            .sessions
            .into_iter()
            .map(|of| (of.key, of.start_us, of.end_us, of.events, of.id.to_string()))
            .collect();
        expected.sort();
        let found: Vec<_> = stream::sessions(&folder)
            .into_iter()
            .map(|(key, start, end, events, id)| (key, crate::oracle::us(&start), crate::oracle::us(&end), events, id))
            .collect();
        prop_assert_eq!(found, expected);

        let written: BTreeMap<String, Vec<u8>> = folder
            .published()
            .into_iter()
            .filter(|(path, _)| path.starts_with(Path::new(OUT).join("late")))
            .map(|(path, content)| (path.file_name().unwrap().to_string_lossy().into_owned(), content))
            .collect();
        prop_assert_eq!(written, late);
    }
}
