//! However a stream is cut into batches, each of them CSV or Parquet, and however a Parquet file is cut into row groups and pages:
//! the sessions are those of the oracle.

use super::write::{file, table, texts};
use crate::oracle::OracleSession;
use crate::support::stream::{self, Event, GAP_US};
use crate::support::{Accounts, Folder};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, DictionaryArray, TimestampMicrosecondArray, TimestampNanosecondArray,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::Arc;

/// How one batch is written and run.
#[derive(Debug, Clone)]
enum Way {
    Csv,
    Parquet { rows_of_group: usize, rows_of_page: usize, types: u8 },
}

#[derive(Debug, Clone)]
struct Batch {
    events: Vec<Event>,
    way: Way,
    threads: usize,
    spills: bool,
}

#[derive(Debug, Clone)]
struct Case {
    disorder_us: i64,
    batches: Vec<Batch>,
}

fn way() -> impl Strategy<Value = Way> {
    let parquet = (1_usize..40, 1_usize..9, any::<u8>());
    prop_oneof![
        1 => Just(Way::Csv),
        2 => parquet.prop_map(|(rows_of_group, rows_of_page, types)| Way::Parquet { rows_of_group, rows_of_page, types }),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let disorder = prop_oneof![2 => Just(0), 3 => 0..3 * GAP_US];
    let run = || (way(), 1_usize..=8, any::<bool>());
    let cuts = proptest::collection::vec((any::<Index>(), run()), 0..5);
    (stream::events(80), disorder, any::<u64>(), cuts, run()).prop_map(
        |(events, disorder_us, seed, cuts, last)| {
            let arriving = stream::disordered(events, disorder_us, seed);
            let (cuts, mut runs): (Vec<_>, Vec<_>) = cuts.into_iter().unzip();
            runs.push(last);
            let batches = stream::cut(&arriving, &cuts).into_iter().zip(runs);
            let batch = |(events, (way, threads, spills))| Batch { events, way, threads, spills };
            Case { disorder_us, batches: batches.map(batch).collect() }
        },
    )
}

fn csv(events: &[Event]) -> Vec<u8> {
    let rows: Vec<u8> = events.iter().flat_map(Event::row).collect();
    [&b"key,at,number\n"[..], &rows].concat()
}

/// Keys as texts where they are, in a dictionary or not, else as bytes; times in one of two units, after the key or before it.
fn parquet(events: &[Event], rows_of_group: usize, rows_of_page: usize, types: u8) -> Vec<u8> {
    let of_texts: Option<Vec<&str>> =
        events.iter().map(|event| std::str::from_utf8(&event.key).ok()).collect();
    let keys: ArrayRef = match of_texts {
        Some(keys) if types & 1 == 0 => Arc::new(DictionaryArray::<Int32Type>::from_iter(keys)),
        Some(keys) if types & 2 == 0 => texts(keys),
        _ => Arc::new(BinaryArray::from_iter_values(events.iter().map(|event| &event.key))),
    };
    let us = events.iter().map(|event| event.us);
    let times: ArrayRef = if types & 4 == 0 {
        Arc::new(TimestampMicrosecondArray::from_iter_values(us).with_timezone("UTC"))
    } else {
        Arc::new(TimestampNanosecondArray::from_iter_values(us.map(|us| us * 1_000)))
    };
    let numbers: Vec<String> = events.iter().map(|event| event.number.to_string()).collect();
    let numbers = ("number", texts(numbers.iter().map(String::as_str)));
    let columns = if types & 8 == 0 {
        vec![("key", keys), ("at", times), numbers]
    } else {
        vec![("at", times), numbers, ("key", keys)]
    };
    let version = if types & 16 == 0 { WriterVersion::PARQUET_1_0 } else { WriterVersion::PARQUET_2_0 };
    let compression =
        [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())]
            [usize::from(types >> 5) % 3];
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(rows_of_group))
        .set_data_page_row_count_limit(rows_of_page)
        .set_write_batch_size(rows_of_page)
        .set_dictionary_enabled(types & 32 == 0)
        .set_writer_version(version)
        .set_compression(compression);
    file(&table(columns), properties)
}

/// Runs all batches and the final cut.
fn play(case: &Case) -> Folder {
    let folder = Folder::in_memory();
    let mut accounts = Accounts::default();
    let delay = format!("{}us", case.disorder_us);
    for (number, Batch { events, way, threads, spills }) in case.batches.iter().enumerate() {
        let name = format!("batch-{number}");
        folder.write(
            &name,
            match way {
                Way::Csv => csv(events),
                Way::Parquet { rows_of_group, rows_of_page, types } => {
                    parquet(events, *rows_of_group, *rows_of_page, *types)
                }
            },
        );
        let threads = threads.to_string();
        let flags = ["run", "--batch", &name, "--key=key", "--time=at", "--max-late=0", "--max-rejects=0"];
        let limits = ["--threads", &threads, "--watermark-delay", &delay, "--report=json"];
        let memory = if *spills { &["--memory=1"][..] } else { &[] };
        let report = folder.sessionize(&[&flags[..], &limits, memory].concat()).expect_code(0).json();
        assert_eq!(accounts.imbalance(&report), None);
        assert_eq!(report["events_accepted"], events.len());
    }
    if !case.batches.is_empty() {
        folder.sessionize(&["finalize"]).expect_code(0);
    }
    folder
}

proptest! {
    #![proptest_config(stream::config(24))]

    #[test]
    fn the_sessions_are_those_of_the_oracle(case in case()) {
        let found: Vec<_> = stream::sessions(&play(&case))
            .into_iter()
            .map(|(key, start, end, events, id)| (key, crate::oracle::us(&start), crate::oracle::us(&end), events, id))
            .collect();
        let events = case.batches.iter().flat_map(|batch| &batch.events);
        let all: Vec<_> = events.map(|event| (event.key.clone(), event.us)).collect();
        let row = |of: OracleSession| (of.key, of.start_us, of.end_us, of.events, of.id.to_string());
        let expected: Vec<_> = crate::oracle::sessions(&all, GAP_US).into_iter().map(row).collect();
        prop_assert_eq!(found, expected);
    }
}
