//! A full disk at every stage: a clear error, exit code 1, nothing changed; when there is space again the same command
//! comes to the outputs of an undisturbed twin.
//!
//! Once with every write in turn as the first one that finds no space, and once on a small file system of its own, which
//! needs the right to mount one.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md; a test that cannot run says so")]
#![allow(clippy::disallowed_methods, reason = "fills a disk")]

use crate::support::recorder;
use crate::support::twin::{self, command, execute, expect_one_clear_line, finalize, run};
use crate::support::{Finished, Folder, OUT};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const BATCHES: usize = 2;

/// What is staged and published. Whose the folder is may be noted already, or half of it.
fn outputs(folder: &Folder) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = folder.files(OUT);
    files.retain(|path, _| !path.to_string_lossy().contains("/owner.json"));
    files
}

fn says_that_the_disk_is_full(finished: &Finished, place: &str) {
    // A write of the commit itself that fails leaves open whether the run is committed; any other one does not.
    let is_unknown = finished.stderr.contains("it is unknown whether run");
    assert_eq!(finished.code, Some(if is_unknown { 71 } else { 1 }), "{place}: {finished:?}");
    expect_one_clear_line(finished);
    for words in ["No space left on device", "the disk is full", "free some space"] {
        assert!(finished.stderr.contains(words), "{place}: {finished:?}");
    }
}

#[test]
fn no_space_from_every_write_on() {
    let mut stages = 0;
    for before in [vec![], vec![run(&[0])]] {
        let batch = before.len();
        let commands: Vec<_> = before.iter().cloned().chain([run(&[batch]), finalize()]).collect();
        let undisturbed = twin::undisturbed(BATCHES, &commands);
        let start = Folder::in_memory();
        twin::write_batches(&start, BATCHES);
        for arguments in &before {
            execute(&start, arguments).expect_code(0);
        }
        for number in 1.. {
            let (folder, log) = (Folder::in_memory(), Folder::in_memory());
            twin::copy(&start, &folder);
            let published = outputs(&folder);
            let mut command = command(&folder, &run(&[batch]));
            recorder::record(&mut command, &folder, &log.path("log"));
            command.env("RECORDER_FULL_FROM", number.to_string());
            let finished = Finished::of(command, b"");
            let place = format!("write {number} of run {}", batch + 1);
            if finished.code == Some(0) {
                assert!(number > 15, "{place}: {finished:?}");
                break;
            }
            says_that_the_disk_is_full(&finished, &place);
            let after = outputs(&folder);
            let is_staged = |path: &Path| path.starts_with("sessionize-out/.staging");
            let committed = after.keys().any(|path| is_staged(path));
            assert!(committed || after == published, "{place}: {finished:?}");
            execute(&folder, &run(&[batch])).expect_code(0);
            execute(&folder, &finalize()).expect_code(0);
            assert_eq!(folder.files(OUT), undisturbed.files, "{place}");
            stages += 1;
        }
    }
    println!("{stages} stages at which the disk was full");
}

/// A file system of `kib` KiB; unmounted when it is dropped.
pub struct SmallDisk(pub Folder);

impl SmallDisk {
    pub fn mount(kib: usize) -> Option<Self> {
        let disk = Self(Folder::in_memory());
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"]).arg(disk.0.path(""));
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        mounted.then_some(disk)
    }

    pub fn make_read_only(&self) {
        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,ro"]).arg(self.0.path(""));
        assert!(mount.status().unwrap().success());
    }

    fn grow(&self, kib: usize) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,size={kib}k")]).arg(self.0.path(""));
        assert!(mount.status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path("")).status();
    }
}

#[test]
fn a_file_system_that_fills_up() {
    const ENOUGH_KIB: usize = 200 << 10;
    let undisturbed = twin::undisturbed(BATCHES, &[run(&[0]), run(&[1]), finalize()]);
    let Some(_probe) = SmallDisk::mount(64) else {
        println!("SKIPPED: mounting a file system is not permitted here");
        return;
    };
    let mut full = 0;
    // The first run is refused on the smallest ones, the second one where sled needs another piece of its file.
    for kib in (24..100).step_by(8).chain([200, 1 << 10, 8 << 10, 15 << 10, 17 << 10]) {
        let disk = SmallDisk::mount(ENOUGH_KIB).unwrap();
        let folder = &disk.0;
        twin::write_batches(folder, BATCHES);
        disk.grow(kib);
        for batch in [0, 1] {
            let before = outputs(folder);
            let finished = execute(folder, &run(&[batch]));
            let place = format!("run {} on {kib} KiB", batch + 1);
            if finished.code == Some(0) {
                continue;
            }
            full += 1;
            says_that_the_disk_is_full(&finished, &place);
            let after = outputs(folder);
            let is_staged = |path: &Path| path.starts_with("sessionize-out/.staging");
            assert!(after == before || after.keys().any(|path| is_staged(path)), "{place}");
            // It stays full: sled cannot even open what is there then.
            fs::write(folder.path("ballast"), vec![1; kib << 10]).ok();
            says_that_the_disk_is_full(&execute(folder, &run(&[batch])), &place);
            fs::remove_file(folder.path("ballast")).unwrap();
            disk.grow(ENOUGH_KIB);
            execute(folder, &run(&[batch])).expect_code(0);
            disk.grow(kib.max(40 << 10));
        }
        disk.grow(ENOUGH_KIB);
        execute(folder, &finalize()).expect_code(0);
        assert_eq!(folder.files(OUT), undisturbed.files, "{kib} KiB");
    }
    println!("{full} runs on a file system that was full");
    assert!(full > 8, "it was full only {full} times");
}
