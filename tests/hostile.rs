//! Input that is made to hurt: a clear error or the right sessions, in bounded address space.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

mod support;

use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use support::{Folder, OUT, output_name};

#[test]
fn a_gzip_bomb_ends_at_the_limit() {
    let folder = Folder::new();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..1_000 {
        encoder.write_all(&b"ann,2020-01-01 10:00:00\n".repeat(1_000)).unwrap();
    }
    folder.write("bomb.gz", encoder.finish().unwrap());
    let told = folder.sessionize(&["run", "bomb.gz", "--max-bytes=1MB"]).expect_code(65).stderr;
    assert!(told.contains("--max-bytes") && told.contains("bomb.gz"), "{told}");
    assert!(folder.files(OUT).keys().all(|path| !path.ends_with("run-00000001.csv")));
    folder.sessionize(&["run", "bomb.gz", "--max-bytes=25MB"]).expect_code(0);
}

#[test]
fn a_line_without_end_and_a_key_too_long_are_told() {
    let folder = Folder::new();
    folder.write("line.csv", vec![b'x'; 70 << 20]);
    let told = folder.sessionize(&["run", "line.csv"]).expect_code(65).stderr;
    assert!(told.contains("longer than"), "{told}");
    let key = "k".repeat(100_000);
    folder.write("key.csv", format!("{key},2020-01-01 10:00:00\nann,2020-01-01 10:00:00\n"));
    let report =
        folder.sessionize(&["run", "key.csv", "--max-rejects=1", "--format=json"]).expect_code(0).json();
    assert_eq!(report["rejects"]["key-too-long"], 1);
}

#[test]
fn nul_bytes_in_a_key_are_bytes_like_others() {
    let folder = Folder::new();
    folder.write("nul.csv", b"a\0b,2020-01-01 10:00:00\n\0,2020-01-01 10:00:00\n");
    folder.sessionize(&["run", "nul.csv"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let mut keys: Vec<String> = folder.sessions().into_iter().map(|session| session.key.concat()).collect();
    keys.sort();
    assert_eq!(keys, ["\0", "a\0b"]);
}

#[test]
fn formulas_are_disarmed_only_where_that_is_asked_for() {
    for (flag, key, row) in [(None, "=1+1", "@x,never"), (Some("--spreadsheet-safe"), "'=1+1", "'@x,never")] {
        let folder = Folder::new();
        folder.write("day.csv", "=1+1,2020-01-01 10:00:00\n@x,never\n");
        let flags: Vec<&str> =
            ["run", "day.csv", "--header=no", "--max-rejects=1"].into_iter().chain(flag).collect();
        folder.sessionize(&flags).expect_code(0);
        folder.sessionize(&["finalize"].into_iter().chain(flag).collect::<Vec<_>>()).expect_code(0);
        assert_eq!(folder.sessions()[0].key, [key]);
        let rejects = std::fs::read_to_string(folder.path(&output_name("rejects", 1))).unwrap();
        assert!(rejects.ends_with(&format!(",{row}\n")), "{rejects}");
    }
}
