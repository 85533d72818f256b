//! An inbox on an object store: `--new` lists it again and again, and fetches what is new when it is its turn.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests look at folders")]

use crate::proxy::Fault;
use crate::store::{Bucket, local, log};
use crate::support::{Finished, OUT};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

impl Bucket {
    /// A run of the inbox with these flags.
    fn inbox(&self, flags: &[&str]) -> Finished {
        let words = ["run", "--report=json", "--new", &self.url("in/**/*.csv")];
        self.sessionize(&[&words[..], flags].concat())
    }

    /// Notes for each request for bytes its name, its range, and how many runs are published by then.
    fn note_gets(&self) -> Arc<Mutex<Vec<(String, String, usize)>>> {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let (written, manifests) = (Arc::clone(&notes), self.folder.path(OUT).join("manifests"));
        self.proxy.plan(move |request| {
            if request.is_get() {
                let range = request.head.lines().find(|line| line.to_ascii_lowercase().starts_with("range:"));
                let published = std::fs::read_dir(&manifests).map_or(0, Iterator::count);
                let name = request.target.rsplit('/').next().unwrap().to_owned();
                written.lock().unwrap().push((name, range.unwrap_or_default().to_owned(), published));
            }
            Fault::None
        });
        notes
    }
}

fn rows_of_runs(each: &Value) -> Vec<u64> {
    each["runs"].as_array().unwrap().iter().map(|run| run["rows_read"].as_u64().unwrap()).collect()
}

#[test]
fn with_each_an_object_is_fetched_when_the_one_before_it_is_taken_in() {
    let Some(bucket) = Bucket::new() else { return };
    let logs: Vec<String> = (0..6).map(|day| log(day * 86_400, 500)).collect();
    for (number, log) in logs.iter().enumerate() {
        bucket.put(&format!("in/{number}.csv"), log);
    }
    let notes = bucket.note_gets();
    let each = bucket.inbox(&["--each"]).expect_code(0).json();
    assert_eq!(rows_of_runs(&each), [500; 6]);
    let notes = notes.lock().unwrap().clone();
    assert_eq!(notes.len(), 6, "each is fetched once: {notes:?}");
    for (name, _, published) in &notes {
        let number: usize = name.strip_suffix(".csv").unwrap().parse().unwrap();
        assert!(number <= published + 1, "{name} is fetched after {published} runs: {notes:?}");
    }
    bucket.proxy.pass();
    let again = bucket.inbox(&["--each"]).expect_code(0);
    assert_eq!((again.json(), again.stderr.as_str()), (json!({"runs": []}), ""));
    assert_eq!(bucket.proxy.requests().len(), 1, "a list, and nothing else");
    let batches: Vec<[(&str, &[u8]); 1]> = logs.iter().map(|log| [("x.csv", log.as_bytes())]).collect();
    let batches: Vec<&[(&str, &[u8])]> = batches.iter().map(|batch| &batch[..]).collect();
    assert_eq!(bucket.finalized(), local(&batches));
}

/// The file of each run.
fn paths_of_runs(each: &Value) -> Vec<&str> {
    let runs = each["runs"].as_array().unwrap().iter();
    runs.map(|run| run["files"][0]["path"].as_str().unwrap()).collect()
}

#[test]
fn the_order_of_events_needs_no_more_than_the_beginnings_of_objects() {
    let Some(bucket) = Bucket::new() else { return };
    // Each has several parts.
    let logs = [log(1_000_000, 60_000), log(0, 60_000), log(500_000, 60_000)];
    for (number, log) in logs.iter().enumerate() {
        bucket.put(&format!("in/{number}.csv"), log);
    }
    let notes = bucket.note_gets();
    let each = bucket.inbox(&["--each", "--inbox-order=time"]).expect_code(0).json();
    assert_eq!(paths_of_runs(&each), ["1", "2", "0"].map(|name| bucket.url(&format!("in/{name}.csv"))));
    let is_rest = |range: &str| !range.contains("=0-");
    for (name, range, published) in notes.lock().unwrap().iter().filter(|(_, range, _)| is_rest(range)) {
        let turn = ["1.csv", "2.csv", "0.csv"].iter().position(|other| other == name).unwrap();
        assert!(turn <= published + 1, "{range} of {name} is fetched after {published} runs");
    }
}

#[test]
fn an_object_that_is_replaced_is_new_and_one_with_known_content_is_not() {
    let Some(bucket) = Bucket::new() else { return };
    let (old, new) = (log(0, 1_000), log(20_000, 1_000));
    assert_eq!(bucket.inbox(&[]).expect_code(0).json()["status"], "nothing-to-do");
    bucket.put("in/dt=1/a.csv", &old);
    // An object is complete at once, however young it is.
    assert_eq!(bucket.inbox(&["--settle=1h"]).expect_code(0).json()["rows_read"], 1_000);
    bucket.put("in/dt=1/a.csv", &new);
    bucket.put("in/dt=2/copy.csv", &old);
    let each = bucket.inbox(&["--each"]).expect_code(0);
    assert_eq!(rows_of_runs(&each.json()), [1_000]);
    assert!(each.stderr.contains("ingested other content under this path"), "{}", each.stderr);
    let nothing = bucket.inbox(&["--each"]).expect_code(0);
    assert_eq!((nothing.json(), nothing.stderr.as_str()), (json!({"runs": []}), ""));
    let grown = [&new, log(40_000, 1_000).split_once('\n').unwrap().1].concat();
    bucket.put("in/dt=1/a.csv", &grown);
    let each = bucket.inbox(&["--each"]).expect_code(0).json();
    assert_eq!((rows_of_runs(&each), &each["runs"][0]["files"][0]["status"]), (vec![1_000], &json!("grown")));
}

#[test]
fn what_comes_and_goes_while_an_inbox_is_taken_in_is_taken_in_once_or_missed_with_an_error() {
    let Some(bucket) = Bucket::new() else { return };
    let logs: Vec<String> = (0..5).map(|day| log(day * 86_400, 500)).collect();
    for number in [0, 1, 3] {
        bucket.put(&format!("in/{number}.csv"), &logs[number]);
    }
    // While the second page is asked for, an object comes that may belong to the first one; while the first object is fetched, the last one goes.
    let (comes, goes) = (bucket.later_put("in/2.csv", &logs[2]), bucket.later_delete("in/3.csv"));
    let (mut pages, mut gets) = (0, 0);
    bucket.proxy.plan(move |request| {
        pages += usize::from(request.is_listing());
        gets += usize::from(request.is_get());
        if request.is_listing() && pages == 2 {
            comes();
        }
        if request.is_get() && gets == 1 {
            goes();
        }
        if request.is_listing() { Fault::With("&max-keys=1") } else { Fault::None }
    });
    let failed = bucket.inbox(&["--each"]).expect_code(66);
    assert!(failed.stderr.contains("in/3.csv: the object changed while it was read"), "{}", failed.stderr);
    let mut rows: u64 = rows_of_runs(&failed.json()).iter().sum();
    assert!(failed.stderr.contains("committed"), "{}", failed.stderr);
    bucket.proxy.pass();
    for number in [3, 4] {
        bucket.put(&format!("in/{number}.csv"), &logs[number]);
    }
    rows += rows_of_runs(&bucket.inbox(&["--each"]).expect_code(0).json()).iter().sum::<u64>();
    assert_eq!(rows, 2_500);
}

#[test]
fn files_and_objects_are_one_inbox() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("in/b.csv", log(86_400, 500));
    bucket.folder.write("in/a.csv", log(0, 500));
    bucket.folder.write("in/c.csv", log(2 * 86_400, 500));
    let words = ["run", "--report=json", "--each", "--settle=0s", "--file-order=time", "--new", "in/*.csv"];
    let objects = bucket.url("in/*.csv");
    let words = [&words[..], &[objects.as_str()]].concat();
    let each = bucket.sessionize(&words).expect_code(0).json();
    assert_eq!(paths_of_runs(&each), ["in/a.csv", &bucket.url("in/b.csv"), "in/c.csv"]);
    assert_eq!(bucket.sessionize(&words).expect_code(0).json(), json!({"runs": []}));
}
