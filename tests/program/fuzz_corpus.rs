//! Every input in `tests/fuzz/corpus` goes through the check of its fuzz target: the finds of fuzzing stay found.
//!
//! The targets run with `cargo fuzz run --fuzz-dir tests/fuzz rows`, each by the name of its folder.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../fuzz/checks/configuration.rs"]
mod configuration;
#[path = "../fuzz/checks/exports.rs"]
mod exports;
#[path = "../fuzz/checks/manifests.rs"]
mod manifests;
#[path = "../fuzz/checks/rows.rs"]
mod rows;
#[path = "../fuzz/checks/ruled.rs"]
mod ruled;
#[path = "../fuzz/checks/stored.rs"]
mod stored;
#[path = "../fuzz/checks/times.rs"]
mod times;

fn each_input(target: &str, check: fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        check(&bytes);
        // Cut and damaged forms need no files of their own; those of a long input are long too, and few will do.
        let step = if bytes.len() > 256 { 101 } else { 3 };
        for length in (0..bytes.len()).step_by(step) {
            check(&bytes[..length]);
        }
        for position in (1..bytes.len()).step_by(step) {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << (position % 8);
            check(&damaged);
        }
        inputs += 1;
    }
    assert!(inputs >= 3, "{target} has {inputs} inputs");
}

#[test]
fn rows_are_read_as_the_csv_crate_reads_them() {
    each_input("rows", rows::check);
    each_input("rows", |data| {
        if data.len() > 256 {
            rows::check_long(data);
        }
    });
}

#[test]
fn times_are_read_as_chrono_reads_them() {
    each_input("times", times::check);
}

#[test]
fn stored_rows_are_refused_or_come_back() {
    each_input("stored", stored::check);
}

#[test]
fn manifests_are_refused_or_come_back() {
    each_input("manifests", manifests::check);
}

#[test]
fn ruled_rows_are_refused_or_come_back() {
    each_input("ruled", ruled::check);
}

#[test]
fn lines_of_an_export_hold_together_or_are_refused() {
    each_input("exports", exports::check);
}

#[test]
fn mistakes_in_a_configuration_file_are_said_with_their_line() {
    each_input("configuration", configuration::check);
}
