//! Random streams of events, and their way into batch files.

use super::{Folder, read_csv};
use chrono::DateTime;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::HashMap;

/// The default gap, five minutes, in microseconds.
pub const GAP_US: i64 = 300_000_000;

/// 2020-01-01T00:00:00Z.
const START_US: i64 = 1_577_836_800_000_000;

/// An event; `number` is its third column, which makes every row another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub key: Vec<u8>,
    pub us: i64,
    pub number: usize,
}

impl Event {
    /// Its row in a batch file, with the line end.
    pub fn row(&self) -> Vec<u8> {
        let time = DateTime::from_timestamp_micros(self.us).unwrap().format("%Y-%m-%d %H:%M:%S%.6f");
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer
            .write_record([&self.key[..], time.to_string().as_bytes(), self.number.to_string().as_bytes()])
            .unwrap();
        writer.into_inner().unwrap()
    }
}

/// How many cases a property is tried with: few, because each runs the program several times. `PROPTEST_CASES` asks for
/// more.
pub fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() }
}

/// Up to `most` events in the order of time: on one key, on a few, or each on its own; with ties, with pauses of exactly
/// the gap and of one microsecond more.
pub fn events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    let pause = prop_oneof![
        3 => Just(0),
        2 => Just(1),
        2 => Just(GAP_US - 1),
        3 => Just(GAP_US),
        3 => Just(GAP_US + 1),
        5 => 0..3 * GAP_US,
    ];
    let keys = prop_oneof![Just(1), 2_usize..6, Just(usize::MAX)];
    (keys, any::<bool>(), proptest::collection::vec((any::<Index>(), pause), 0..most)).prop_map(
        |(keys, plain, steps)| {
            let mut events: Vec<Event> = Vec::new();
            let mut last_of_key = HashMap::new();
            let mut last_us = START_US;
            for (number, (index, pause)) in steps.into_iter().enumerate() {
                let key = if keys == usize::MAX { number } else { index.index(keys) };
                last_us = last_of_key.get(&key).copied().unwrap_or(last_us) + pause;
                last_of_key.insert(key, last_us);
                events.push(Event { key: key_name(key, plain), us: last_us, number });
            }
            events.sort_by_key(|event| event.us);
            events
        },
    )
}

/// Names of keys; those that are not plain need quotes in CSV, or are no text at all.
fn key_name(number: usize, plain: bool) -> Vec<u8> {
    let mut name = format!("key {number}").into_bytes();
    if !plain {
        name.extend_from_slice([&b""[..], b",", b"\"", b"\n", b"\xFF", b"\x1E", b"\r\n"][number % 7]);
    }
    name
}

/// Puts events into an order in which none lies more than `disorder_us` behind the latest one before it.
pub fn disordered(events: Vec<Event>, disorder_us: i64, seed: u64) -> Vec<Event> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut arriving: Vec<(i64, Event)> =
        events.into_iter().map(|event| (event.us + random.i64(0..=disorder_us), event)).collect();
    arriving.sort_by_key(|(arrival, _)| *arrival);
    arriving.into_iter().map(|(_, event)| event).collect()
}

/// Cuts a stream into batches that are not empty.
pub fn cut(events: &[Event], cuts: &[Index]) -> Vec<Vec<Event>> {
    let mut ends: Vec<usize> =
        cuts.iter().map(|cut| cut.index(events.len() + 1)).chain([0, events.len()]).collect();
    ends.sort_unstable();
    ends.dedup();
    ends.windows(2).map(|ends| events[ends[0]..ends[1]].to_vec()).collect()
}

/// Writes a batch as one to three files that are not empty, and returns their names with the events of each in order.
pub fn write_batch(folder: &Folder, number: usize, batch: &[Event], seed: u64) -> Vec<(String, Vec<Event>)> {
    let size = batch.len().div_ceil(1 + usize::try_from(seed % 3).unwrap());
    let files = batch.chunks(size.max(1)).enumerate().map(|(part, events)| {
        let name = format!("batch-{number}-{part}.csv");
        folder.write(&name, events.iter().flat_map(Event::row).collect::<Vec<u8>>());
        (name, events.to_vec())
    });
    files.collect()
}

/// Rows of all published sessions: key, start, end, events, id; sorted. The key is one column.
pub fn sessions(folder: &Folder) -> Vec<(Vec<u8>, String, String, u64, String)> {
    let published = folder.published();
    let of_sessions = published.iter().filter(|(path, _)| path.iter().any(|part| part == "sessions"));
    let text = |field: &Vec<u8>| String::from_utf8(field.clone()).unwrap();
    let mut rows: Vec<_> = of_sessions
        .flat_map(|(_, content)| read_csv(content).split_off(1))
        .map(|row| {
            (row[1].clone(), text(&row[2]), text(&row[3]), text(&row[5]).parse().unwrap(), text(&row[0]))
        })
        .collect();
    rows.sort();
    rows
}
