//! A file that is cut or damaged is refused with its name, and nothing is changed: no panic, no session that is not there.

use super::write::{file, row_groups, table, texts};
use crate::support::{Folder, OUT};
use arrow_array::TimestampMicrosecondArray;
use parquet::basic::{Compression, ZstdLevel};
use proptest::prelude::Rng;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::fs;
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
    let length = content.len();
    // Somewhere in the pages of the last row group.
    content[length / 2..length / 2 + 600].fill(0xA5);
    let folder = Folder::in_memory();
    folder.write("1.parquet", content);
    let stderr = folder.sessionize(&FLAGS).expect_code(65).stderr;
    assert!(stderr.contains("the Parquet data of the rows from here on is damaged: "), "{stderr}");
    assert!(stderr.contains("1.parquet:"), "{stderr}");
}
