//! Compressed outputs hold, byte for byte, what outputs hold that are not.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::support::{Folder, OUT};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

const COMPRESSIONS: [(&str, &str); 2] = [("gzip", "gz"), ("zstd", "zst")];
const RULES: [&str; 6] =
    ["--key=user", "--time=ts", "--gap=30m", "--emit=both", "--emit-open", "--max-rejects=99%"];

/// Three days of ten users: a session an hour, and the last ones are open. One row is no event.
fn batch() -> String {
    let mut rows = String::from("user,ts,page\nbad,never,x\n");
    for hour in 0..72 {
        for user in 0..10 {
            let seconds = 1_704_067_200 + hour * 3600 + user;
            writeln!(rows, "u{user},{seconds},\"a, {hour}\"").unwrap();
        }
    }
    rows
}

fn run(flags: &[&str]) -> Folder {
    let folder = Folder::in_memory();
    folder.write("1.csv", batch());
    folder.sessionize(&[&["run", "1.csv"], &RULES[..], flags].concat()).expect_code(0);
    folder.sessionize(&["verify"]).expect_code(0);
    folder
}

fn unpacked(compression: &str, stored: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    match compression {
        "gzip" => flate2::read::GzDecoder::new(stored).read_to_end(&mut content).map(drop).unwrap(),
        _ => content = zstd::decode_all(stored).unwrap(),
    }
    content
}

/// The outputs with rows of sessions, by their paths below the output folder.
fn outputs(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    ["sessions", "events", "open"].iter().flat_map(|kind| folder.files(&format!("{OUT}/{kind}"))).collect()
}

#[test]
fn compressed_outputs_have_the_content_of_others() {
    for format in ["csv", "jsonl"] {
        let format = format!("--output-format={format}");
        for by_day in [&[][..], &["--partition-by=date"]] {
            let plain = run(&[&[format.as_str()], by_day].concat());
            let expected = outputs(&plain);
            for (compression, ending) in COMPRESSIONS {
                let flag = format!("--output-compression={compression}");
                let folder = run(&[&[format.as_str(), &flag], by_day].concat());
                let found = outputs(&folder).into_iter().map(|(path, stored)| {
                    let name = path.to_str().unwrap().strip_suffix(&format!(".{ending}")).unwrap().into();
                    (name, unpacked(compression, &stored))
                });
                assert_eq!(found.collect::<BTreeMap<PathBuf, _>>(), expected, "{format} {flag} {by_day:?}");
                // Rejected rows keep the form of their input.
                assert_eq!(
                    folder.files(&format!("{OUT}/rejects")),
                    plain.files(&format!("{OUT}/rejects")),
                    "{flag}"
                );
            }
        }
    }
}

#[test]
fn a_file_without_rows_is_a_file_of_its_compression() {
    for (compression, ending) in COMPRESSIONS {
        let folder = Folder::in_memory();
        folder.write("1.jsonl", "{\"user\":\"ann\",\"ts\":\"2024-01-01 10:00:00\"}\n");
        let flags = ["--key=user", "--time=ts", "--output-format=jsonl"];
        let compressed = format!("--output-compression={compression}");
        folder.sessionize(&[&["run", "1.jsonl", &compressed], &flags[..]].concat()).expect_code(0);
        let stored = fs::read(folder.path(&format!("{OUT}/sessions/run-00000001.jsonl.{ending}"))).unwrap();
        assert!(!stored.is_empty(), "{compression}");
        assert_eq!(unpacked(compression, &stored), b"", "{compression}");
        folder.sessionize(&["verify"]).expect_code(0);
    }
}

#[test]
fn bytes_do_not_depend_on_threads() {
    for (compression, _) in COMPRESSIONS {
        let flag = format!("--output-compression={compression}");
        let [one, three] = ["--threads=1", "--threads=3"].map(|threads| outputs(&run(&[&flag, threads])));
        assert_eq!(one, three, "{compression}");
    }
}

#[test]
fn runs_of_one_folder_may_differ_in_compression() {
    let folder = run(&["--output-compression=zstd"]);
    let has = |path: &str| folder.path(OUT).join(path).exists();
    assert!(has("open/latest.csv.zst"));
    folder.write("2.csv", "user,ts,page\ncat,1704500000,x\n");
    let flags = ["run", "2.csv", "--output-compression=gzip", "--emit-open"];
    folder.sessionize(&flags).expect_code(0);
    assert!(has("sessions/run-00000001.csv.zst") && has("sessions/run-00000002.csv.gz"));
    assert!(has("open/latest.csv.gz") && !has("open/latest.csv.zst"), "one view replaces the other");
    folder.sessionize(&["verify"]).expect_code(0);

    let known = folder.path(OUT).join("sessions/run-00000002.csv.gz");
    let orphan = folder.path(OUT).join("sessions/run-00000003.csv.gz");
    fs::copy(&known, &orphan).unwrap();
    let found = folder.sessionize(&["verify"]).expect_code(74).stdout;
    assert!(found.contains("run-00000003.csv.gz: no active run has published it"), "{found}");
    fs::remove_file(orphan).unwrap();

    folder.sessionize(&["rollback", "--to-run=1"]).expect_code(0);
    assert!(has("retracted/sessions/run-00000002.csv.gz") && !has("sessions/run-00000002.csv.gz"));
    folder.sessionize(&["verify"]).expect_code(0);
}

#[test]
fn verify_counts_the_sessions_of_compressed_files() {
    for (compression, _) in COMPRESSIONS {
        let folder = run(&[&format!("--output-compression={compression}")]);
        let report = folder.sessionize(&["verify", "--report=json"]).expect_code(0).json();
        // One an hour of each of ten users, without those of the last hour.
        assert_eq!(report["output_sessions"], 710, "{compression}");
    }
}

#[test]
fn parquet_is_not_compressed_as_a_whole() {
    let folder = Folder::in_memory();
    folder.write("1.csv", batch());
    let flags = ["--output-compression=gzip", "--output-format=parquet"];
    let refused = folder.sessionize(&[&["run", "1.csv"], &RULES[..], &flags].concat()).expect_code(2);
    let said = if cfg!(feature = "parquet") {
        "a parquet file is compressed inside, not as a whole"
    } else {
        "this build cannot write Parquet"
    };
    assert!(refused.stderr.contains(said), "{}", refused.stderr);
    assert!(!folder.path(OUT).exists());
}
