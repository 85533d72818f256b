//! Years of use: a run after many runs opens the same files as one after few, and reads as much of them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::support::recorder::{self, Change};
use crate::support::{Folder, OUT, STATE};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

const FEW: usize = 10;
const MANY: usize = 300;

/// What may be read for each file that is known: its entry is counted when the checkpoint is opened.
const BYTES_A_KNOWN_FILE: usize = 400;

/// How often something was opened, and how many bytes were read of it.
type Reads = BTreeMap<String, (usize, usize)>;

/// Commits the hours up to `last`, each in a run of its own.
fn go_on(folder: &Folder, hours: std::ops::RangeInclusive<usize>) {
    let hours: Vec<usize> = hours.collect();
    for some in hours.chunks(100) {
        let names: Vec<String> = some.iter().map(|&hour| write_hour(folder, hour)).collect();
        let names = names.iter().map(String::as_str);
        let run: Vec<&str> =
            ["run", "--each", "-q", "--gap=30m", "--now=2030-01-01"].into_iter().chain(names).collect();
        folder.sessionize(&run).expect_code(0);
    }
}

/// Two events of one of some users.
fn write_hour(folder: &Folder, hour: usize) -> String {
    let (name, start) = (format!("hour-{hour:06}.csv"), 1_577_836_800 + hour * 3600);
    let mut rows = String::new();
    for second in [0, 60] {
        writeln!(rows, "u{},{}", hour % 7, start + second).unwrap();
    }
    folder.write(&name, rows);
    name
}

/// What the run of one more hour reads.
fn reads_of(folder: &Folder, hour: usize) -> Reads {
    let name = write_hour(folder, hour);
    let log = tempfile::tempdir().unwrap();
    let log = log.path().join("log");
    let mut command = folder.command(&["run", &name, "-q", "--now=2030-01-01"]);
    recorder::record(&mut command, folder, &log);
    command.env("RECORDER_READS", "1");
    crate::support::Finished::of(command, b"").expect_code(0);
    let mut reads = Reads::new();
    for change in recorder::read(&log, folder) {
        match change {
            Change::Open(path) => reads.entry(without_numbers(&path)).or_default().0 += 1,
            Change::Read(path, bytes) => reads.entry(without_numbers(&path)).or_default().1 += bytes,
            _ => {}
        }
    }
    reads
}

/// The name without the number of its run, of its hour, or of its place in the log of the store.
fn without_numbers(path: &Path) -> String {
    let name = path.display().to_string();
    if name.contains("/snap.") {
        return format!("{STATE}/snap");
    }
    name.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect()
}

#[test]
fn a_run_opens_the_same_files_however_many_runs_were_before_it() {
    let folder = Folder::in_memory();
    go_on(&folder, 1..=FEW);
    let few = reads_of(&folder, FEW + 1);
    go_on(&folder, FEW + 2..=MANY);
    let many = reads_of(&folder, MANY + 1);
    assert!(few.keys().any(|name| name.starts_with(&format!("{OUT}/manifests/"))), "{few:?}");
    assert!(few.keys().any(|name| name.starts_with(&format!("{STATE}/db"))), "{few:?}");
    // The store writes a snapshot now and then, and reads the last one, if there is one.
    let is_constant = |name: &str| name != format!("{STATE}/snap");
    let opened = |reads: &Reads| -> BTreeMap<String, usize> {
        reads
            .iter()
            .filter(|(name, (opened, _))| *opened > 0 && is_constant(name))
            .map(|(name, (opened, _))| (name.clone(), *opened))
            .collect()
    };
    assert_eq!(opened(&many), opened(&few));
    for (name, (_, bytes)) in &many {
        let before = few.get(name).map_or(0, |(_, bytes)| *bytes);
        let is_store = name.starts_with(STATE);
        // Numbers grow by a digit or two; the store is read in whole segments.
        let allowed = if is_store { before + (8 << 20) + MANY * BYTES_A_KNOWN_FILE } else { before + 64 };
        assert!(*bytes <= allowed, "{name}: {bytes} bytes, {before} before");
    }
}
