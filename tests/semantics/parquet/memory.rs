//! A row group larger than `--memory` is read in pieces, and its events go through temporary files.

use super::write::{file, table, texts};
use super::{output, sessions};
use crate::support::{Folder, SessionRow};
use arrow_array::TimestampMicrosecondArray;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fmt::Write;
use std::sync::Arc;

const ROWS: usize = 200_000;
const MEMORY_BYTES: i64 = 1 << 20;

/// Events in no order, with a value that rules keep: as CSV, and as a file of one row group. A key in a thousand is missing.
fn events() -> (String, Vec<u8>) {
    let mut rows: Vec<usize> = (0..ROWS).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut rows);
    let user =
        |row: usize| if row.is_multiple_of(1_000) { String::new() } else { format!("user-{}", row % 4_001) };
    let page = |row: usize| format!("/a/page/of/some/length/{}", row * 7_919 % 100_003);
    let time = |row: usize| 1_577_836_800_000_000 + i64::try_from(row).unwrap() * 50_000;
    let mut csv = String::from("user,at,page\n");
    for &row in &rows {
        writeln!(csv, "{},{},{}", user(row), time(row), page(row)).unwrap();
    }
    let users: Vec<String> = rows.iter().map(|&row| user(row)).collect();
    let pages: Vec<String> = rows.iter().map(|&row| page(row)).collect();
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|&row| time(row)));
    let table = table(vec![
        ("user", texts(users.iter().map(String::as_str))),
        ("at", Arc::new(times.with_timezone("UTC"))),
        ("page", texts(pages.iter().map(String::as_str))),
    ]);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    (csv, file(&table, properties.set_max_row_group_row_count(Some(ROWS))))
}

#[test]
fn a_row_group_larger_than_the_memory_gives_the_sessions_of_csv() {
    let (csv, parquet) = events();
    let reader = SerializedFileReader::new(bytes::Bytes::from(parquet.clone())).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 1);
    assert!(reader.metadata().row_group(0).total_byte_size() > 4 * MEMORY_BYTES);
    let run = |name: &str, content: &[u8], memory: &str| -> (Vec<SessionRow>, Vec<String>) {
        let folder = Folder::in_memory();
        folder.write(name, content);
        let flags = ["--key=user", "--time=at", "--agg=last(page)", "--gap=3m", "--max-rejects=1%"];
        let found = sessions(&folder, &[&["--batch", name, "--memory", memory], &flags[..]].concat());
        let rejects = output(&folder, "rejects/run-00000001.csv");
        // The line of a row in CSV is one more: the header has the first one.
        let numbers = rejects.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().to_owned());
        (found, numbers.collect())
    };
    let (expected, lines) = run("1.csv", csv.as_bytes(), "1GiB");
    assert!(expected.len() > 10_000, "{}", expected.len());
    let (found, rows) = run("1.parquet", &parquet, &MEMORY_BYTES.to_string());
    assert!(found == expected);
    let behind_header: Vec<usize> = lines.iter().map(|line| line.parse::<usize>().unwrap() - 1).collect();
    assert_eq!(rows.iter().map(|row| row.parse::<usize>().unwrap()).collect::<Vec<_>>(), behind_header);
}
