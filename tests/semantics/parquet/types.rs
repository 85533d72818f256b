//! Keys by value, times by instant, whatever the type of their column; values as CSV would have them.

use super::write::{plain_file, table, texts};
use super::{output, sessions};
use crate::support::{Folder, SessionRow};
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, FixedSizeBinaryArray,
    Float32Array, Float64Array, Int8Array, Int32Array, Int64Array, ListArray, StructArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt64Array,
};
use arrow_schema::{DataType, Field};
use std::sync::Arc;

const TIMES: [&str; 2] = ["2024-03-01 10:00:00", "2024-03-01 10:00:01.25"];

/// The sessions of two rows with these keys, or times.
fn run(columns: Vec<(&str, ArrayRef)>, flags: &[&str]) -> Vec<SessionRow> {
    let folder = Folder::in_memory();
    folder.write("1.parquet", plain_file(&table(columns)));
    sessions(&folder, &[&["--batch=1.parquet"], flags].concat())
}

fn of_csv(rows: &str, flags: &[&str]) -> Vec<SessionRow> {
    let folder = Folder::in_memory();
    folder.write("1.csv", rows);
    sessions(&folder, &[&["--batch=1.csv"], flags].concat())
}

fn with_keys(keys: ArrayRef) -> Vec<SessionRow> {
    run(vec![("key", keys), ("at", texts(TIMES))], &["--key=key", "--time=at"])
}

fn uuids() -> FixedSizeBinaryArray {
    let bytes =
        [0x1b, 0x4e, 0x28, 0xba, 0x2f, 0xa1, 0x11, 0xd2, 0x88, 0x3f, 0x00, 0x16, 0xd3, 0xcc, 0xa4, 0x27];
    FixedSizeBinaryArray::try_from_iter([bytes, [0xff; 16]].into_iter()).unwrap()
}

#[test]
fn a_key_has_the_bytes_that_it_has_in_csv_whatever_its_type() {
    let decimals = Decimal128Array::from(vec![7, -12]).with_precision_and_scale(38, 0).unwrap();
    let dictionary: DictionaryArray<Int32Type> = ["ann", "böb"].into_iter().collect();
    let keys: Vec<(ArrayRef, [&str; 2])> = vec![
        (Arc::new(Int8Array::from(vec![7, -12])), ["7", "-12"]),
        (Arc::new(Int32Array::from(vec![7, i32::MIN])), ["7", "-2147483648"]),
        (Arc::new(Int64Array::from(vec![0, i64::MAX])), ["0", "9223372036854775807"]),
        (Arc::new(UInt64Array::from(vec![7, u64::MAX])), ["7", "18446744073709551615"]),
        (Arc::new(BooleanArray::from(vec![true, false])), ["true", "false"]),
        (texts(["ann", "007"]), ["ann", "007"]),
        (Arc::new(BinaryArray::from(vec![&b"ann"[..], b"bob"])), ["ann", "bob"]),
        (Arc::new(dictionary), ["ann", "böb"]),
        (Arc::new(decimals), ["7", "-12"]),
        (Arc::new(Date32Array::from(vec![0, 19_783])), ["1970-01-01", "2024-03-01"]),
    ];
    for (array, texts) in keys {
        let rows = format!("key,at\n{},{}\n{},{}\n", texts[0], TIMES[0], texts[1], TIMES[1]);
        let kind = array.data_type().clone();
        assert_eq!(with_keys(array), of_csv(&rows, &["--key=key", "--time=at"]), "{kind}");
    }
}

#[test]
fn a_uuid_is_its_text_in_lower_case() {
    let schema =
        "message schema { required fixed_len_byte_array(16) key (UUID); required binary at (STRING); }";
    let content = super::write::by_schema(schema, &uuids(), &TIMES);
    let folder = Folder::in_memory();
    folder.write("1.parquet", content);
    let found = sessions(&folder, &["--batch=1.parquet", "--key=key", "--time=at"]);
    let keys: Vec<&str> = found.iter().map(|session| session.key[0].as_str()).collect();
    assert_eq!(keys, ["1b4e28ba-2fa1-11d2-883f-0016d3cca427", "ffffffff-ffff-ffff-ffff-ffffffffffff"]);
}

#[test]
fn a_key_that_two_equal_values_may_write_in_two_ways_is_refused() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)]), None]);
    let decimals = Decimal128Array::from(vec![150, 15]).with_precision_and_scale(10, 2).unwrap();
    let refused: Vec<(ArrayRef, &str)> = vec![
        (
            Arc::new(Float64Array::from(vec![1.0, 2.0])),
            "column key is a floating-point number, which cannot be a key",
        ),
        (Arc::new(decimals), "column key is a number with a fraction, which cannot be a key"),
        (Arc::new(TimestampSecondArray::from(vec![1, 2])), "column key is a time, which cannot be a key"),
        (Arc::new(list), "column key is a list, which cannot be a key"),
    ];
    for (array, said) in refused {
        let folder = Folder::in_memory();
        folder.write("1.parquet", plain_file(&table(vec![("key", array), ("at", texts(TIMES))])));
        let stderr =
            folder.sessionize(&["run", "--batch=1.parquet", "--key=key", "--time=at"]).expect_code(65).stderr;
        assert!(stderr.contains(said), "{stderr}");
    }
}

/// The times of the two rows, as the start and the end of one session.
fn bounds(times: ArrayRef, flags: &[&str]) -> (String, String) {
    let columns = vec![("key", texts(["ann", "ann"])), ("at", times)];
    let found = run(columns, &[&["--key=key", "--time=at"], flags].concat());
    assert_eq!(found.len(), 1, "{found:?}");
    (found[0].start.clone(), found[0].end.clone())
}

const SECONDS: i64 = 1_709_287_200;

#[test]
fn a_time_is_the_instant_that_its_type_says() {
    let paris = ["--timezone=Europe/Paris"];
    let whole = |start: &str, end: &str| (format!("2024-03-01T{start}Z"), format!("2024-03-01T{end}Z"));
    let seconds = || vec![SECONDS, SECONDS + 1];
    let scaled = |factor: i64, more: i64| vec![SECONDS * factor, (SECONDS + 1) * factor + more];
    let instants: Vec<(ArrayRef, (String, String))> = vec![
        (
            Arc::new(TimestampSecondArray::from(seconds()).with_timezone("+02:00")),
            whole("10:00:00", "10:00:01"),
        ),
        (
            Arc::new(TimestampMillisecondArray::from(scaled(1_000, 250)).with_timezone("UTC")),
            whole("10:00:00", "10:00:01.250000"),
        ),
        (
            Arc::new(TimestampMicrosecondArray::from(scaled(1_000_000, 1)).with_timezone("UTC")),
            whole("10:00:00", "10:00:01.000001"),
        ),
        (
            Arc::new(TimestampNanosecondArray::from(scaled(1_000_000_000, 1_999)).with_timezone("UTC")),
            whole("10:00:00", "10:00:01.000001"),
        ),
        (Arc::new(Int64Array::from(seconds())), whole("10:00:00", "10:00:01")),
        (Arc::new(Int64Array::from(scaled(1_000, 5))), whole("10:00:00", "10:00:01.005000")),
        (
            Arc::new(Float64Array::from(vec![1_709_287_200.0, 1_709_287_201.5])),
            whole("10:00:00", "10:00:01.500000"),
        ),
    ];
    for (array, expected) in instants {
        let kind = array.data_type().clone();
        assert_eq!(bounds(array, &paris), expected, "{kind}");
    }
    let local: Vec<(ArrayRef, (String, String))> = vec![
        (Arc::new(TimestampSecondArray::from(seconds())), whole("09:00:00", "09:00:01")),
        (Arc::new(TimestampMillisecondArray::from(scaled(1_000, 250))), whole("09:00:00", "09:00:01.250000")),
        (
            Arc::new(TimestampMicrosecondArray::from(scaled(1_000_000, 1))),
            whole("09:00:00", "09:00:01.000001"),
        ),
        (Arc::new(TimestampNanosecondArray::from(scaled(1_000_000_000, 999))), whole("09:00:00", "09:00:01")),
        (texts(["2024-03-01 10:00:00", "2024-03-01 10:00:01"]), whole("09:00:00", "09:00:01")),
    ];
    for (array, expected) in local {
        let kind = array.data_type().clone();
        assert_eq!(bounds(array, &paris), expected, "{kind}");
    }
    let dates: ArrayRef = Arc::new(Date32Array::from(vec![19_783, 19_783]));
    assert_eq!(bounds(dates, &paris).0, "2024-02-29T23:00:00Z");
}

#[test]
fn the_time_format_is_about_texts_and_numbers_and_not_about_times() {
    let times: ArrayRef =
        Arc::new(TimestampMillisecondArray::from(vec![SECONDS * 1_000, SECONDS * 1_000 + 1]));
    let expected = ("2024-03-01T10:00:00Z".to_owned(), "2024-03-01T10:00:00.001000Z".to_owned());
    assert_eq!(bounds(times, &["--time-format=%d/%m/%Y"]), expected);
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![5, 6]));
    assert_eq!(bounds(numbers, &["--time-format=epoch-ms"]).0, "1970-01-01T00:00:00.005000Z");
}

#[test]
fn a_missing_time_or_one_that_no_zone_has_is_a_reject() {
    let folder = Folder::in_memory();
    // The hour from two to three did not happen in Paris.
    let skipped = 1_711_852_200_000;
    let times =
        TimestampMillisecondArray::from(vec![None, Some(skipped), Some(i64::MAX), Some(SECONDS * 1_000)]);
    folder.write(
        "1.parquet",
        plain_file(&table(vec![("key", texts(["a", "b", "c", "d"])), ("at", Arc::new(times))])),
    );
    let flags = ["--key=key", "--time=at", "--timezone=Europe/Paris", "--max-rejects=3", "--report=json"];
    let report =
        folder.sessionize(&[&["run", "--batch=1.parquet"], &flags[..]].concat()).expect_code(0).json();
    assert_eq!(report["rejects"], serde_json::json!({"time": 2, "impossible-time": 1}));
    let rejects = output(&folder, "rejects/run-00000001.csv");
    assert!(rejects.contains("1.parquet,2,impossible-time,b,2024-03-31T02:30:00\n"), "{rejects}");
}

/// A group that holds `inner`, and is missing in the rows of which `is_there` is not true.
fn group(name: &str, inner: ArrayRef, is_there: Vec<bool>) -> ArrayRef {
    let fields = vec![Arc::new(Field::new(name, inner.data_type().clone(), true))];
    Arc::new(StructArray::new(fields.into(), vec![inner], Some(is_there.into())))
}

#[test]
fn a_dot_leads_into_a_group_and_what_is_missing_there_is_missing() {
    let inner = group("id", Arc::new(Int32Array::from(vec![7, 8, 9])), vec![true, true, true]);
    let user = group("account", inner, vec![true, false, true]);
    let at = texts(["2024-03-01 10:00:00", "2024-03-01 10:00:00", "2024-03-01 10:00:05"]);
    let folder = Folder::in_memory();
    folder.write("1.parquet", plain_file(&table(vec![("user", user), ("unused", at.clone()), ("at", at)])));
    let flags = ["--key=user.account.id", "--time=at", "--max-rejects=1", "--agg=count(unused)"];
    let found = sessions(&folder, &[&["--batch=1.parquet"], &flags[..]].concat());
    let keys: Vec<(&str, &str)> =
        found.iter().map(|session| (session.key[0].as_str(), session.further[0].as_str())).collect();
    assert_eq!(keys, [("7", "1"), ("9", "1")]);
    let expected = "file,line,reason,user.account.id,unused,at\n\
                    1.parquet,2,empty-key,,2024-03-01 10:00:00,2024-03-01 10:00:00\n";
    assert_eq!(output(&folder, "rejects/run-00000001.csv"), expected);
    let stderr = folder
        .sessionize(&[
            "run",
            "--batch=1.parquet",
            "--state=other",
            "--out=other-out",
            "--key=user",
            "--time=at",
        ])
        .expect_code(65)
        .stderr;
    assert!(
        stderr.contains("there is no column user: its columns are user.account.id, unused, at"),
        "{stderr}"
    );
}

#[test]
fn rules_see_the_texts_of_csv() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some(vec![Some(1), None]), None]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("key", texts(["ann", "ann"])),
        ("at", texts(TIMES)),
        ("amount", Arc::new(Float64Array::from(vec![Some(0.1), None]))),
        ("price", Arc::new(Float32Array::from(vec![0.1, 2.0]))),
        ("cents", Arc::new(Decimal128Array::from(vec![150, 5]).with_precision_and_scale(9, 2).unwrap())),
        ("tags", Arc::new(list)),
        ("seen", Arc::new(TimestampMillisecondArray::from(vec![SECONDS * 1_000, 0]))),
        ("flag", Arc::new(BooleanArray::from(vec![true, false]))),
    ];
    let flags = [
        "--key=key",
        "--time=at",
        "--agg=sum(amount)",
        "--agg=sum(price)",
        "--agg=sum(cents)",
        "--agg=first(tags)",
        "--agg=first(seen)",
        "--agg=count_if(flag=true)",
        "--agg=count(amount)",
    ];
    let found = run(columns, &flags);
    assert_eq!(found[0].further, ["0.1", "2.1", "1.55", "[1,null]", "2024-03-01T10:00:00", "1", "1"]);
}

#[test]
fn filters_null_texts_duplicates_and_events_work_as_in_csv() {
    let columns = || {
        vec![
            ("key", texts(["ann", "ann", "-", "bob", "bob"])),
            ("at", texts([TIMES[0], TIMES[0], TIMES[0], TIMES[0], TIMES[1]])),
            ("n", Arc::new(Int32Array::from(vec![1, 1, 2, 3, -4])) as ArrayRef),
        ]
    };
    let rows =
        format!("key,at,n\nann,{0},1\nann,{0},1\n-,{0},2\nbob,{0},3\nbob,{1},-4\n", TIMES[0], TIMES[1]);
    for flags in [
        &["--where=n>0"][..],
        &["--null=-", "--max-rejects=1"],
        &["--dedup=row"],
        &["--dedup=n"],
        &["--emit=both"],
        &["--where=at=2024-03-01 10:00:00"],
        &["--order-by=n", "--agg=list(n)"],
        &["--order-by=n", "--emit=both"],
    ] {
        let flags = [&["--key=key", "--time=at", "--agg=sum(n)"], flags].concat();
        let (csv, parquet) = (Folder::in_memory(), Folder::in_memory());
        csv.write("1.csv", &rows);
        parquet.write("1.parquet", plain_file(&table(columns())));
        let expected = sessions(&csv, &[&["--batch=1.csv"], &flags[..]].concat());
        assert_eq!(sessions(&parquet, &[&["--batch=1.parquet"], &flags[..]].concat()), expected, "{flags:?}");
        if flags.contains(&"--emit=both") {
            let events = |folder| output(folder, "events/run-00000002.csv");
            assert_eq!(events(&parquet), events(&csv));
        }
    }
}

#[test]
fn kinds_that_are_no_time_are_refused() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1)]), None]);
    let refused: Vec<(ArrayRef, &str)> = vec![
        (
            Arc::new(BooleanArray::from(vec![true, false])),
            "column at is true or false, which cannot be a time",
        ),
        (Arc::new(list), "column at is a list, which cannot be a time"),
    ];
    for (array, said) in refused {
        assert!(matches!(array.data_type(), DataType::Boolean | DataType::List(_)));
        let folder = Folder::in_memory();
        folder.write("1.parquet", plain_file(&table(vec![("key", texts(["a", "b"])), ("at", array)])));
        let stderr =
            folder.sessionize(&["run", "--batch=1.parquet", "--key=key", "--time=at"]).expect_code(65).stderr;
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[test]
fn times_of_96_bits_are_instants_and_may_lie_in_any_century() {
    let folder = Folder::in_memory();
    // The Julian numbers of 2024-03-01 and of 1600-01-01, which nanoseconds in 64 bits do not reach.
    let times = [(2_460_371, 36_000_000_000_999), (2_305_448, 0)];
    folder.write("1.parquet", super::write::of_96_bits(&["ann", "bob"], &times));
    let flags = ["--batch=1.parquet", "--key=key", "--time=at", "--timezone=Europe/Paris"];
    let starts: Vec<String> = sessions(&folder, &flags).into_iter().map(|session| session.start).collect();
    assert_eq!(starts, ["2024-03-01T10:00:00Z", "1600-01-01T00:00:00Z"]);
}
