//! Who looks changes nothing: `inspect`, `verify`, `export-state`, `backup` and a dry run leave no byte and no lock in state and
//! output, work on folders that they may only read, and beside a command that works: then they show what was last committed.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "looks at folders")]

use crate::support::twin::{self, execute, finalize, run};
use crate::support::{Finished, Folder, OUT, STATE};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The commands that look at state and output in `folder`; each writes into the folder of temporary files at most, and where
/// that is requested.
fn looks(beside: &Folder) -> Vec<Vec<String>> {
    let named = |name: &str| beside.path(name).display().to_string();
    let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    vec![
        twin::inspect(),
        words(&["verify", "--report=json"]),
        words(&["export-state", "-q", &named("export")]),
        words(&["export-state", "-q", "--salvage", &named("salvage")]),
        words(&["backup", "-q", &named("backup")]),
        [run(&[2]), vec!["--dry-run".to_owned()]].concat(),
    ]
}

/// What a file or folder looks like from outside: whatever is done to it shows.
type Tree = BTreeMap<PathBuf, (u64, u64, i64, i64, i64, u32, u32)>;

fn tree(path: &Path) -> Tree {
    let mut tree = Tree::new();
    let found = fs::symlink_metadata(path).unwrap();
    let (ino, len, mode, owner) = (found.ino(), found.len(), found.mode(), found.uid());
    tree.insert(
        path.to_owned(),
        (ino, len, found.mtime_nsec(), found.ctime(), found.ctime_nsec(), mode, owner),
    );
    if found.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            tree.extend(self::tree(&entry.unwrap().path()));
        }
    }
    tree
}

/// The same once nobody writes any more: threads of sled go on for a moment in a process that is held.
fn settled_tree(path: &Path) -> Tree {
    let mut before = tree(path);
    loop {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let now = tree(path);
        if now == before {
            return now;
        }
        before = now;
    }
}

/// Looks in every way; each ends with 0, changes nothing, and leaves nothing in the folder of temporary files.
#[track_caller]
fn look_in_every_way(folder: &Folder, place: &str, change: impl Fn(&mut Command)) -> serde_json::Value {
    let (beside, temporary) = (Folder::in_memory(), Folder::in_memory());
    for open in [&beside, &temporary] {
        fs::set_permissions(open.path(""), Permissions::from_mode(0o777)).unwrap();
    }
    let before = settled_tree(&folder.path(""));
    let mut inspected = serde_json::Value::Null;
    for look in looks(&beside) {
        let mut command = twin::command(folder, &look);
        command.env("TMPDIR", temporary.path(""));
        change(&mut command);
        let finished = Finished::of(command, b"");
        assert_eq!(finished.code, Some(0), "{place}, {look:?}: {finished:?}");
        assert!(tree(&folder.path("")) == before, "{place}: {look:?} has changed something");
        assert!(
            fs::read_dir(temporary.path("")).unwrap().next().is_none(),
            "{place}: {look:?} leaves something"
        );
        if look == twin::inspect() {
            inspected = twin::inspected(&finished);
        }
    }
    // What was taken out goes on as the first would.
    let copy = ["--state=backup/state", "--out=backup/out"].map(str::to_owned).to_vec();
    let verified = execute(&beside, &[vec!["verify".to_owned()], copy.clone()].concat());
    if inspected["runs"] != 0 {
        verified.expect_code(0);
        let shown = execute(&beside, &[twin::inspect(), copy].concat()).expect_code(0);
        assert_eq!(twin::inspected(&shown), inspected, "{place}: the backup is what was seen");
    }
    inspected
}

fn after_two_runs() -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 3);
    execute(&folder, &run(&[0])).expect_code(0);
    execute(&folder, &run(&[1])).expect_code(0);
    folder
}

#[test]
fn at_folders_that_may_only_be_read_by_another_user_too() {
    let folder = after_two_runs();
    let expected = twin::outcome(&folder).inspected;
    // The lock of another blocks nobody who looks.
    let lock = fs::File::open(folder.path(STATE)).unwrap();
    lock.lock().unwrap();
    assert_eq!(look_in_every_way(&folder, "locked", |_| ()), expected);
    for path in tree(&folder.path("")).into_keys() {
        let mode = if path.is_dir() { 0o555 } else { 0o444 };
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }
    assert_eq!(look_in_every_way(&folder, "read-only", |_| ()), expected);
    // Only the superuser may become somebody else, and only if that one may start the program.
    let program = folder.command(&["--version"]).get_program().to_owned();
    let mut other = Command::new(program);
    other.arg("--version").uid(65_534).gid(65_534).stdout(Stdio::null()).stderr(Stdio::null());
    if other.status().is_ok_and(|status| status.success()) {
        let become_other = |command: &mut Command| {
            command.uid(65_534).gid(65_534);
        };
        assert_eq!(look_in_every_way(&folder, "another user", become_other), expected);
    }
    for path in tree(&folder.path("")).into_keys() {
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }
}

/// A command is held at each of its durable steps in turn: who looks sees all of its run or nothing of it.
#[cfg(debug_assertions)]
fn look_at_every_step(start: &Folder, disturbed: &[String]) {
    let before = twin::outcome(start).inspected;
    let after = {
        let twin = Folder::in_memory();
        twin::copy(start, &twin);
        execute(&twin, disturbed).expect_code(0);
        twin::outcome(&twin)
    };
    let every = twin::number_from_environment("SESSIONIZE_TEST_LOOK_EVERY", 3);
    let steps = twin::steps(start, disturbed);
    let first = |name: &str| steps.iter().position(|step| step == name).unwrap() + 1;
    let commit = first("commit");
    let published = steps.iter().rposition(|step| step == "remove folder").unwrap() + 1;
    let (mut unpublished, mut committed) = (0, 0);
    let around = [commit, commit + 1, commit + 2, commit + 3, commit + 4, published];
    for number in (1..=steps.len()).filter(|number| number % every == 0 || around.contains(number)) {
        let folder = Folder::in_memory();
        twin::copy(start, &folder);
        let held = twin::Held::at(&folder, disturbed, number);
        let place = format!("held at {number}, {}", steps[number - 1]);
        let mut seen = look_in_every_way(&folder, &place, |_| ());
        let is_unpublished = seen["unpublished_run"].take() != serde_json::Value::Null;
        assert!(seen == before || seen == after.inspected, "{place}: {seen}");
        unpublished += usize::from(is_unpublished);
        committed += usize::from(seen == after.inspected);
        assert!(number > commit || seen == before, "{place}: not committed yet");
        assert!(number <= published || !is_unpublished, "{place}: published");
        held.go_on().expect_code(0);
        assert_eq!(twin::outcome(&folder), after, "{place}");
    }
    assert!(
        unpublished > 0 && committed > unpublished,
        "{unpublished} of {committed} between commit and publishing"
    );
}

#[test]
#[cfg(debug_assertions)]
fn beside_a_run_at_each_of_its_steps() {
    look_at_every_step(&after_two_runs(), &[run(&[2]), vec!["--keep-generations=1".to_owned()]].concat());
}

#[test]
#[cfg(debug_assertions)]
fn beside_a_rollback_at_each_of_its_steps() {
    look_at_every_step(&after_two_runs(), &twin::maintenance(&["rollback", "--to-run=1"]));
}

/// Runs come and go; who looks is never refused, never in their way, and sees a run whole or not at all.
#[test]
fn beside_runs_that_come_and_go() {
    const BATCHES: usize = 12;
    let folder = Folder::in_memory();
    twin::write_batches(&folder, BATCHES);
    execute(&folder, &run(&[0])).expect_code(0);
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let looked = std::thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let (mut looked, mut runs) = (0, 0);
            while !is_over.load(std::sync::atomic::Ordering::Relaxed) || looked < 4 {
                let beside = Folder::in_memory();
                let shown = twin::inspected(&execute(&folder, &twin::inspect()).expect_code(0));
                let now = shown["runs"].as_u64().unwrap();
                assert!(now >= runs, "what was committed stays");
                runs = now;
                for look in &looks(&beside)[1..5] {
                    execute(&folder, look).expect_code(0);
                }
                let copy = ["verify", "--state=backup/state", "--out=backup/out"].map(str::to_owned);
                execute(&beside, &copy).expect_code(0);
                looked += 1;
            }
            looked
        });
        for batch in 1..BATCHES {
            // No --wait: a look that held a lock would refuse it.
            let finished = execute(&folder, &run(&[batch]));
            if finished.code != Some(0) {
                is_over.store(true, std::sync::atomic::Ordering::Relaxed);
            }
            finished.expect_code(0);
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        looking.join().unwrap()
    });
    assert!(looked > 0);
    execute(&folder, &finalize()).expect_code(0);
    let commands: Vec<_> = (0..BATCHES).map(|batch| run(&[batch])).chain([finalize()]).collect();
    assert_eq!(twin::outcome(&folder), twin::undisturbed(BATCHES, &commands));
}

#[test]
fn what_cannot_be_copied_is_told_with_the_name_of_what_is_full() {
    let folder = after_two_runs();
    let mut command = twin::command(&folder, &twin::inspect());
    command.env("TMPDIR", folder.path("nowhere"));
    let reported = Finished::of(command, b"").expect_code(1);
    twin::expect_one_clear_line(&reported);
    assert!(reported.stderr.contains("nowhere") && reported.stderr.contains("TMPDIR"), "{}", reported.stderr);
    // What lies in the state folder and is none of the store is not touched; a pipe would never end.
    let made = Command::new("mkfifo").arg(folder.path(STATE).join("snap.pipe")).status();
    if made.is_ok_and(|made| made.success()) {
        execute(&folder, &twin::inspect()).expect_code(0);
    }
    fs::remove_dir_all(folder.path(OUT)).unwrap();
    execute(&folder, &twin::inspect()).expect_code(74);
}
