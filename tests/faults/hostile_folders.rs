//! Folders, links and names that are in the way: reported before anything is committed, never written through, and
//! a warning where others may write in the state folder.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests make links")]

use crate::support::twin::expect_one_clear_line;
use crate::support::{Finished, Folder, OUT, STATE, output_name};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

const DAY: &str = "ann,2020-01-01 10:00:00\nbob,2020-01-01 11:00:00\n";
const DAY_2: &str = "ann,2020-01-02 10:00:00\nbob,2020-01-02 11:00:00\n";

fn with_days() -> Folder {
    let folder = Folder::in_memory();
    folder.write("day.csv", DAY);
    folder.write("day-2.csv", DAY_2);
    folder
}

/// The run is refused in these words, without a commit; with the hindrance gone it is run 1.
#[track_caller]
fn expect_hindered(folder: &Folder, words: &[&str], mend: impl FnOnce()) {
    let reported = folder.sessionize(&["run", "day.csv"]).expect_code(1);
    expect_one_clear_line(&reported);
    assert!(words.iter().all(|word| reported.stderr.contains(word)), "{}", reported.stderr);
    let runs = folder.sessionize(&["inspect", "--report=json", "--out=another"]).expect_code(0).json();
    assert_eq!(runs["runs"], 0, "nothing was committed");
    mend();
    let report = folder.sessionize(&["run", "day.csv", "--report=json"]).expect_code(0).json();
    assert_eq!(report["run"], 1);
    folder.sessionize(&["verify"]).expect_code(0);
}

#[test]
fn links_to_folders_are_followed_and_links_to_nowhere_are_told() {
    let folder = with_days();
    for linked in
        [OUT.to_owned(), format!("{OUT}/sessions"), format!("{OUT}/.staging"), format!("{OUT}/retracted")]
    {
        fs::create_dir_all(folder.path(&linked).parent().unwrap()).unwrap();
        symlink("nowhere", folder.path(&linked)).unwrap();
        expect_hindered(&folder, &[&linked, "broken link", "remove the link"], || {
            fs::remove_file(folder.path(&linked)).unwrap();
        });
        fs::remove_dir_all(folder.path(OUT)).unwrap();
        fs::remove_dir_all(folder.path(STATE)).unwrap();
    }
    for linked in [OUT.to_owned(), format!("{OUT}/sessions")] {
        fs::create_dir_all(folder.path(&linked).parent().unwrap()).unwrap();
        fs::create_dir_all(folder.path("real")).unwrap();
        symlink(folder.path("real"), folder.path(&linked)).unwrap();
        folder.sessionize(&["run", "day.csv"]).expect_code(0);
        folder.sessionize(&["verify"]).expect_code(0);
        fs::remove_file(folder.path(&linked)).unwrap();
        let _ = fs::remove_dir_all(folder.path(OUT));
        fs::remove_dir_all(folder.path(STATE)).unwrap();
    }
}

#[test]
fn a_folder_on_another_file_system_is_told_before_the_commit() {
    let (folder, other) = (with_days(), tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap());
    if fs::metadata(folder.path("")).unwrap().dev() == fs::metadata(other.path()).unwrap().dev() {
        return;
    }
    fs::create_dir(folder.path(OUT)).unwrap();
    let linked = folder.path(OUT).join("sessions");
    symlink(other.path(), &linked).unwrap();
    expect_hindered(&folder, &["another file system", "whole --out"], || fs::remove_file(&linked).unwrap());
}

#[test]
fn what_no_run_has_published_is_never_written_over() {
    let folder = with_days();
    let victim = folder.write("victim", "somebody's");
    let name = output_name("sessions", 1);
    folder.write(&name, "theirs");
    expect_hindered(&folder, &["run-00000001.csv", "name is taken", "move it away"], || {
        assert_eq!(fs::read(folder.path(&name)).unwrap(), b"theirs");
        fs::remove_file(folder.path(&name)).unwrap();
    });
    let name = output_name("sessions", 2);
    for target in ["../../victim", "../../nowhere"] {
        symlink(target, folder.path(&name)).unwrap();
        let reported = folder.sessionize(&["run", "day-2.csv"]).expect_code(1).stderr;
        assert!(reported.contains("name is taken"), "{reported}");
        fs::remove_file(folder.path(&name)).unwrap();
    }
    fs::create_dir(folder.path(&name)).unwrap();
    folder.sessionize(&["run", "day-2.csv"]).expect_code(1);
    assert_eq!(fs::read(victim).unwrap(), b"somebody's");
    assert!(!folder.path("nowhere").exists());
    fs::write(folder.path("a file"), "").unwrap();
    fs::remove_dir_all(folder.path(OUT).join("sessions")).unwrap();
    fs::write(folder.path(OUT).join("sessions"), "").unwrap();
    let reported = folder.sessionize(&["run", "day-2.csv"]).expect_code(1).stderr;
    assert!(reported.contains("this is not a folder"), "{reported}");
}

#[test]
fn staging_and_lock_are_not_looked_for_behind_links() {
    let folder = with_days();
    let victim = folder.write("victim/kept", "somebody's");
    fs::create_dir(folder.path(OUT)).unwrap();
    symlink("../victim", folder.path(OUT).join(".staging")).unwrap();
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    let lock = folder.path(STATE).join("lock");
    fs::remove_file(&lock).unwrap();
    symlink(&victim, &lock).unwrap();
    let reported = folder.sessionize(&["run", "day-2.csv"]).expect_code(1);
    expect_one_clear_line(&reported);
    assert!(reported.stderr.contains("lock of the checkpoint is not a file"), "{}", reported.stderr);
    assert_eq!(fs::read(victim).unwrap(), b"somebody's");
}

/// Nothing but the paths in the reports may differ.
#[test]
fn folders_inside_each_other_or_in_the_same_place_do_no_harm() {
    let usual = with_days();
    let pairs = [(STATE, OUT), ("s", "s/o"), ("o/s", "o"), ("x", "x"), (".", "."), ("s", "y/../z/../o")];
    let mut expected = None;
    for (state, out) in pairs {
        let folder = with_days();
        fs::create_dir_all(folder.path("y")).unwrap();
        fs::create_dir_all(folder.path("z")).unwrap();
        let folders = ["--state", state, "--out", out];
        for day in ["day.csv", "day-2.csv"] {
            folder.sessionize(&[&["run", day, "--now=2021-01-01"], &folders[..]].concat()).expect_code(0);
        }
        folder.sessionize(&[&["verify"], &folders[..]].concat()).expect_code(0);
        folder.sessionize(&[&["backup", "copy"], &folders[..]].concat()).expect_code(if state == "." {
            2
        } else {
            0
        });
        folder.sessionize(&[&["rollback", "--to-run=1"], &folders[..]].concat()).expect_code(0);
        let outputs: Vec<Vec<u8>> = [
            "sessions/run-00000001.csv",
            "manifests/run-00000001.json",
            "retracted/sessions/run-00000002.csv",
        ]
        .map(|name| folder.files(out)[&Path::new(if out == "." { "" } else { out }).join(name)].clone())
        .into();
        assert_eq!(expected.get_or_insert(outputs.clone()), &outputs, "{state} {out}");
    }
    drop(usual);
}

/// Where outputs lie beside the files of the batch, a pattern of the shell does not take them for one.
#[test]
fn outputs_may_lie_beside_the_batch() {
    let folder = Folder::in_memory();
    folder.write("in/day.csv", DAY);
    folder.sessionize(&["run", "in/day.csv", "--out=in"]).expect_code(0);
    let report = folder.sessionize(&["run", "in/day.csv", "--out=in", "--report=json"]).expect_code(0).json();
    assert_eq!(report["status"], "nothing-to-do");
    let reported =
        folder.sessionize(&["run", "in/day.csv", "in/sessions", "--out=in"]).expect_code(66).stderr;
    assert!(reported.contains("in/sessions") && reported.contains("folder"), "{reported}");
}

#[test]
fn a_backup_into_what_it_copies_is_refused() {
    let folder = with_days();
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    symlink(STATE, folder.path("link")).unwrap();
    let before = folder.files("").len();
    for place in [
        "sessionize-state/copy",
        "sessionize-out/sessions/copy",
        "link/copy",
        "./sessionize-out/../sessionize-state/a/b",
    ] {
        let reported = folder.sessionize(&["backup", place]).expect_code(2);
        expect_one_clear_line(&reported);
        assert!(reported.stderr.contains("inside the folder that it copies"), "{}", reported.stderr);
    }
    assert_eq!(folder.files("").len(), before);
    folder.sessionize(&["backup", "sessionize-state-copy"]).expect_code(0);
}

/// A rollback that is committed goes on where it was hindered.
#[test]
fn a_rollback_whose_outputs_cannot_be_moved_goes_on_with_the_next_command() {
    let folder = with_days();
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    folder.sessionize(&["run", "day-2.csv"]).expect_code(0);
    fs::create_dir(folder.path(OUT).join("retracted")).unwrap();
    let blocked = folder.path(OUT).join("retracted/sessions");
    fs::write(&blocked, "").unwrap();
    let hindered = |arguments: &[&str]| {
        let reported = folder.sessionize(arguments).expect_code(1).stderr;
        assert!(reported.contains("cannot retract") && reported.contains("is committed"), "{reported}");
    };
    hindered(&["rollback", "--to-run=1"]);
    let shown = folder.sessionize(&["inspect"]).expect_code(0).stdout;
    assert!(shown.contains("run 3: the next run publishes it"), "{shown}");
    hindered(&["run", "day-2.csv"]);
    folder.sessionize(&["verify"]).expect_code(0);
    fs::remove_file(blocked).unwrap();
    assert!(folder.path(&output_name("sessions", 2)).exists(), "who looks moves nothing");
    let report = folder.sessionize(&["run", "day-2.csv", "--report=json"]).expect_code(0).json();
    assert_eq!(report["run"], 4);
    assert!(!folder.path(&output_name("sessions", 2)).exists());
    folder.sessionize(&["verify"]).expect_code(0);
}

/// A name that an unfinished backup would have is not always that of one.
#[test]
fn a_backup_removes_nothing_that_is_not_its_own() {
    let folder = with_days();
    folder.sessionize(&["run", "day.csv"]).expect_code(0);
    folder.write("monday.partial/thesis.txt", "precious");
    folder.write("monday.partial/state/notes.txt", "precious too");
    let before = folder.files("monday.partial");
    let reported = folder.sessionize(&["backup", "monday"]).expect_code(2);
    expect_one_clear_line(&reported);
    assert!(
        reported.stderr.contains("monday.partial: a backup would be written under this name"),
        "{}",
        reported.stderr
    );
    assert_eq!(folder.files("monday.partial"), before);
    folder.write("tuesday.partial", "a file");
    folder.sessionize(&["backup", "tuesday"]).expect_code(2);
    symlink("monday.partial", folder.path("wednesday.partial")).unwrap();
    folder.sessionize(&["backup", "wednesday"]).expect_code(2);
    assert_eq!(folder.files("monday.partial"), before);
    // What an unfinished backup has left is removed, and so is an empty folder.
    folder.write("thursday.partial/unfinished-backup", "");
    folder.write("thursday.partial/out/sessions/run-00000009.csv", "half a file");
    fs::create_dir(folder.path("friday.partial")).unwrap();
    for day in ["thursday", "friday"] {
        folder.sessionize(&["backup", day]).expect_code(0);
        assert!(!folder.path(&format!("{day}.partial")).exists());
        let names: Vec<_> =
            fs::read_dir(folder.path(day)).unwrap().map(|name| name.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "state and out: {names:?}");
        assert!(!folder.path(&format!("{day}/out/sessions/run-00000009.csv")).exists());
    }
}

#[test]
fn a_state_folder_that_others_may_change_is_warned_of() {
    let folder = with_days();
    let warning = |arguments: &[&str]| folder.sessionize(arguments).expect_code(0).stderr;
    assert_eq!(warning(&["run", "day.csv"]), "");
    assert_eq!(fs::metadata(folder.path(STATE)).unwrap().mode() & 0o022, 0, "it is made for its owner");
    for (mode, who) in [(0o777, "everybody"), (0o775, "its group")] {
        fs::set_permissions(folder.path(STATE), Permissions::from_mode(mode)).unwrap();
        let reported = warning(&["inspect", "-q"]);
        assert!(
            reported.contains(who) && reported.contains(STATE) && reported.lines().count() == 1,
            "{reported}"
        );
    }
    fs::set_permissions(folder.path(STATE), Permissions::from_mode(0o755)).unwrap();
    // Only the superuser may give a folder away.
    if chown(folder.path(STATE), Some(12_345), None).is_ok() {
        let reported = warning(&["run", "day-2.csv", "-q"]);
        assert!(reported.contains("another user (12345)") && reported.lines().count() == 1, "{reported}");
    }
}

#[test]
fn names_that_break_lines_or_speak_to_terminals_are_written_out() {
    let folder = Folder::in_memory();
    let reported = folder.sessionize(&["run", "no\nfile\u{1b}[31m.csv"]).expect_code(66);
    expect_one_clear_line(&reported);
    assert!(reported.stderr.contains("no file\\u{1b}[31m.csv"), "{:?}", reported.stderr);
    let name = std::ffi::OsString::from_vec(b"b\xff\n.csv".to_vec());
    fs::write(folder.path("").join(&name), format!("{DAY}x,never\n")).unwrap();
    let mut run = folder.command(&["run", "--max-rejects=1", "--report=json"]);
    run.arg(&name);
    let report = Finished::of(run, b"").expect_code(0).json();
    assert_eq!(report["files"][0]["path"], "b\u{fffd}\n.csv");
    folder.sessionize(&["inspect", "--runs"]).expect_code(0);
    folder.sessionize(&["verify"]).expect_code(0);
}

#[test]
fn an_odd_time_zone_of_the_machine_changes_nothing() {
    let expected = {
        let folder = with_days();
        folder.sessionize(&["run", "day.csv", "day-2.csv"]).expect_code(0);
        folder.files(&format!("{OUT}/sessions"))
    };
    for zone in ["Weird/Zone", ":/etc/passwd", "<+99>-99", "\n", ""] {
        let folder = with_days();
        let mut run = folder.command(&["run", "day.csv", "day-2.csv"]);
        run.env("TZ", zone);
        Finished::of(run, b"").expect_code(0);
        assert_eq!(folder.files(&format!("{OUT}/sessions")), expected);
    }
}
