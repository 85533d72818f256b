//! Objects that come, go and change while the program lists and reads them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::proxy::Fault;
use crate::store::{Bucket, local, log};

#[test]
fn an_object_that_changes_between_the_list_and_its_bytes_is_refused() {
    let Some(bucket) = Bucket::new() else { return };
    let (old, new) = (log(0, 60_000), log(7, 60_000));
    bucket.put("a.csv", &old);
    // After how many requests for bytes it changes: with the first one, and in the middle.
    for nth in [1, 2] {
        bucket.put("a.csv", &old);
        let (change, mut gets) = (bucket.later_put("a.csv", &new), 0);
        bucket.proxy.plan(move |request| {
            gets += usize::from(request.is_get());
            if gets == nth && request.is_get() {
                change();
            }
            Fault::None
        });
        let finished = bucket.sessionize(&["run", "--batch", &bucket.url("*.csv")]).expect_code(66);
        assert!(
            finished.stderr.contains("a.csv: the object changed while it was read; run again"),
            "{}",
            finished.stderr
        );
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    }
    bucket.proxy.pass();
    bucket.run("*.csv");
    assert_eq!(bucket.finalized(), local(&[&[("a.csv", new.as_bytes())]]));
}

#[test]
fn an_object_that_goes_between_the_list_and_its_bytes_is_refused() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("a.csv", log(0, 2_000));
    bucket.put("b.csv", log(20_000, 2_000));
    let delete = bucket.later_delete("b.csv");
    bucket.proxy.plan(move |request| {
        if request.is_listing() {
            return Fault::None;
        }
        if request.target.ends_with("b.csv") {
            delete();
        }
        Fault::None
    });
    let stderr = bucket.sessionize(&["run", "--batch", &bucket.url("*.csv")]).expect_code(66).stderr;
    assert!(stderr.contains("b.csv: the object changed while it was read"), "{stderr}");
    bucket.proxy.pass();
    assert_eq!(bucket.run("*.csv")["rows_read"], 2_000);
}

#[test]
fn a_list_of_many_pages_is_read_to_its_end_while_it_changes() {
    let Some(bucket) = Bucket::new() else { return };
    let logs: Vec<String> = (0..7).map(|day| log(day * 86_400, 500)).collect();
    for (number, log) in logs.iter().enumerate().take(5) {
        bucket.put(&format!("{number}.csv"), log);
    }
    // Two objects come while the pages are turned; whether the list has them is the store's business.
    let puts = [bucket.later_put("5.csv", &logs[5]), bucket.later_put("6.csv", &logs[6])];
    let mut pages = 0;
    bucket.proxy.plan(move |request| {
        if !request.is_listing() {
            return Fault::None;
        }
        if let Some(put) = puts.get(pages) {
            put();
        }
        pages += 1;
        Fault::With("&max-keys=2")
    });
    let first = bucket.run("*.csv")["rows_read"].as_u64().unwrap();
    assert!(bucket.proxy.requests().iter().filter(|request| request.is_listing()).count() >= 3);
    assert!(first >= 2_500, "{first}");
    bucket.proxy.pass();
    let second = bucket.run("*.csv")["rows_read"].as_u64().unwrap_or(0);
    assert_eq!(first + second, 3_500);
}

#[test]
fn an_object_that_is_the_beginning_of_a_known_one_is_known() {
    let Some(bucket) = Bucket::new() else { return };
    let whole = log(0, 60_000);
    bucket.put("whole.csv", &whole);
    bucket.run("*.csv");
    let end = whole[..whole.len() / 2].rfind('\n').unwrap() + 1;
    bucket.put("cut.csv", &whole[..end]);
    assert_eq!(bucket.run("*.csv")["status"], "nothing-to-do");
    bucket.put("new.csv", log(900_000, 10));
    assert_eq!(bucket.run("*.csv")["rows_read"], 10);
    assert_eq!(bucket.run("cut.csv")["status"], "nothing-to-do");
}
