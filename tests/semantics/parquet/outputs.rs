//! Outputs in Parquet: typed columns with the values of CSV and JSON lines, the same bytes on any number of threads, and the same
//! way through rollbacks and corrections.

use crate::output_formats::run_of;
use crate::support::{Folder, OUT, read_csv, stream_of};
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fmt::Write;
use std::fs::{self, File};

const RULES: [&str; 14] = [
    "--key=user,site",
    "--time=ts",
    "--agg=first(page)",
    "--agg=count",
    "--agg=sum(amount)",
    "--agg=max(amount)=largest",
    "--agg=distinct(page)=pages",
    "--max-distinct=2",
    "--agg=list(page)=all_pages",
    "--max-list=3",
    "--agg=any(page=cart)=has_cart",
    "--emit=both",
    "--emit-open",
    "--max-rejects=99%",
];

/// Sessions with pages to quote, keys with a missing part, amounts that fit no decimal and none at all, a fraction of a second,
/// bytes that are no UTF-8, and a row that is no event.
const BATCH: &[u8] = b"user,site,ts,page,amount\n\
    ann,shop,2024-01-01 10:00:00,\"home, sweet \"\"home\"\"\",1.5\n\
    ann,shop,2024-01-01 10:00:00.25,cart,2.25\n\
    ann,shop,2024-01-01 10:01:00,paid,-0.5\n\
    bob,,2024-01-01 10:02:00,,\n\
    cat,shop,2024-01-01 10:02:00,x,123456789012345678901234567890\n\
    dog\xFF,shop,2024-01-01 10:03:00,x,0.1234567890123456789\n\
    dog\xFF,shop,2024-01-01 10:03:01,y,+.5\n\
    bad,shop,never,x,1\n\
    ann,shop,2024-01-01 12:00:00,home,1\n";

fn run(format: &str) -> Folder {
    run_of(BATCH, &RULES, format)
}

fn open(folder: &Folder, path: &str) -> File {
    File::open(folder.path(OUT).join(path)).unwrap()
}

fn tables(file: File) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}

/// Names and values of each row, in the words of CSV: a column behind another one with the rest of its value is put into it.
fn rows_of_parquet(file: File) -> Vec<Vec<(String, String)>> {
    let mut rows = Vec::new();
    for table in tables(file) {
        for row in 0..table.num_rows() {
            let mut cells: Vec<(String, String)> = Vec::new();
            for (field, column) in table.schema().fields().iter().zip(table.columns()) {
                let value = in_csv(column, row);
                let last = cells.last().map_or("", |(name, _)| name.as_str());
                if *field.name() == format!("{last}_text") {
                    cells.last_mut().unwrap().1.push_str(&value);
                } else if *field.name() == format!("{last}_at_least") {
                    cells.last_mut().unwrap().1.push_str(if value == "true" { "+" } else { "" });
                } else {
                    cells.push((field.name().clone(), value));
                }
            }
            rows.push(cells);
        }
    }
    rows
}

fn in_csv(column: &dyn Array, row: usize) -> String {
    if column.is_null(row) {
        return String::new();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Decimal128(..) => plain(&column.as_primitive::<Decimal128Type>().value_as_string(row)),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if &**zone == "UTC" => {
            let us = column.as_primitive::<TimestampMicrosecondType>().value(row);
            sessionize::Timestamp::from_us(us).unwrap().to_string()
        }
        DataType::List(_) => {
            let list = column.as_list::<i32>().value(row);
            let texts = list.as_string::<i32>().iter().collect::<Vec<_>>();
            serde_json::to_string(&texts).unwrap()
        }
        other => panic!("{other}"),
    }
}

/// A number without zeros that say nothing.
fn plain(number: &str) -> String {
    let number = number.trim_start_matches('+');
    let number = if number.starts_with('.') { format!("0{number}") } else { number.to_owned() };
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.').to_owned() } else { number }
}

fn rows_of_csv(content: &[u8]) -> Vec<Vec<(String, String)>> {
    let text = |cell: Vec<u8>| match String::from_utf8(cell) {
        Ok(text) if text.parse::<f64>().is_ok() => plain(&text),
        Ok(text) => text,
        Err(error) => {
            let digits =
                error.as_bytes().iter().fold(String::new(), |digits, byte| format!("{digits}{byte:02x}"));
            format!("{{\"hex\":\"{digits}\"}}")
        }
    };
    let mut rows = read_csv(content).into_iter().map(|row| row.into_iter().map(text).collect::<Vec<_>>());
    let names = rows.next().unwrap();
    rows.map(|row| names.iter().cloned().zip(row).collect()).collect()
}

#[test]
fn parquet_has_the_values_of_csv() {
    let (csv, parquet) = (run("csv"), run("parquet"));
    for (name, rows) in [("sessions/run-00000001", 4), ("events/run-00000001", 7), ("open/latest", 1)] {
        let expected = rows_of_csv(&fs::read(csv.path(OUT).join(format!("{name}.csv"))).unwrap());
        assert_eq!(expected.len(), rows, "{name}");
        let found = rows_of_parquet(open(&parquet, &format!("{name}.parquet")));
        if name.starts_with("events") {
            // Values of events are texts: here they are compared as numbers where they are numbers.
            let plain_texts = |(name, text): (String, String)| {
                let text = if text.parse::<f64>().is_ok() { plain(&text) } else { text };
                (name, text)
            };
            let found: Vec<Vec<_>> =
                found.into_iter().map(|row| row.into_iter().map(plain_texts).collect()).collect();
            assert_eq!(found, expected, "{name}");
        } else {
            assert_eq!(found, expected, "{name}");
        }
        assert!(!parquet.path(OUT).join(format!("{name}.csv")).exists());
    }
    let rejects = "rejects/run-00000001.csv";
    assert_eq!(
        fs::read(parquet.path(OUT).join(rejects)).unwrap(),
        fs::read(csv.path(OUT).join(rejects)).unwrap()
    );
}

#[test]
fn columns_have_the_types_that_the_page_about_formats_says() {
    let folder = run("parquet");
    let reader = SerializedFileReader::new(open(&folder, "sessions/run-00000001.parquet")).unwrap();
    let metadata = reader.metadata();
    let columns: Vec<String> = metadata
        .file_metadata()
        .schema_descr()
        .columns()
        .iter()
        .map(|column| {
            let kind = column.logical_type_ref().map_or_else(String::new, |kind| format!("{kind:?}"));
            let kind = kind.split(['(', ' ']).next().unwrap_or_default().to_owned();
            format!("{} {} {kind}", column.path().string(), column.physical_type())
        })
        .collect();
    assert_eq!(
        columns,
        [
            "session_id BYTE_ARRAY String",
            "user BYTE_ARRAY String",
            "site BYTE_ARRAY String",
            "session_start INT64 Timestamp",
            "session_end INT64 Timestamp",
            "duration_s DOUBLE ",
            "event_count INT64 ",
            "close_reason BYTE_ARRAY String",
            "first_page BYTE_ARRAY String",
            "count INT64 ",
            "sum_amount FIXED_LEN_BYTE_ARRAY Decimal",
            "sum_amount_text BYTE_ARRAY String",
            "largest FIXED_LEN_BYTE_ARRAY Decimal",
            "largest_text BYTE_ARRAY String",
            "pages INT64 ",
            "pages_at_least BOOLEAN ",
            "all_pages.list.element BYTE_ARRAY String",
            "has_cart BOOLEAN ",
        ]
    );
    let entries = metadata.file_metadata().key_value_metadata().unwrap();
    let entry = |name: &str| entries.iter().find(|entry| entry.key == name).unwrap().value.clone().unwrap();
    assert_eq!(entry("sessionize.run"), "1");
    assert_eq!(entry("sessionize.stream_id"), stream_of(&folder, OUT, 1));
    assert_eq!(entry("sessionize.definition_digest").len(), 32);
    let column = metadata.row_group(0).column(0);
    assert!(matches!(column.compression(), Compression::ZSTD(_)));
}

#[test]
fn the_definition_has_one_digest_and_another_definition_another_one() {
    let digest = |folder: &Folder, run: u64| {
        let file = open(folder, &format!("sessions/run-{run:08}.parquet"));
        let reader = SerializedFileReader::new(file).unwrap();
        let entries = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        entries.into_iter().find(|entry| entry.key == "sessionize.definition_digest").unwrap().value.unwrap()
    };
    let take_in = |gap: &str| {
        let folder = Folder::in_memory();
        for (name, day) in [("1.csv", 1), ("2.csv", 2)] {
            folder.write(name, format!("ann,2020-01-0{day} 00:00:00\n"));
            let flags = ["run", "--batch", name, "--header=no", "--output-format=parquet", "--gap", gap];
            folder.sessionize(&flags).expect_code(0);
        }
        folder
    };
    let (five, six) = (take_in("5m"), take_in("6m"));
    assert_eq!(digest(&five, 1), digest(&five, 2));
    assert_ne!(digest(&five, 1), digest(&six, 1));
}

/// A day of 40,000 events: more sessions than a writer takes at once.
fn day() -> String {
    let mut rows = String::new();
    for row in 0..40_000 {
        writeln!(rows, "u{},{}", row * 7919 % 15_013, 1_577_836_800 + row).unwrap();
    }
    rows
}

/// The bytes of an output; the stream of each folder is its own, and stands in its files.
fn bytes_of(folder: &Folder, path: &str) -> Vec<u8> {
    let content = fs::read(folder.path(OUT).join(path)).unwrap();
    let stream = stream_of(folder, OUT, 1).into_bytes();
    let at = content.windows(stream.len()).position(|window| window == stream).unwrap();
    [&content[..at], &content[at + stream.len()..]].concat()
}

#[test]
fn many_sessions_have_the_values_of_csv() {
    let run = |format: &str| {
        let folder = Folder::in_memory();
        folder.write("1.csv", day());
        let format_flag = format!("--output-format={format}");
        folder.sessionize(&["run", "--batch=1.csv", "--header=no", &format_flag]).expect_code(0);
        folder
    };
    let (csv, parquet) = (run("csv"), run("parquet"));
    let expected = rows_of_csv(&fs::read(csv.path(OUT).join("sessions/run-00000001.csv")).unwrap());
    assert!(expected.len() > 20_000, "several pages of ids: {}", expected.len());
    assert!(rows_of_parquet(open(&parquet, "sessions/run-00000001.parquet")) == expected);
}

#[test]
fn bytes_do_not_depend_on_threads() {
    let outputs = |threads: &str| {
        let folder = Folder::in_memory();
        folder.write("1.csv", day());
        let flags =
            ["run", "--batch=1.csv", "--header=no", "--emit=both", "--emit-open", "--output-format=parquet"];
        folder.sessionize(&[&flags[..], &["--threads", threads]].concat()).expect_code(0);
        folder.sessionize(&["verify"]).expect_code(0);
        let rows: usize =
            tables(open(&folder, "sessions/run-00000001.parquet")).iter().map(RecordBatch::num_rows).sum();
        assert!(rows > 20_000, "{rows}");
        ["sessions/run-00000001.parquet", "events/run-00000001.parquet", "open/latest.parquet"]
            .map(|path| bytes_of(&folder, path))
    };
    let one = outputs("1");
    for threads in ["2", "3", "8"] {
        assert!(outputs(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_run_without_sessions_has_a_file_with_columns() {
    let folder = Folder::in_memory();
    folder.write("1.csv", "user,at\nann,2020-01-01\n");
    folder
        .sessionize(&["run", "--batch=1.csv", "--output-format=parquet", "--key=user", "--time=at"])
        .expect_code(0);
    let reader = SerializedFileReader::new(open(&folder, "sessions/run-00000001.parquet")).unwrap();
    assert_eq!(reader.metadata().file_metadata().num_rows(), 0);
    assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), 7);
    folder.sessionize(&["verify"]).expect_code(0);
}

#[test]
fn rollbacks_retract_and_damage_is_found() {
    let folder = run("parquet");
    folder.write("2.csv", "user,site,ts,page,amount\ncat,shop,2024-01-02 10:00:00,x,1\n");
    folder
        .sessionize(&[&["run", "--batch=2.csv", "--output-format=parquet"], &RULES[..]].concat())
        .expect_code(0);
    folder.sessionize(&["rollback", "--to-run=1"]).expect_code(0);
    let has = |path: &str| folder.path(OUT).join(path).exists();
    assert!(has("retracted/sessions/run-00000002.parquet") && !has("sessions/run-00000002.parquet"));
    folder.sessionize(&["verify"]).expect_code(0);
    let path = folder.path(OUT).join("sessions/run-00000001.parquet");
    let mut content = fs::read(&path).unwrap();
    content[100] ^= 1;
    fs::write(&path, content).unwrap();
    let found = folder.sessionize(&["verify"]).expect_code(74).stdout;
    assert!(found.contains("its digest is not that of its manifest"), "{found}");
}

#[test]
fn corrections_say_what_they_do() {
    let folder = Folder::in_memory();
    let flags = ["--header=no", "--allowed-lateness=1d", "--output-format=parquet"];
    for (name, rows) in [
        ("1.csv", "ann,2020-01-01 00:00:00\nbob,2020-01-01 06:00:00\n"),
        ("2.csv", "ann,2020-01-01 00:02:00\nbob,2020-01-01 12:00:00\n"),
    ] {
        folder.write(name, rows);
        folder.sessionize(&[&["run", "--batch", name], &flags[..]].concat()).expect_code(0);
    }
    folder.sessionize(&["verify"]).expect_code(0);
    let rows = rows_of_parquet(open(&folder, "sessions/run-00000002.parquet"));
    let ops: Vec<(&str, &str, &str)> = rows
        .iter()
        .filter(|row| row.iter().any(|(name, value)| name == "key" && value == "ann"))
        .map(|row| (row[0].1.as_str(), row[4].1.as_str(), row[6].1.as_str()))
        .collect();
    assert_eq!(ops, [("retract", "2020-01-01T00:00:00Z", "1"), ("insert", "2020-01-01T00:02:00Z", "2")]);
}
