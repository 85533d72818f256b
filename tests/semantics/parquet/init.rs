//! `init` proposes for a Parquet file what `run` then does, and says of a file that it cannot use what is there.

use super::write::{file, plain_file, row_groups, table, texts};
use crate::support::{Folder, SessionRow};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int64Array, TimestampMicrosecondArray};
use std::sync::Arc;

/// 2024-03-13T10:00:00Z.
const START_S: i64 = 1_710_324_000;

/// The users of four events that are minutes apart, with an hour before the last one.
const USERS: [&str; 4] = ["ann", "bob", "ann", "ann"];

fn seconds() -> impl Iterator<Item = i64> {
    [0, 60, 120, 3_720].into_iter().map(|second| START_S + second)
}

fn shop(user: ArrayRef, at: ArrayRef) -> Vec<(&'static str, ArrayRef)> {
    vec![("page", texts(["/a", "/b", "/c", "/a"])), ("user_id", user), ("clicked_at", at)]
}

fn instants() -> ArrayRef {
    Arc::new(
        TimestampMicrosecondArray::from_iter_values(seconds().map(|s| s * 1_000_000)).with_timezone("UTC"),
    )
}

/// What `init` says first, and the sessions of a run that does what it has written.
fn proposed(folder: &Folder, files: &[&str]) -> (String, Vec<SessionRow>) {
    let said = folder.sessionize(&[&["init"], files].concat()).expect_code(0).stdout;
    let first = said.lines().next().unwrap().to_owned();
    (first, super::sessions(folder, &["-q", "--max-rejects", "0"]))
}

#[test]
fn what_init_proposes_is_what_run_does_whatever_the_types() {
    let dictionary: DictionaryArray<Int32Type> = USERS.into_iter().collect();
    let numbers = Int64Array::from(vec![7, 8, 7, 7]);
    let milliseconds = Int64Array::from_iter_values(seconds().map(|s| s * 1_000));
    let written =
        ["2024-03-13 10:00:00", "2024-03-13 10:01:00", "2024-03-13 10:02:00", "2024-03-13 11:02:00"];
    let tables: [(ArrayRef, ArrayRef); 4] = [
        (texts(USERS), instants()),
        (Arc::new(dictionary), instants()),
        (Arc::new(numbers), Arc::new(milliseconds)),
        (texts(USERS), texts(written)),
    ];
    for (user, at) in tables {
        let of = format!("{} and {}", user.data_type(), at.data_type());
        let folder = Folder::in_memory();
        folder.write("day.parquet", plain_file(&table(shop(user, at))));
        let (first, sessions) = proposed(&folder, &["day.parquet"]);
        assert_eq!(first, "sessionize.toml: key user_id, time clicked_at, gap 30m", "{of}");
        let counts: Vec<u64> = sessions.iter().map(|session| session.events).collect();
        assert_eq!((sessions.len(), counts.iter().sum::<u64>()), (3, 4), "{of}: {counts:?}");
    }
}

#[test]
fn several_files_and_row_groups_are_one_sample() {
    let folder = Folder::in_memory();
    let day = table(shop(texts(USERS), instants()));
    folder.write("1.parquet", file(&day.slice(0, 3), row_groups(1)));
    folder.write("2.parquet", plain_file(&day.slice(3, 1)));
    let (first, sessions) = proposed(&folder, &["1.parquet", "2.parquet"]);
    assert_eq!(first, "sessionize.toml: key user_id, time clicked_at, gap 30m");
    assert_eq!(sessions.len(), 3);
}

#[test]
fn a_file_that_init_cannot_use_is_told_with_what_is_there() {
    let folder = Folder::in_memory();
    let whole = plain_file(&table(shop(texts(USERS), instants())));
    folder.write("cut.parquet", &whole[..whole.len() - 9]);
    folder.write("none.parquet", plain_file(&table(shop(texts(USERS), instants())).slice(0, 0)));
    folder
        .write("pages.parquet", plain_file(&table(vec![("user", texts(USERS)), ("page", texts(["/a"; 4]))])));
    for (name, said) in [
        ("cut.parquet", "cut.parquet: "),
        ("none.parquet", "there are no rows to analyze"),
        ("pages.parquet", "pages.parquet: no column of this file has times in a known format"),
    ] {
        let stderr = folder.sessionize(&["init", name]).expect_code(65).stderr;
        assert!(stderr.contains(said), "{name}: {stderr}");
        assert!(!folder.path("sessionize.toml").exists(), "{name}");
    }
}
