//! Delivery into a bucket: whatever becomes of requests and of the program, readers find what the active runs have published.
//!
//! `SESSIONIZE_TEST_KILLS` and `SESSIONIZE_TEST_SEED` make the kills more, or others.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::print_stdout, reason = "the figures of docs/trust.md")]

use crate::oracle;
use crate::proxy::{Fault, Request};
use crate::store::{Bucket, log};
use crate::support::delivered::{Contents, current_files, expect_delivered, unnamed};
use crate::support::history::{GAP_US, History, expect_sessions};
use crate::support::{Finished, Folder, twin};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

fn deliver_from(bucket: &Bucket, folder: &Folder, flags: &[&str]) -> Command {
    let mut command = bucket.command(&[]);
    let given: Vec<_> =
        command.get_envs().map(|(name, value)| (name.to_owned(), value.map(Into::into))).collect();
    command = folder.command(&[&["deliver", "--to", &bucket.url("lake")], flags].concat());
    for (name, value) in given {
        match value {
            Some::<std::ffi::OsString>(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("SESSIONIZE_STORE_TIMEOUT", "20s");
    command
}

fn deliver(bucket: &Bucket, folder: &Folder) -> Finished {
    Finished::of(deliver_from(bucket, folder, &[]), b"")
}

/// Runs arrive in the `target` of another store whole and once: one delivery after the other, two at once, and a status from where the target is.
pub fn expect_deliveries(target: &str, environment: &[(&str, String)], contents: impl Fn() -> Contents) {
    let mut history = history();
    let command = |folder: &Folder, flags: &[&str]| {
        let mut command = folder.command(&[&["deliver", "--to", target], flags].concat());
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        command
    };
    let deliver = |folder: &Folder| Finished::of(command(folder, &[]), b"").expect_code(0);
    deliver(&history.folder);
    expect_delivered(&contents(), &[&history.folder]);
    let before = contents();
    deliver(&history.folder);
    assert!(contents() == before);
    history.go_on();
    let children = [(); 2].map(|()| {
        let mut command = command(&history.folder, &[]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
    });
    for child in children {
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    expect_delivered(&contents(), &[&history.folder]);
    Finished::of(command(&history.folder, &["--clean"]), b"").expect_code(0);
    expect_delivered(&contents(), &[&history.folder]);
    assert_eq!(unnamed(&contents()), [""; 0]);
}

fn start(bucket: &Bucket, folder: &Folder) -> Child {
    let mut command = deliver_from(bucket, folder, &[]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn contents(bucket: &Bucket) -> Contents {
    let begin = "lake/";
    let objects = bucket.objects();
    objects
        .into_iter()
        .filter_map(|(name, content)| Some((name.strip_prefix(begin)?.to_owned(), content)))
        .collect()
}

/// Three runs with corrections, a rollback among them.
fn history() -> History {
    let mut history = History::new(7);
    for _ in 0..3 {
        history.go_on();
    }
    history
}

#[test]
fn each_run_arrives_once_and_a_second_delivery_changes_nothing() {
    let Some(bucket) = Bucket::new() else { return };
    let mut history = history();
    deliver(&bucket, &history.folder).expect_code(0);
    expect_delivered(&contents(&bucket), &[&history.folder]);
    let before = contents(&bucket);
    deliver(&bucket, &history.folder).expect_code(0);
    assert!(contents(&bucket) == before);
    history.go_on();
    deliver(&bucket, &history.folder).expect_code(0);
    expect_delivered(&contents(&bucket), &[&history.folder]);
    assert_eq!(unnamed(&contents(&bucket)), [""; 0]);
}

#[test]
fn large_files_go_in_parts_and_what_has_no_end_is_given_up() {
    let Some(bucket) = Bucket::new() else { return };
    let folder = Folder::in_memory();
    folder.write("large.csv", log(0, 300_000));
    folder.sessionize(&["run", "large.csv", "--key=user", "--time=time", "--gap=1s"]).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    let is_part = |request: &Request| request.method == "PUT" && request.target.contains("partNumber=2");
    bucket
        .proxy
        .plan(move |request| if is_part(request) { Fault::Answer("400 Bad Request") } else { Fault::None });
    let failed = deliver(&bucket, &folder).expect_code(69);
    assert!(failed.stderr.contains("the store cannot be used"), "{}", failed.stderr);
    let given_up = |request: &Request| request.method == "DELETE" && request.target.contains("uploadId=");
    assert!(bucket.proxy.requests().iter().any(given_up));
    bucket.proxy.pass();
    deliver(&bucket, &folder).expect_code(0);
    assert!(bucket.proxy.requests().iter().any(is_part));
    expect_delivered(&contents(&bucket), &[&folder]);
    let largest = current_files(&contents(&bucket)).iter().map(|file| file["bytes"].as_u64().unwrap()).max();
    assert!(largest > Some(16 << 20), "{largest:?}");
}

#[test]
fn requests_fail_in_every_way() {
    let Some(bucket) = Bucket::new() else { return };
    let mut history = History::new(7);
    history.go_on();
    history.go_on();
    deliver(&bucket, &history.folder).expect_code(0);
    let requests = bucket.proxy.requests().len();
    let faults = [
        || Fault::Lost,
        || Fault::Answer("503 Slow Down"),
        || Fault::Answer("409 Conflict"),
        || Fault::Answer("412 Precondition Failed"),
    ];
    for (kind, fault) in faults.into_iter().enumerate() {
        for request in 0..requests {
            bucket.remove_all();
            let mut seen = 0;
            bucket.proxy.plan(move |_| {
                seen += 1;
                if seen == request + 1 { fault() } else { Fault::None }
            });
            let ended = deliver(&bucket, &history.folder);
            assert!(matches!(ended.code, Some(0 | 69)), "{ended:?}");
            bucket.proxy.pass();
            deliver(&bucket, &history.folder).expect_code(0);
            expect_delivered(&contents(&bucket), &[&history.folder]);
            assert_eq!(unnamed(&contents(&bucket)), [""; 0], "fault {kind} of request {request}");
        }
    }
}

#[test]
fn several_at_once_deliver_each_run_once() {
    let Some(bucket) = Bucket::new() else { return };
    let history = history();
    let mut children: Vec<Child> = (0..4).map(|_| start(&bucket, &history.folder)).collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    expect_delivered(&contents(&bucket), &[&history.folder]);
}

#[test]
fn a_store_that_cannot_be_used_is_an_error_of_one_line() {
    let Some(bucket) = Bucket::new() else { return };
    let history = history();
    let mut nowhere = deliver_from(&bucket, &history.folder, &[]);
    nowhere.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1").env("SESSIONIZE_STORE_TIMEOUT", "1s");
    let refused = Finished::of(nowhere, b"").expect_code(69);
    assert!(refused.stderr.contains("the store cannot be used: "), "{}", refused.stderr);
    bucket.proxy.plan(|_| Fault::Answer("403 Forbidden"));
    let refused = deliver(&bucket, &history.folder).expect_code(69);
    assert!(refused.stderr.contains("the store does not let this command work in it"), "{}", refused.stderr);
    assert_eq!(refused.stderr.lines().count(), 1, "{}", refused.stderr);
    bucket.proxy.pass();
    let mut command = history.folder.command(&["deliver", "--to", "s3:///lake"]);
    command.env("AWS_REGION", "us-east-1");
    let refused = Finished::of(command, b"").expect_code(2);
    assert!(refused.stderr.contains("this URL names no place in an object store"), "{}", refused.stderr);
}

/// A history and a bucket of their own for so many of them.
const KILLS_OF_A_HISTORY: usize = 25;

#[test]
fn killed_at_random_requests_nothing_is_lost_or_doubled() {
    let wanted = twin::number_from_environment("SESSIONIZE_TEST_KILLS", KILLS_OF_A_HISTORY);
    let seed = twin::number_from_environment("SESSIONIZE_TEST_SEED", 1_u64);
    let mut kills = 0;
    for seed in (seed * 1000).. {
        let Some(bucket) = Bucket::new().filter(|_| kills < wanted) else { return };
        kills += follow(&bucket, seed, KILLS_OF_A_HISTORY.min(wanted - kills));
    }
}

/// Follows a history until there were so many kills, and holds the sessions in the target against the oracle.
fn follow(bucket: &Bucket, seed: u64, wanted: usize) -> usize {
    let mut history = History::new(seed);
    let (mut kills, mut lost) = (0, 0);
    while kills < wanted {
        history.go_on();
        // Until one is through.
        loop {
            let status = disturbed(bucket, &mut history);
            assert!(matches!(status.code(), None | Some(0 | 69)), "{status:?}");
            kills += usize::from(status.code().is_none());
            lost += usize::from(status.code() == Some(69));
            if status.success() {
                break;
            }
        }
        bucket.proxy.pass();
        expect_delivered(&contents(bucket), &[&history.folder]);
    }
    history.folder.sessionize(&["finalize"]).expect_code(0);
    deliver(bucket, &history.folder).expect_code(0);
    Finished::of(deliver_from(bucket, &history.folder, &["--clean"]), b"").expect_code(0);
    assert_eq!(unnamed(&contents(bucket)), [""; 0]);
    let expected = oracle::sessions(&history.events, GAP_US);
    expect_sessions(&contents(bucket), expected.iter().map(|session| (session.id, session.events)));
    println!("{kills} kills, {lost} failed, {} sessions: 0 lost, 0 doubled", expected.len());
    kills
}

/// A delivery that is killed at a request, before or after the server hears of it, or does not get its answer.
fn disturbed(bucket: &Bucket, history: &mut History) -> ExitStatus {
    let (request, is_heard) = (history.random.usize(0..14), history.random.bool());
    let is_server = history.random.u8(0..4) == 0;
    let victim = Arc::new(Mutex::new(None));
    // Nobody is killed before it is known who it is.
    let mut started = victim.lock().unwrap();
    let known = Arc::clone(&victim);
    let mut seen = 0;
    bucket.proxy.plan(move |_| {
        seen += 1;
        if seen != request + 1 {
            return Fault::None;
        }
        let pid = known.lock().unwrap().unwrap();
        if is_server { Fault::Lost } else { Fault::Kill { pid, is_heard } }
    });
    let mut child = start(bucket, &history.folder);
    *started = Some(child.id());
    drop(started);
    child.wait().unwrap()
}
