//! One run at a time: others wait or are told who is there, many at once lose nothing, and the dead hold no lock.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "waits for processes")]

mod support;

use std::io::BufRead as _;
use std::process::Stdio;
use std::time::Duration;
use support::twin::{self, execute, finalize, run};
use support::{Folder, STATE};

fn with_wait(arguments: Vec<String>) -> Vec<String> {
    [arguments, vec!["--wait=10m".to_owned()]].concat()
}

#[test]
fn the_second_run_is_told_who_is_there_or_waits() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    let lock = std::fs::File::open(folder.path(STATE)).unwrap();
    lock.lock().unwrap();
    let told = execute(&folder, &run(&[1])).expect_code(75);
    assert!(told.stderr.contains("in use by process"), "{}", told.stderr);
    let mut waiting = twin::command(&folder, &with_wait(run(&[1]))).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(waiting.try_wait().unwrap().is_none(), "it waits");
    lock.unlock().unwrap();
    assert!(waiting.wait().unwrap().success(), "and goes on");
    let undisturbed = twin::undisturbed(2, &[run(&[0]), run(&[1])]);
    assert_eq!(twin::outcome(&folder), undisturbed);
}

/// As when cron starts more runs than one, some of them for the same file.
#[test]
fn of_many_runs_at_once_each_batch_is_taken_in_once() {
    const BATCHES: usize = 8;
    // Whatever the order in which they come, no event is late.
    let patient = |batches: &[usize]| {
        let mut arguments = with_wait(run(batches));
        arguments.retain(|flag| !flag.starts_with("--lateness"));
        [arguments, vec!["--lateness=30d".to_owned()]].concat()
    };
    let folder = Folder::in_memory();
    twin::write_batches(&folder, BATCHES);
    let started: Vec<_> = (0..2 * BATCHES)
        .map(|number| {
            let mut command = twin::command(&folder, &patient(&[number % BATCHES]));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in started {
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    assert_eq!(twin::outcome(&folder).inspected["runs"], BATCHES);
    execute(&folder, &finalize()).expect_code(0);

    let one = Folder::in_memory();
    twin::write_batches(&one, BATCHES);
    execute(&one, &patient(&(0..BATCHES).collect::<Vec<_>>())).expect_code(0);
    execute(&one, &finalize()).expect_code(0);
    let sorted = |folder: &Folder| {
        let mut sessions = folder.sessions();
        sessions.sort();
        sessions
    };
    let together = sorted(&folder);
    assert!(together.len() > BATCHES, "there is something to compare");
    assert_eq!(together, sorted(&one));
}

#[test]
#[cfg(debug_assertions)]
fn a_killed_run_names_itself_while_it_lives_and_holds_no_lock_when_it_is_dead() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    let mut held = twin::Held::at_first(&folder, &run(&[1]), "commit");
    let told = execute(&folder, &run(&[1])).expect_code(75);
    assert!(told.stderr.contains(&format!("process {} ", held.process.id())), "{}", told.stderr);
    held.process.kill().unwrap();
    held.process.wait().unwrap();
    execute(&folder, &run(&[1])).expect_code(0);
    assert_eq!(twin::outcome(&folder), twin::undisturbed(2, &[run(&[0]), run(&[1])]));
}

/// Whoever takes the file for a leftover and removes it has removed a note, and no lock.
#[test]
#[cfg(debug_assertions)]
fn the_lock_holds_when_the_file_that_names_its_holder_is_removed() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    let held = twin::Held::at_first(&folder, &run(&[1]), "commit");
    std::fs::remove_file(folder.path(STATE).join("lock")).unwrap();
    for command in [run(&[1]), finalize(), twin::upkeep(&["rollback", "--to-run=1"])] {
        let told = execute(&folder, &command).expect_code(75);
        assert!(told.stderr.contains("in use by an unknown process"), "{}", told.stderr);
        assert!(!folder.path(STATE).join("lock").exists(), "who is refused writes nothing");
    }
    held.go_on().expect_code(0);
    assert_eq!(twin::outcome(&folder), twin::undisturbed(2, &[run(&[0]), run(&[1])]));
}

/// A program that knows another lock than ours, or none, is at work: that is no damage, and no reason for a backup.
#[test]
fn a_store_that_another_has_open_is_in_use_and_not_damaged() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    let store = std::fs::File::open(folder.path(STATE).join("db")).unwrap();
    store.lock().unwrap();
    let told = execute(&folder, &run(&[1])).expect_code(75).stderr;
    assert!(told.contains("in use by a process that does not hold its lock"), "{told}");
    assert!(!told.contains("backup"), "{told}");
    store.unlock().unwrap();
    execute(&folder, &run(&[1])).expect_code(0);
}

/// A state folder that was moved away is not what stands in its place.
#[test]
fn who_waits_gets_the_folder_that_stands_there_in_the_end() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    twin::copy_files(&folder.path(STATE), &folder.path("copy"));
    let lock = std::fs::File::open(folder.path(STATE)).unwrap();
    lock.lock().unwrap();
    let mut waiting = twin::command(&folder, &with_wait(run(&[1]))).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    std::fs::rename(folder.path(STATE), folder.path("moved")).unwrap();
    std::fs::rename(folder.path("copy"), folder.path(STATE)).unwrap();
    lock.unlock().unwrap();
    assert!(waiting.wait().unwrap().success(), "and goes on");
    assert_eq!(twin::outcome(&folder), twin::undisturbed(2, &[run(&[0]), run(&[1])]));
}

/// The threads of sled may outlive the lock of their command for a moment; where it gets long, that is said.
#[test]
fn who_waits_for_the_store_to_be_let_go_says_so() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    let store = std::fs::File::open(folder.path(STATE).join("db")).unwrap();
    store.lock().unwrap();
    let mut command = twin::command(&folder, &run(&[1]));
    let mut waiting = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    std::io::BufReader::new(waiting.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.contains("waiting up to ten seconds for a command that is about to end"), "{said}");
    store.unlock().unwrap();
    assert!(waiting.wait().unwrap().success(), "and goes on");
}

/// Whoever dies in the crowd takes nothing along: the others go on, and what it had in hand may come again.
#[test]
fn runs_that_are_killed_among_many_block_nobody_and_lose_nothing() {
    const BATCHES: usize = 6;
    let patient = |batches: &[usize]| {
        let mut arguments = with_wait(run(batches));
        arguments.retain(|flag| !flag.starts_with("--lateness"));
        [arguments, vec!["--lateness=30d".to_owned()]].concat()
    };
    let folder = Folder::in_memory();
    twin::write_batches(&folder, BATCHES);
    let mut started: Vec<_> = (0..2 * BATCHES)
        .map(|number| {
            let mut command = twin::command(&folder, &patient(&[number % BATCHES]));
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for (number, child) in started.iter_mut().enumerate().filter(|(number, _)| number % 3 == 0) {
        std::thread::sleep(Duration::from_millis(number as u64));
        // It may have ended already.
        let _ = child.kill();
    }
    for (number, mut child) in started.into_iter().enumerate() {
        let ended = child.wait().unwrap();
        assert!(ended.success() || number % 3 == 0, "{number}: {ended}");
    }
    for number in 0..BATCHES {
        execute(&folder, &patient(&[number])).expect_code(0);
    }
    execute(&folder, &["verify".to_owned()]).expect_code(0);
    execute(&folder, &finalize()).expect_code(0);
    let one = Folder::in_memory();
    twin::write_batches(&one, BATCHES);
    execute(&one, &patient(&(0..BATCHES).collect::<Vec<_>>())).expect_code(0);
    execute(&one, &finalize()).expect_code(0);
    let sorted = |folder: &Folder| {
        let mut sessions = folder.sessions();
        sessions.sort();
        sessions
    };
    assert_eq!(sorted(&folder), sorted(&one));
}

/// What a run has opened is what it takes in, or it says that it was changed; never a mixture.
#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_replaced_while_a_run_waits_is_the_old_one_and_a_changed_one_is_refused() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    let lock = std::fs::File::open(folder.path(STATE)).unwrap();
    let batch = std::fs::read(folder.path("batch-1.csv")).unwrap();
    let half = batch.len() / 2;
    let changes: [(&dyn Fn(), i32); 3] = [
        (&|| drop(folder.write("batch-1.csv", &batch[..half])), 66),
        (&|| drop(folder.write("batch-1.csv", [&batch[..], &batch[..half]].concat())), 66),
        (
            &|| {
                folder.write("new", &batch[..half]);
                std::fs::rename(folder.path("new"), folder.path("batch-1.csv")).unwrap();
            },
            0,
        ),
    ];
    for (change, code) in changes {
        folder.write("batch-1.csv", &batch);
        lock.lock().unwrap();
        let mut command = twin::command(&folder, &with_wait(run(&[1])));
        let mut waiting = command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while !is_open(&folder, waiting.id()) {
            std::thread::sleep(Duration::from_millis(5));
        }
        change();
        lock.unlock().unwrap();
        assert_eq!(waiting.wait().unwrap().code(), Some(code));
    }
    assert_eq!(twin::outcome(&folder), twin::undisturbed(2, &[run(&[0]), run(&[1])]));
}

/// Whether the process has the batch file open: until then it would see the new one.
#[cfg(target_os = "linux")]
fn is_open(folder: &Folder, process: u32) -> bool {
    let wanted = folder.path("batch-1.csv").canonicalize().unwrap();
    let Ok(files) = std::fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok()).any(|file| file == wanted)
}
