//! A store that is slow, overloaded or breaks off is asked again; one that stays so ends the run, in one line and in time.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::proxy::{Fault, Request};
use crate::store::{Bucket, local, log};
use crate::support::Finished;

const SHORT: (&str, &str) = ("SESSIONIZE_STORE_TIMEOUT", "1s");

fn bucket_with_a_log() -> Option<(Bucket, String)> {
    let bucket = Bucket::new()?;
    let one = log(0, 60_000);
    bucket.put("a.csv", &one);
    Some((bucket, one))
}

/// What of a kind of request the first `count` are met with.
fn first(
    count: usize,
    is_of_kind: fn(&Request) -> bool,
    fault: fn() -> Fault,
) -> impl FnMut(&Request) -> Fault {
    let mut seen = 0;
    move |request| {
        if !is_of_kind(request) {
            return Fault::None;
        }
        seen += 1;
        if seen <= count { fault() } else { Fault::None }
    }
}

#[test]
fn an_overloaded_store_is_asked_again() {
    for is_of_kind in [Request::is_listing as fn(&Request) -> bool, Request::is_get] {
        let Some((bucket, one)) = bucket_with_a_log() else { return };
        bucket.proxy.plan(first(2, is_of_kind, || Fault::Answer("503 Slow Down")));
        assert_eq!(bucket.run("*.csv")["rows_read"], 60_000);
        assert!(bucket.proxy.requests().iter().filter(|request| is_of_kind(request)).count() >= 3);
        assert_eq!(bucket.finalized(), local(&[&[("a.csv", one.as_bytes())]]));
    }
}

#[test]
fn a_body_that_breaks_off_is_read_on_from_there() {
    let Some((bucket, one)) = bucket_with_a_log() else { return };
    bucket.proxy.plan(first(3, Request::is_get, || Fault::Cut(300_001)));
    assert_eq!(bucket.run("*.csv")["rows_read"], 60_000);
    let ranges: Vec<String> = bucket.proxy.requests().iter().filter_map(range).collect();
    assert!(ranges.iter().any(|range| range.contains("bytes=300001-")), "{ranges:?}");
    assert_eq!(bucket.finalized(), local(&[&[("a.csv", one.as_bytes())]]));
}

fn range(request: &Request) -> Option<String> {
    request.head.lines().find(|line| line.to_ascii_lowercase().starts_with("range:")).map(str::to_owned)
}

#[track_caller]
fn failed(bucket: &Bucket, fault: fn(&Request) -> Fault) -> Finished {
    bucket.proxy.plan(fault);
    let mut command = bucket.command(&["run", "--batch", &bucket.url("*.csv")]);
    command.env(SHORT.0, SHORT.1);
    let finished = Finished::of(command, b"").expect_code(66);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    assert!(finished.stderr.contains("nothing was changed"), "{}", finished.stderr);
    finished
}

#[test]
fn a_store_that_does_not_recover_ends_the_run_in_time() {
    let Some((bucket, one)) = bucket_with_a_log() else { return };
    let overloaded =
        |request: &Request| if request.is_get() { Fault::Answer("503 Slow Down") } else { Fault::None };
    let stderr = failed(&bucket, overloaded).stderr;
    assert!(stderr.contains("a.csv: cannot read from the store: ") && stderr.contains("503"), "{stderr}");

    let silent = |request: &Request| if request.is_listing() { Fault::Silence } else { Fault::None };
    let stderr = failed(&bucket, silent).stderr;
    assert!(stderr.contains("the store did not give all of it within 1s"), "{stderr}");

    let broken = |request: &Request| if request.is_get() { Fault::Cut(1_000) } else { Fault::None };
    failed(&bucket, broken);

    // Nothing of all that was taken in.
    bucket.proxy.pass();
    assert_eq!(bucket.run("*.csv")["rows_read"], 60_000);
    assert_eq!(bucket.finalized(), local(&[&[("a.csv", one.as_bytes())]]));
}

#[test]
fn a_body_that_never_comes_ends_the_run_in_time() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("a.csv", log(0, 10));
    let silent = |request: &Request| if request.is_get() { Fault::Silence } else { Fault::None };
    let stderr = failed(&bucket, silent).stderr;
    assert!(stderr.contains("a.csv: the store did not give all of it within 1s"), "{stderr}");
}

#[test]
fn a_store_that_is_not_there_ends_the_run_in_time() {
    let Some(bucket) = Bucket::new() else { return };
    let mut command = bucket.command(&["run", "--batch", &bucket.url("*.csv")]);
    command.env(SHORT.0, SHORT.1).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let stderr = Finished::of(command, b"").expect_code(66).stderr;
    assert!(
        stderr.contains("cannot read from the store: ") && stderr.contains("AWS_ENDPOINT_URL"),
        "{stderr}"
    );
}
