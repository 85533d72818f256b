//! Row groups of any size, read side by side; compressions; files without rows; what is no Parquet file.

use super::write::{file, plain_file, row_groups, table, texts};
use super::{output, sessions};
use crate::support::{Folder, OUT, SessionRow};
use arrow_array::{RecordBatch, TimestampMicrosecondArray};
use parquet::basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fmt::Write;
use std::fs;
use std::sync::Arc;

const ROWS: usize = 80_000;
const START_US: i64 = 1_577_836_800_000_000;

/// Events of many users in the order of time, some of them without a page: as a table and as CSV.
fn events(rows: usize) -> (RecordBatch, String) {
    let user = |row: usize| format!("user-{}", row * 7919 % 1013);
    let time = |row: usize| START_US + i64::try_from(row).unwrap() * 250_000;
    let page = |row: usize| if row.is_multiple_of(5) { String::new() } else { format!("/{}", row % 17) };
    let mut csv = String::from("user,at,page\n");
    for row in 0..rows {
        writeln!(csv, "{},{},{}", user(row), time(row), page(row)).unwrap();
    }
    let users: Vec<String> = (0..rows).map(user).collect();
    let pages: Vec<String> = (0..rows).map(page).collect();
    let times = TimestampMicrosecondArray::from_iter_values((0..rows).map(time)).with_timezone("UTC");
    let table = table(vec![
        ("user", texts(users.iter().map(String::as_str))),
        ("at", Arc::new(times)),
        ("page", texts(pages.iter().map(String::as_str))),
    ]);
    (table, csv)
}

fn run(name: &str, content: &[u8], threads: &str) -> (Folder, Vec<SessionRow>) {
    let folder = Folder::in_memory();
    folder.write(name, content);
    let flags =
        ["--batch", name, "--key=user", "--time=at", "--agg=list(page)", "--gap=1m", "--threads", threads];
    let sessions = sessions(&folder, &flags);
    (folder, sessions)
}

#[test]
fn row_groups_on_several_threads_give_the_sessions_of_csv() {
    let (table, csv) = events(ROWS);
    let (_folder, expected) = run("1.csv", csv.as_bytes(), "2");
    assert!(expected.len() > 2_000, "{}", expected.len());
    for rows_of_group in [9_973, ROWS] {
        let content = file(&table, row_groups(rows_of_group).set_compression(Compression::SNAPPY));
        let (first, found) = run("1.parquet", &content, "1");
        assert!(found == expected, "row groups of {rows_of_group} rows");
        let (folder, _) = run("1.parquet", &content, "4");
        assert!(folder.files(&format!("{OUT}/sessions")) == first.files(&format!("{OUT}/sessions")));
    }
}

#[test]
fn every_compression_is_read() {
    let (table, csv) = events(2_000);
    let (_folder, expected) = run("1.csv", csv.as_bytes(), "1");
    for compression in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::ZSTD(ZstdLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4_RAW,
        Compression::LZ4,
    ] {
        let properties = || row_groups(700).set_compression(compression);
        for properties in [properties(), properties().set_dictionary_enabled(false)] {
            let (_folder, found) = run("1.parquet", &file(&table, properties), "2");
            assert!(found == expected, "{compression}");
        }
    }
}

#[test]
fn a_file_without_rows_is_taken_in_and_known() {
    let (table, _) = events(0);
    for content in [plain_file(&table), file(&table, WriterProperties::builder())] {
        let folder = Folder::in_memory();
        folder.write("1.parquet", content);
        let flags = ["run", "--batch=1.parquet", "--key=user", "--time=at", "--report=json"];
        let report = folder.sessionize(&flags).expect_code(0).json();
        assert_eq!((&report["rows_read"], &report["lines"]), (&0.into(), &0.into()));
        let again = folder.sessionize(&flags).expect_code(0).json();
        assert_eq!(again["status"], "nothing-to-do");
    }
}

#[test]
fn rows_are_counted_and_known_by_their_number_in_the_file() {
    let (table, _) = events(5_000);
    let folder = Folder::in_memory();
    folder.write("1.parquet", file(&table, row_groups(997)));
    let flags =
        ["run", "--batch=1.parquet", "--key=page", "--time=at", "--max-rejects=1000", "--report=json"];
    let report = folder.sessionize(&flags).expect_code(0).json();
    assert_eq!((&report["rows_read"], &report["lines"]), (&5_000.into(), &5_000.into()));
    assert_eq!(report["rejects"]["empty-key"], 1_000);
    let rejects = output(&folder, "rejects/run-00000001.csv");
    let mut lines = rejects.lines();
    assert_eq!(lines.next(), Some("file,line,reason,user,at,page"));
    let expected = (0..5_000_usize).step_by(5).map(|row| {
        let seconds = row / 4;
        let fraction = ["", ".250000", ".500000", ".750000"][row % 4];
        let clock = format!("{:02}:{:02}:{:02}{fraction}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("1.parquet,{},empty-key,user-{},2020-01-01T{clock}Z,", row + 1, row * 7919 % 1013)
    });
    assert!(lines.eq(expected), "{rejects}");
}

#[test]
fn late_rows_go_to_their_output_with_all_their_columns() {
    let folder = Folder::in_memory();
    let day = |day: i64| {
        let times = TimestampMicrosecondArray::from(vec![START_US + day * 86_400_000_000]);
        plain_file(&table(vec![("user", texts(["ann"])), ("at", Arc::new(times)), ("note", texts(["a,b"]))]))
    };
    folder.write("1.parquet", day(1));
    folder.write("2.parquet", day(0));
    let flags = ["--key=user", "--time=at", "--max-late=1"];
    for name in ["1.parquet", "2.parquet"] {
        folder.sessionize(&[&["run", "--batch", name], &flags[..]].concat()).expect_code(0);
    }
    let late = "file,line,reason,user,at,note\n2.parquet,1,late,ann,2020-01-01T00:00:00,\"a,b\"\n";
    assert_eq!(output(&folder, "late/run-00000002.csv"), late);
}

#[test]
fn columns_with_the_names_of_a_side_output_make_one_value_of_the_row() {
    let folder = Folder::in_memory();
    folder.write("1.parquet", plain_file(&table(vec![("line", texts([""])), ("at", texts(["2020-01-01"]))])));
    folder
        .sessionize(&["run", "--batch=1.parquet", "--key=line", "--time=at", "--max-rejects=1"])
        .expect_code(0);
    let rejects = output(&folder, "rejects/run-00000001.csv");
    assert!(rejects.starts_with("file,line,reason,row\n1.parquet,1,empty-key,"), "{rejects}");
}

#[test]
fn what_is_no_parquet_file_is_refused_by_name() {
    let (table, csv) = events(10);
    let folder = Folder::in_memory();
    folder.write("1.csv", csv);
    folder.write("1.parquet", plain_file(&table));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &plain_file(&table)).unwrap();
    folder.write("1.parquet.gz", packed.finish().unwrap());
    let flags = ["run", "--key=user", "--time=at", "--batch"];
    for (arguments, said) in [
        (&["1.csv", "--input-format=parquet"][..], "1.csv: this is not a Parquet file"),
        (
            &["1.parquet", "--input-format=csv"],
            "1.parquet: this is a Parquet file, which sessionize does not read",
        ),
        (&["1.parquet.gz"], "1.parquet.gz: this is a Parquet file that was compressed once more"),
    ] {
        let stderr = folder.sessionize(&[&flags[..], arguments].concat()).expect_code(65).stderr;
        assert!(stderr.contains(said), "{stderr}");
    }
    folder.sessionize_with_input(&[&flags[..], &["-"]].concat(), &plain_file(&table)).expect_code(0);
    assert!(fs::exists(folder.path(OUT).join("sessions/run-00000001.csv")).unwrap());
}
