//! The parts of the hot path, each alone, on one thread: `cargo bench --bench parts`.
//!
//! The rows are those of `sessionize fake`, so the figures are about the same rows everywhere. What the whole program
//! needs is another question: `tests/bench/versus.sh` asks it.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on ends")]

use divan::Bencher;
use divan::counter::ItemsCount;
use sessionize::internals::{
    Columns, Csv, Dialect, Emit, Event, EventBatch, EventBuffer, Extent, FakeKeys, FakeSettings, FileDecoder,
    FileUnit, Fold, Gap, GapReducer, Intake, KeyHash, LocalFold, OpenSession, OutputFormat, OutputKind,
    OutputSchema, PARTITIONS, PartitionId, PathColumns, PurgedKeys, RowRules, RowSelection, Schema,
    SessionParts, Stored, TimeFormat, TimeParser, UnitDecoder, write_pageviews,
};
use sessionize::{CloseReason, Op, SessionBatch, Timestamp, Watermark};
use std::hint::black_box;

const ROWS: u64 = 100_000;
const FIVE_MINUTES: Gap = Gap::from_us(300_000_000);

fn rows() -> Vec<u8> {
    let settings = FakeSettings {
        rows: ROWS,
        users: 20_000,
        days: 1,
        seed: 1,
        disorder_us: 0,
        events_per_session: 8.0,
        keys: FakeKeys::Short,
    };
    let mut rows = Vec::new();
    write_pageviews(&settings, &mut rows).unwrap();
    rows
}

/// What stands in the rows that are parsed.
#[derive(Debug, Clone, Copy)]
enum Rows {
    /// No quotes.
    Plain,
    /// Each path in quotes.
    Quoted,
}

impl Rows {
    fn text(self) -> Vec<u8> {
        let quote = |line: &str| {
            let (front, path) = line.rsplit_once(',').unwrap();
            format!("{front},\"{path}\"\n")
        };
        match self {
            Self::Plain => rows(),
            Self::Quoted => {
                String::from_utf8(rows()).unwrap().lines().map(quote).collect::<String>().into_bytes()
            }
        }
    }
}

fn csv() -> FileDecoder {
    let columns = Columns { key: vec![0], time: vec![1], ..Columns::default() };
    FileDecoder::Csv(Csv {
        dialect: Dialect::default(),
        skip_lines: 0,
        schema: Some(Schema { columns, fields: 4, ..Schema::default() }),
    })
}

fn units<'f>(decoder: &'f FileDecoder, rows: &[u8]) -> Vec<FileUnit<'f>> {
    let mut units = decoder.units(rows, Extent::default());
    std::iter::from_fn(|| units.next(Vec::new()).unwrap()).collect()
}

fn decoder() -> UnitDecoder {
    let rules = RowRules {
        accepts_from: Watermark::BEGINNING,
        purged: PurgedKeys::default(),
        latest_allowed: Timestamp::MAX,
        selection: RowSelection::default(),
        key_hasher: None,
    };
    UnitDecoder::new(Intake::new(
        TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC),
        &PathColumns::default(),
        rules,
    ))
}

/// Everything decoded, by partition.
fn events() -> Vec<EventBuffer> {
    let mut events = vec![EventBuffer::default(); PARTITIONS];
    let (mut decoder, mut batch) = (decoder(), EventBatch::default());
    for unit in units(&csv(), &rows()) {
        decoder.decode(&unit, &mut batch).unwrap();
        for event in batch.events() {
            events[PartitionId::of_table_hash(event.table_hash).index()].push(event);
        }
    }
    events
}

/// Folds the events of all partitions; returns how many sessions were complete, and what is left.
fn fold(events: &[EventBuffer]) -> (u64, Vec<GapReducer>) {
    let mut complete = 0;
    let fold = |events: &EventBuffer| {
        let mut reducer = GapReducer::new(FIVE_MINUTES);
        for event in events.iter() {
            reducer.take(event, Watermark::at(Timestamp::MAX), &mut |_| complete += 1).unwrap();
        }
        reducer
    };
    let reducers = events.iter().map(fold).collect();
    (complete, reducers)
}

/// Bytes to events in partition buffers: rows, fields, times, hashes.
#[divan::bench(args = [Rows::Plain, Rows::Quoted])]
fn parse(bencher: Bencher<'_, '_>, which: Rows) {
    let (csv, rows) = (csv(), which.text());
    let units = units(&csv, &rows);
    let (mut decoder, mut batch) = (decoder(), EventBatch::default());
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        for unit in &units {
            decoder.decode(unit, &mut batch).unwrap();
            black_box(&batch);
        }
    });
}

/// The part of it that hashes keys and packs events into the buffers of their partitions.
#[divan::bench]
fn hash_and_pack(bencher: Bencher<'_, '_>) {
    let events = events();
    let mut buffers = vec![EventBuffer::default(); PARTITIONS];
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        buffers.iter_mut().for_each(EventBuffer::clear);
        for event in events.iter().flat_map(EventBuffer::iter) {
            let hash = KeyHash::of(event.key);
            let event = Event { table_hash: hash.table(), ..event };
            buffers[hash.partition().index()].push(event);
        }
        black_box(&buffers);
    });
}

/// Events to sessions.
#[divan::bench]
fn fold_in_order(bencher: Bencher<'_, '_>) {
    let events = events();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| fold(black_box(&events)).0);
}

/// Events of a unit to parts of sessions, before they go to their partitions.
#[divan::bench]
fn fold_locally(bencher: Bencher<'_, '_>) {
    let events = events();
    let (mut fold, mut parts) = (LocalFold::new(FIVE_MINUTES), SessionParts::default());
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        for events in &events {
            parts.clear();
            for event in events.iter() {
                fold.take(event.key, event.table_hash, event.time).unwrap();
            }
            fold.finish(&mut parts);
            black_box(&parts);
        }
    });
}

/// The sort that a batch out of order needs before the fold.
#[divan::bench]
fn sort(bencher: Bencher<'_, '_>) {
    let events = events();
    bencher.counter(ItemsCount::new(ROWS)).bench_local(|| {
        for events in &events {
            black_box(events.sorted_by_time());
        }
    });
}

/// Open sessions to chunks of the checkpoint.
#[divan::bench]
fn encode_open_sessions(bencher: Bencher<'_, '_>) {
    let (_, mut reducers) = fold(&events());
    let open: u64 = reducers.iter_mut().map(|reducer| reducer.encode().open.sessions).sum();
    bencher
        .counter(ItemsCount::new(open))
        .bench_local(|| reducers.iter_mut().map(|reducer| reducer.encode().open.keys).sum::<u64>());
}

/// Sessions to rows, ids included.
#[divan::bench]
fn write_sessions(bencher: Bencher<'_, '_>) {
    const SESSIONS: u32 = 1_000;
    let start = Timestamp::from_us(1_577_836_800_000_000).unwrap();
    let mut sessions = SessionBatch::default();
    for number in 0..SESSIONS {
        let mut open = OpenSession::begin(start.saturating_add_us(i64::from(number) * 1_000_000));
        open.extend(open.start.saturating_add_us(120_000_000));
        let key = format!("u{number}");
        sessions.push(Op::Insert, &open.close(key.as_bytes(), CloseReason::Gap));
    }
    let mut out = Vec::new();
    let schema = OutputSchema {
        key: vec!["user".to_owned()],
        aggregates: Vec::new(),
        event_columns: Vec::new(),
        is_correctable: false,
        emit: Emit::default(),
    };
    let encoder = OutputFormat::Csv.encoder(schema, false);
    bencher.counter(ItemsCount::new(SESSIONS)).bench_local(|| {
        out.clear();
        encoder.encode(OutputKind::Sessions, &sessions, &mut out);
        black_box(out.len())
    });
}

fn main() {
    divan::main();
}
