//! A loss of power while runs are delivered into a folder: what is not synced may be gone, names as well as bytes. Readers then find whole
//! runs, outputs are kept for what the target lacks, and the next delivery brings the rest.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files")]

use crate::support::delivered::{contents_of, current_files, expect_delivered};
use crate::support::recorder::{self, Change, Disk};
use crate::support::{Finished, Folder, OUT};
use std::fs;
use xxhash_rust::xxh3::xxh3_128;

const DELIVER: [&str; 3] = ["deliver", "--to", "./lake"];

/// Three days with corrections, of which the target has the first one.
fn start() -> Folder {
    let folder = Folder::in_memory();
    for day in 1..=3 {
        let earlier = (day - 1_u32).max(1);
        let name = format!("day-{day}.csv");
        folder.write(
            &name,
            format!("user,ts\nann,2020-01-0{day}T10:00:00Z\nbob,2020-01-0{earlier}T10:1{day}:00Z\n"),
        );
        folder.sessionize(&["run", &name, "--gap=5m", "--allowed-lateness=2d"]).expect_code(0);
        if day == 1 {
            folder.sessionize(&DELIVER).expect_code(0);
        }
    }
    folder
}

/// The changes of a delivery, and the folder as it was before.
fn record(with_target: bool) -> (Folder, Vec<Change>) {
    let (start, trial, log) = (start(), Folder::in_memory(), Folder::in_memory());
    if !with_target {
        fs::remove_dir_all(start.path("lake")).unwrap();
        fs::remove_dir_all(start.path(OUT).join("followers")).unwrap();
    }
    crate::support::twin::copy_files(&start.path(""), &trial.path(""));
    let mut command = trial.command(&DELIVER);
    recorder::record(&mut command, &trial, &log.path("log"));
    Finished::of(command, b"").expect_code(0);
    let changes = recorder::read(&log.path("log"), &trial);
    let links = changes.iter().filter(|change| matches!(change, Change::Link(..))).count();
    assert!(links >= 2, "{links} manifests were put: {changes:?}");
    (start, changes)
}

/// What readers and those who prune rely on, at any moment.
#[track_caller]
fn expect_whole_runs(folder: &Folder, place: &str) {
    let contents = contents_of(&folder.path("lake"));
    for file in current_files(&contents) {
        let path = file["path"].as_str().unwrap();
        let content =
            contents.get(path).unwrap_or_else(|| panic!("{place}: {path} is named and is not there"));
        assert_eq!(
            format!("{:032x}", xxh3_128(content)),
            file["digest"].as_str().unwrap(),
            "{place}: {path}"
        );
    }
    let manifests =
        contents.iter().filter(|(name, _)| name.starts_with("_streams/") && !name.contains(".partial"));
    let newest = manifests
        .map(|(_, content)| serde_json::from_slice::<serde_json::Value>(content).unwrap()["run"].as_u64())
        .max();
    let Ok(registered) = fs::read(folder.path(&format!("{OUT}/followers/files.json"))) else { return };
    let registered: serde_json::Value = serde_json::from_slice(&registered).unwrap();
    let newest = newest.flatten().unwrap_or(0);
    assert!(
        registered["run"].as_u64().unwrap() <= newest,
        "{place}: outputs may be pruned that the target lacks"
    );
}

#[test]
fn everything_that_is_not_synced_is_lost_after_every_change() {
    for with_target in [true, false] {
        let (start, changes) = record(with_target);
        let mut disk = Disk::of(&start);
        for (number, change) in changes.iter().enumerate() {
            disk.apply(change);
            let place = format!("after change {number}, {change:?}").chars().take(300).collect::<String>();
            let folder = Folder::in_memory();
            disk.restore_synced(&folder);
            expect_whole_runs(&folder, &place);
            let is_last = number + 1 == changes.len();
            let again = folder.sessionize(&[&DELIVER[..], &["--report=json"]].concat()).expect_code(0).json();
            assert!(!is_last || again["runs_delivered"] == 0, "{place}: it was done and is lost: {again}");
            expect_delivered(&contents_of(&folder.path("lake")), &[&folder]);
        }
        println!("{} changes of a delivery into a folder", changes.len());
    }
}

#[test]
fn any_part_of_what_is_not_synced_survives() {
    let losses = crate::support::twin::number_from_environment("SESSIONIZE_TEST_LOSSES", 40_usize);
    let mut random =
        fastrand::Rng::with_seed(crate::support::twin::number_from_environment("SESSIONIZE_TEST_SEED", 1));
    let (start, changes) = record(false);
    for loss in 0..losses {
        let end = random.usize(1..=changes.len());
        let mut disk = Disk::of(&start);
        changes[..end].iter().for_each(|change| disk.apply(change));
        let (folder, share) = (Folder::in_memory(), random.u8(1..100));
        disk.restore_partly(&folder, || random.u8(0..100) < share);
        let place = format!("loss {loss} after {end} changes");
        expect_whole_runs(&folder, &place);
        folder.sessionize(&DELIVER).expect_code(0);
        expect_delivered(&contents_of(&folder.path("lake")), &[&folder]);
    }
}
