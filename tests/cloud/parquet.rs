//! Parquet from a store: read at any place, while it comes.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::store::{Bucket, finalized, log};
use crate::support::Folder;

#[test]
fn a_parquet_object_gives_the_sessions_of_the_same_file_on_the_disk() {
    let Some(bucket) = Bucket::new() else { return };
    // Sessions of one day are the events of the next program: the file comes from this one.
    let writer = Folder::in_memory();
    writer.write("a.csv", log(0, 200_000));
    writer.sessionize(&["run", "--gap=1s", "--output-format=parquet", "--batch=a.csv"]).expect_code(0);
    let written = std::fs::read(writer.path("sessionize-out/sessions/run-00000001.parquet")).unwrap();
    assert!(written.len() > 1 << 20, "{}", written.len());
    let columns = ["--key=user", "--time=session_start", "--gap=30m", "--batch"];

    let local = Folder::in_memory();
    local.write("x.parquet", &written);
    local.sessionize(&[&["run"], &columns[..], &["x.parquet"]].concat()).expect_code(0);
    bucket.put("x.parquet", &written);
    bucket.sessionize(&[&["run"], &columns[..], &[&bucket.url("*.parquet")]].concat()).expect_code(0);
    // The footer is asked for before what lies in the middle.
    let ranges = bucket.proxy.requests().iter().filter(|request| request.is_get()).count();
    assert!(ranges >= 2, "{ranges}");
    assert_eq!(bucket.finalized(), finalized(&local));
}
