use super::Parquet;
use crate::core::event::Timestamp;
use crate::core::rules::Emit;
use crate::core::session::{CloseReason, CompletedSession, Op, SessionBatch};
use crate::ledger::{RunId, StreamId};
use crate::output::encode::{Encode, Origin};
use crate::output::{OutputKind, OutputSchema};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{
    ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection, RowSelector,
};
use parquet::file::metadata::PageIndexPolicy;

fn session(key: &[u8], start_us: i64) -> CompletedSession<'_> {
    let start = Timestamp::from_us(start_us).unwrap();
    CompletedSession {
        key,
        start,
        ordinal: 0,
        end: start,
        events: 1,
        close_reason: CloseReason::Gap,
        accumulators: &[],
        rows: &[],
    }
}

/// The file of these sessions, which come in batches of 100, and the id and the start of each.
fn file(keys: &[Vec<u8>]) -> (Bytes, Vec<(String, i64)>) {
    let schema = OutputSchema {
        key: vec!["user".to_owned()],
        aggregates: Vec::new(),
        event_columns: Vec::new(),
        is_correctable: false,
        emit: Emit { sessions: true, events: false },
    };
    let encoder = Parquet::new(schema, false);
    let origin = Origin { stream: StreamId::of_bytes([1; 16]), run: RunId::new(1), definition_digest: 2 };
    let mut file = encoder.file(OutputKind::Sessions, origin).unwrap();
    let (mut bytes, mut expected) = (Vec::new(), Vec::new());
    let mut start = 1_577_836_800_000_000;
    for keys in keys.chunks(100) {
        let mut batch = SessionBatch::default();
        for key in keys {
            start += 1_234_567;
            batch.push(Op::Insert, &session(key, start));
            expected.push((session(key, start).id().to_string(), start));
        }
        let mut rows = Vec::new();
        encoder.encode(OutputKind::Sessions, &batch, &mut rows);
        bytes.extend_from_slice(file.take(&rows).unwrap());
    }
    bytes.extend_from_slice(file.finish().unwrap());
    (bytes.into(), expected)
}

fn ids_and_starts(reader: ParquetRecordBatchReaderBuilder<Bytes>) -> Vec<(String, i64)> {
    let mut rows = Vec::new();
    for batch in reader.build().unwrap() {
        let batch = batch.unwrap();
        let ids = batch.column_by_name("session_id").unwrap().as_string::<i32>();
        let starts =
            batch.column_by_name("session_start").unwrap().as_primitive::<TimestampMicrosecondType>();
        rows.extend(ids.iter().zip(starts).map(|(id, start)| (id.unwrap().to_owned(), start.unwrap())));
    }
    rows
}

fn keys(count: u32) -> Vec<Vec<u8>> {
    (0..count).map(|user| format!("u{user}").into_bytes()).collect()
}

#[test]
fn rows_keep_their_ids_across_pages() {
    for count in [1, 6_551, 6_552, 6_553, 20_001] {
        let (file, expected) = file(&keys(count));
        assert_eq!(
            ids_and_starts(ParquetRecordBatchReaderBuilder::try_new(file).unwrap()),
            expected,
            "{count}"
        );
    }
}

#[test]
fn a_reader_finds_rows_by_the_index_of_pages() {
    let (file, expected) = file(&keys(20_001));
    for first in [0, 6_551, 6_552, 13_103, 13_104, 19_999] {
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Required);
        let reader = ParquetRecordBatchReaderBuilder::try_new_with_options(file.clone(), options).unwrap();
        let pages = &reader.metadata().offset_index().unwrap()[0][0].page_locations;
        assert_eq!(
            pages.iter().map(|page| page.first_row_index).collect::<Vec<_>>(),
            [0, 6_552, 13_104, 19_656]
        );
        let selection = RowSelection::from(vec![RowSelector::skip(first), RowSelector::select(2)]);
        assert_eq!(
            ids_and_starts(reader.with_row_selection(selection)),
            expected[first..first + 2],
            "{first}"
        );
    }
}

#[test]
fn a_row_group_ends_when_it_is_large() {
    let mut state = 1_u64;
    let mut letter = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        b'0' + (state >> 58) as u8
    };
    let keys: Vec<Vec<u8>> = (0..250).map(|_| (0..200_000).map(|_| letter()).collect()).collect();
    let (file, expected) = file(&keys);
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let groups = reader.metadata().row_groups();
    assert_eq!(groups.len(), 2);
    for group in groups {
        assert!(group.compressed_size() < 37 << 20, "{}", group.compressed_size());
    }
    assert_eq!(ids_and_starts(reader), expected);
}
