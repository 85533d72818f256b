//! One run at a time: others wait or report the holder, many at once lose nothing, and a dead process holds no lock.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "waits for processes")]

use crate::support::twin::{self, execute, finalize, run};
use crate::support::{Folder, STATE, SessionRow};
use std::io::BufRead as _;
use std::process::Stdio;
use std::time::Duration;

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
    let reported = execute(&folder, &run(&[1])).expect_code(75);
    assert!(reported.stderr.contains("in use by process"), "{}", reported.stderr);
    let mut waiting = twin::command(&folder, &with_wait(run(&[1]))).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(waiting.try_wait().unwrap().is_none(), "it waits");
    lock.unlock().unwrap();
    assert!(waiting.wait().unwrap().success(), "and goes on");
    let undisturbed = twin::undisturbed(2, &[run(&[0]), run(&[1])]);
    assert_eq!(twin::outcome(&folder), undisturbed);
}

/// A run that waits for the lock, and for which no event is late, whatever the order of the runs.
fn patient(batches: &[usize]) -> Vec<String> {
    let mut arguments = with_wait(run(batches));
    arguments.retain(|flag| !flag.starts_with("--watermark-delay"));
    [arguments, vec!["--watermark-delay=30d".to_owned()]].concat()
}

/// The sessions of one run of `count` batches, sorted.
fn all_in_one_run(count: usize) -> Vec<SessionRow> {
    let commands = [patient(&(0..count).collect::<Vec<_>>()), finalize()];
    sorted(twin::after(count, &commands).sessions())
}

fn sorted(mut sessions: Vec<SessionRow>) -> Vec<SessionRow> {
    sessions.sort();
    sessions
}

/// As when cron starts more runs than one, some of them for the same file.
#[test]
fn of_many_runs_at_once_each_batch_is_taken_in_once() {
    const BATCHES: usize = 8;
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
    let together = sorted(folder.sessions());
    assert!(together.len() > BATCHES, "there is something to compare");
    assert_eq!(together, all_in_one_run(BATCHES));
}

#[test]
#[cfg(debug_assertions)]
fn a_killed_run_names_itself_while_it_lives_and_holds_no_lock_when_it_is_dead() {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    execute(&folder, &run(&[0])).expect_code(0);
    let mut held = twin::Held::at_first(&folder, &run(&[1]), "commit");
    let reported = execute(&folder, &run(&[1])).expect_code(75);
    assert!(reported.stderr.contains(&format!("process {} ", held.process.id())), "{}", reported.stderr);
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
    for command in [run(&[1]), finalize(), twin::maintenance(&["rollback", "--to-run=1"])] {
        let reported = execute(&folder, &command).expect_code(75);
        assert!(reported.stderr.contains("in use by an unknown process"), "{}", reported.stderr);
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
    let reported = execute(&folder, &run(&[1])).expect_code(75).stderr;
    assert!(reported.contains("in use by a process that does not hold its lock"), "{reported}");
    assert!(!reported.contains("backup"), "{reported}");
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
    assert_eq!(sorted(folder.sessions()), all_in_one_run(BATCHES));
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

/// Both have a state of their own, and the same output folder.
fn with_state(arguments: Vec<String>, state: &str) -> Vec<String> {
    [arguments, vec![format!("--state={state}"), "--out=out".to_owned()]].concat()
}

/// Whoever is refused has not looked at its batch: this one would be refused with another code.
fn of_no_rows(state: &str) -> Vec<String> {
    with_state(vec!["run".to_owned(), "--quiet".to_owned(), "no-rows.csv".to_owned()], state)
}

fn with_two_batches() -> Folder {
    let folder = Folder::in_memory();
    twin::write_batches(&folder, 2);
    folder.write("no-rows.csv", "a,b\nno,time\n");
    folder
}

/// Nothing but what `run` alone leaves is in the output folder, and its checkpoint goes on with it.
#[track_caller]
fn expect_only(folder: &Folder, state: &str, batch: usize, place: &str) {
    let alone = with_two_batches();
    execute(&alone, &with_state(run(&[batch]), state)).expect_code(0);
    assert_eq!(folder.files("out"), alone.files("out"), "{place}");
    execute(folder, &with_state(twin::maintenance(&["verify"]), state)).expect_code(0);
    execute(folder, &with_state(finalize(), state)).expect_code(0);
}

#[track_caller]
fn expect_refused(folder: &Folder, command: &[String], code: i32, place: &str) {
    let reported = execute(folder, command);
    assert_eq!(reported.code, Some(code), "{place}: {reported:?}");
    twin::expect_one_clear_line(&reported);
    let sentence = ["belongs to another checkpoint", "in use by another command"][usize::from(code == 75)];
    assert!(
        reported.stderr.contains("output folder") && reported.stderr.contains(sentence),
        "{place}: {reported:?}"
    );
}

/// As when cron starts the first runs of two jobs at once, and both have the default `--out`: at each durable step of the one
/// the other comes. One of them goes on, the other is refused before it reads a row.
#[test]
#[cfg(debug_assertions)]
fn of_two_first_runs_with_one_output_folder_one_is_refused_whatever_the_order_of_their_steps() {
    let first = with_state(run(&[0]), "a");
    let mut codes = std::collections::BTreeSet::new();
    for (number, step) in twin::steps(&with_two_batches(), &first).iter().enumerate() {
        let place = format!("step {} ({step})", number + 1);
        let folder = with_two_batches();
        let held = twin::Held::at(&folder, &first, number + 1);
        // Until the one has made and locked the folder, the other may have it.
        let other = execute(&folder, &with_state(run(&[1]), "b"));
        codes.insert(other.code);
        let (refused, standing, batch) = if other.code == Some(0) {
            let reported = held.go_on();
            assert_eq!(reported.code, Some(74), "{place}: {reported:?}");
            assert!(reported.stderr.contains("belongs to another checkpoint"), "{place}: {reported:?}");
            ("a", "b", 1)
        } else {
            expect_refused(&folder, &of_no_rows("b"), 75, &place);
            held.go_on().expect_code(0);
            ("b", "a", 0)
        };
        expect_refused(&folder, &of_no_rows(refused), 74, &place);
        expect_only(&folder, standing, batch, &place);
    }
    assert_eq!(codes, [Some(0), Some(75)].into());
}

/// The same if the one dies there: what it has committed is published when it comes again, and what it has only begun gives
/// way to the other no later than that.
#[test]
#[cfg(debug_assertions)]
fn of_two_first_runs_one_of_which_dies_at_any_step_only_one_has_the_output_folder() {
    let first = with_state(run(&[0]), "a");
    let steps = twin::steps(&with_two_batches(), &first);
    let commit = steps.iter().rposition(|step| step == "commit").unwrap();
    let mut codes = std::collections::BTreeSet::new();
    for (number, step) in steps.iter().enumerate() {
        let place = format!("death at step {} ({step})", number + 1);
        let folder = with_two_batches();
        twin::execute_with_fault(&folder, &first, &format!("abort:{}", number + 1));
        let other = execute(&folder, &with_state(run(&[1]), "b"));
        codes.insert(other.code);
        if other.code == Some(0) {
            assert!(number < commit, "{place}: a committed run has lost its place");
            expect_refused(&folder, &first, 74, &place);
            expect_only(&folder, "b", 1, &place);
        } else {
            assert_eq!(other.code, Some(74), "{place}: {other:?}");
            execute(&folder, &first).expect_code(0);
            expect_refused(&folder, &of_no_rows("b"), 74, &place);
            expect_only(&folder, "a", 0, &place);
        }
    }
    assert_eq!(codes, [Some(0), Some(74)].into());
}

/// Two jobs that wait for each other still do not share an output folder.
#[test]
#[cfg(debug_assertions)]
fn who_waits_for_the_output_folder_of_another_is_refused_when_that_one_is_done() {
    let folder = with_two_batches();
    let held = twin::Held::at_first(&folder, &with_state(run(&[0]), "a"), "commit");
    let waiting = with_wait(of_no_rows("b"));
    let mut command = twin::command(&folder, &waiting);
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert!(process.try_wait().unwrap().is_none(), "it waits");
    held.go_on().expect_code(0);
    let reported = process.wait_with_output().unwrap();
    assert_eq!(reported.status.code(), Some(74));
    assert!(String::from_utf8_lossy(&reported.stderr).contains("belongs to another checkpoint"));
    expect_only(&folder, "a", 0, "after it");
}

/// A backup without it, a disk that has lost it, somebody who tidied up: published and staged runs say the same.
#[test]
#[cfg(debug_assertions)]
fn the_owner_is_known_without_its_file_and_the_file_comes_back() {
    let first = with_state(run(&[0]), "a");
    let owner = "out/owner.json";
    let published = with_two_batches();
    execute(&published, &first).expect_code(0);
    let committed = with_two_batches();
    let steps = twin::steps(&committed, &first);
    let commit = steps.iter().position(|step| step == "commit").unwrap();
    let publish = commit + steps[commit..].iter().position(|step| step == "rename").unwrap();
    twin::execute_with_fault(&committed, &first, &format!("abort:{}", publish + 1));
    assert!(committed.path("out/.staging/run-00000001/manifest.json").exists(), "committed, not published");
    for start in [&published, &committed] {
        let whole = std::fs::read(start.path(owner)).unwrap();
        for left in [None, Some(&whole[..whole.len() / 2]), Some(&b""[..]), Some(&[b'x'; 4096][..])] {
            let folder = Folder::in_memory();
            twin::copy(start, &folder);
            std::fs::remove_file(folder.path(owner)).unwrap();
            if let Some(left) = left {
                std::fs::write(folder.path(owner), left).unwrap();
            }
            let before = folder.files("out");
            expect_refused(&folder, &of_no_rows("b"), 74, "another state");
            let dry = [of_no_rows("c"), vec!["--dry-run".to_owned()]].concat();
            expect_refused(&folder, &dry, 74, "a dry run");
            assert!(!folder.path("c").exists());
            assert_eq!(folder.files("out"), before, "who is refused writes nothing");
            execute(&folder, &first).expect_code(0);
            assert_eq!(std::fs::read(folder.path(owner)).unwrap(), whole);
            expect_only(&folder, "a", 0, "without the file");
        }
    }
}

/// A first run that was refused for its data has left an output folder in which there is nothing: a new try may begin with a
/// new state.
#[test]
fn an_output_folder_in_which_nothing_was_published_is_free() {
    let folder = with_two_batches();
    execute(&folder, &of_no_rows("a")).expect_code(65);
    execute(&folder, &with_state(run(&[1]), "b")).expect_code(0);
    expect_refused(&folder, &of_no_rows("a"), 74, "who came first");
    expect_only(&folder, "b", 1, "after a refused run");
}
