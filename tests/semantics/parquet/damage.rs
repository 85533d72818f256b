//! A file that is cut or damaged is refused with its name, and nothing is changed: no panic, no session that is not there.

use super::write::{file, row_groups, table, texts};
use crate::support::{Folder, OUT};
use arrow_array::TimestampMicrosecondArray;
use bytes::Bytes;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::fs;
use std::ops::Range;
use std::sync::Arc;

const ROWS: u32 = 600;
const FLAGS: [&str; 5] = ["run", "--batch=1.parquet", "--key=user", "--time=at", "--agg=list(page)"];

fn whole(compression: Compression) -> Vec<u8> {
    let users: Vec<String> = (0..ROWS).map(|row| format!("user-{}", row % 37)).collect();
    let pages: Vec<String> = (0..ROWS).map(|row| format!("/page/{}", row * row)).collect();
    let times = (0..ROWS).map(|row| 1_577_836_800_000_000 + i64::from(row) * 1_000_000);
    let table = table(vec![
        ("user", texts(users.iter().map(String::as_str))),
        ("at", Arc::new(TimestampMicrosecondArray::from_iter_values(times))),
        ("page", texts(pages.iter().map(String::as_str))),
    ]);
    file(&table, row_groups(250).set_compression(compression))
}

#[test]
fn a_cut_file_is_refused_wherever_it_ends() {
    let whole = whole(Compression::SNAPPY);
    let folder = Folder::in_memory();
    for length in [4, 5, 12, whole.len() / 2, whole.len() - 9, whole.len() - 4, whole.len() - 1] {
        folder.write("1.parquet", &whole[..length]);
        let stderr = folder.sessionize(&FLAGS).expect_code(65).stderr;
        assert!(stderr.contains("1.parquet: this Parquet file is damaged or truncated: "), "{stderr}");
        assert!(stderr.contains("fetch the file again"), "{stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
    assert!(!fs::exists(folder.path(OUT).join("sessions/run-00000001.csv")).unwrap());
    folder.write("1.parquet", &whole);
    folder.sessionize(&FLAGS).expect_code(0);
}

#[test]
fn no_damage_ends_in_a_panic() {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut refused = 0;
    for compression in [Compression::UNCOMPRESSED, Compression::ZSTD(ZstdLevel::default())] {
        let whole = whole(compression);
        for _ in 0..200 {
            let mut damaged = whole.clone();
            for _ in 0..=random.next_u32() % 3 {
                let at = random.next_u32() as usize % damaged.len();
                damaged[at] = random.next_u32().to_le_bytes()[0];
            }
            let folder = Folder::in_memory();
            folder.write("1.parquet", &damaged);
            let finished = folder.sessionize(&[&FLAGS[..], &["--max-rejects=100%"]].concat());
            assert!(matches!(finished.code, Some(0 | 65)), "{finished:?}");
            if finished.code == Some(65) {
                refused += 1;
                assert!(finished.stderr.contains("1.parquet"), "{finished:?}");
                assert!(!finished.stderr.contains("defect"), "{finished:?}");
            }
        }
    }
    assert!(refused > 50, "{refused}");
}

#[test]
fn damaged_pages_are_refused_with_the_row_before_them() {
    let mut content = whole(Compression::ZSTD(ZstdLevel::default()));
    let last = pages(&content).pop().unwrap();
    content[last].fill(0xA5);
    let folder = Folder::in_memory();
    folder.write("1.parquet", content);
    let stderr = folder.sessionize(&FLAGS).expect_code(65).stderr;
    assert!(
        stderr.contains("row group 3 of 3 of this Parquet file is damaged from this row on: "),
        "{stderr}"
    );
    assert!(stderr.contains("1.parquet:501: "), "{stderr}");
}

/// Where the pages of each row group stand.
fn pages(content: &[u8]) -> Vec<Range<usize>> {
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(content)).unwrap();
    let groups = reader.metadata().row_groups().iter();
    let ranges = groups.map(|group| {
        let columns = group.columns().iter().map(ColumnChunkMetaData::byte_range);
        let ends = columns.map(|(start, length)| (start, start + length));
        let (start, end) = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1))).unwrap();
        usize::try_from(start).unwrap()..usize::try_from(end).unwrap()
    });
    ranges.collect()
}

#[test]
fn a_flipped_bit_in_a_page_leaves_all_rows_or_names_its_row_group() {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let (mut refused, mut read) = (0, 0);
    for compression in
        [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default())]
    {
        let whole = whole(compression);
        let groups = pages(&whole);
        for (number, pages) in (1..).zip(&groups) {
            for _ in 0..40 {
                let mut damaged = whole.clone();
                damaged[pages.start + random.next_u32() as usize % pages.len()] ^=
                    1 << (random.next_u32() % 8);
                let folder = Folder::in_memory();
                folder.write("1.parquet", &damaged);
                let flags = ["--max-rejects=100%", "--report=json", "--max-future=1000000d"];
                let finished = folder.sessionize(&[&FLAGS[..], &flags].concat());
                if finished.code == Some(0) {
                    assert_eq!(finished.json()["rows_read"], ROWS);
                    read += 1;
                } else {
                    let stderr = finished.expect_code(65).stderr;
                    let said =
                        format!("row group {number} of {} of this Parquet file is damaged", groups.len());
                    assert!(stderr.contains("1.parquet:") && stderr.contains(&said), "{stderr}");
                    refused += 1;
                }
            }
        }
    }
    assert!(refused > 100 && read > 20, "{refused} refused, {read} read");
}
