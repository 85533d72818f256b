//! Objects give the sessions of the same files on the disk, are read side by side, and are read once.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::proxy::Fault;
use crate::store::{Bucket, finalized, local, log};
use crate::support::Folder;
use std::io::Write;

pub fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn objects_that_fit_a_pattern_give_the_sessions_of_local_files() {
    let Some(bucket) = Bucket::new() else { return };
    // The first one is of several parts.
    let (one, two, three) = (log(0, 60_000), log(420_000, 3_000), log(450_000, 3_000));
    assert!(one.len() > 2 << 20);
    let packed = [gzip(&two), zstd::encode_all(three.as_bytes(), 1).unwrap()];
    bucket.put("logs/dt=2020-01-01/a.csv", &one);
    bucket.put("logs/dt=2020-01-02/b.csv.gz", &packed[0]);
    bucket.put("logs/dt=2020-01-03/c.csv.zst", &packed[1]);
    for other in
        ["logs/dt=2020-01-03/deep/d.csv", "logs/e.csv", "logs/dt=2020-01-03/f.txt", "other/dt=1/g.csv"]
    {
        bucket.put(other, "no log at all");
    }
    // A console shows a folder by such an object.
    bucket.put("logs/dt=2020-01-03/h.csv", "");
    let report = bucket.run("logs/dt=*/*.csv*");
    assert_eq!(report["rows_read"], 66_000);
    let files = [("a.csv", one.as_bytes()), ("b.csv.gz", &packed[0]), ("c.csv.zst", &packed[1])];
    assert_eq!(bucket.finalized(), local(&[&files]));
}

#[test]
fn a_known_object_is_not_read_again_and_a_new_one_is() {
    let Some(bucket) = Bucket::new() else { return };
    let (one, two) = (log(0, 2_000), log(20_000, 2_000));
    bucket.put("a.csv", &one);
    bucket.run("*.csv");
    bucket.proxy.pass();
    let again = bucket.run("*.csv");
    assert_eq!((&again["status"], bucket.proxy.gets()), (&"nothing-to-do".into(), vec![]));
    assert_eq!(bucket.proxy.requests().len(), 1, "a list, and nothing else");

    bucket.put("b.csv", &two);
    let both = bucket.run("*.csv");
    assert_eq!(both["rows_read"], 2_000);
    let name = format!("/{}/b.csv", bucket.name);
    assert_eq!(bucket.proxy.gets(), [name]);
    assert_eq!(bucket.finalized(), local(&[&[("a.csv", one.as_bytes())], &[("b.csv", two.as_bytes())]]));
}

#[test]
fn the_same_content_is_taken_in_once_under_whatever_name_and_from_wherever() {
    let Some(bucket) = Bucket::new() else { return };
    let one = log(0, 2_000);
    bucket.put("a.csv", &one);
    bucket.put("copy.csv.gz", gzip(&one));
    assert_eq!(bucket.run("*")["rows_read"], 2_000);
    bucket.folder.write("a.csv", &one);
    let report = bucket.sessionize(&["run", "--report", "json", "--batch", "a.csv"]).expect_code(0).json();
    assert_eq!(report["status"], "nothing-to-do");
    bucket.put("b.csv", &one);
    assert_eq!(bucket.run("b.csv")["status"], "nothing-to-do");
}

#[test]
fn an_object_that_was_written_anew_is_read_again() {
    let Some(bucket) = Bucket::new() else { return };
    let (old, new) = (log(0, 2_000), log(20_000, 2_000));
    bucket.put("a.csv", &old);
    bucket.run("a.csv");
    bucket.put("a.csv", &new);
    let report =
        bucket.sessionize(&["run", "--report", "json", "--batch", &bucket.url("a.csv")]).expect_code(0);
    assert_eq!(report.json()["rows_read"], 2_000);
    assert_eq!(bucket.finalized(), local(&[&[("a.csv", old.as_bytes())], &[("b.csv", new.as_bytes())]]));
}

#[test]
fn an_object_that_has_grown_is_taken_in_from_where_it_ended() {
    let Some(bucket) = Bucket::new() else { return };
    let (old, more) = (log(0, 2_000), log(14_000, 2_000));
    let grown = [&old, more.split_once('\n').unwrap().1].concat();
    bucket.put("a.csv", &old);
    bucket.run("a.csv");
    bucket.put("a.csv", &grown);
    assert_eq!(bucket.run("a.csv")["rows_read"], 2_000);
    assert_eq!(bucket.finalized(), local(&[&[("a.csv", old.as_bytes())], &[("a.csv", grown.as_bytes())]]));
}

#[test]
fn objects_are_fetched_side_by_side() {
    let Some(bucket) = Bucket::new() else { return };
    let names = ["a.csv", "b.csv", "c.csv"];
    let logs: Vec<String> = (0..3).map(|day| log(day * 86_400, 1_000)).collect();
    names.iter().zip(&logs).for_each(|(name, log)| bucket.put(name, log));
    // None gets an answer before all have asked.
    bucket.proxy.plan(|request| if request.is_get() { Fault::Gather(3) } else { Fault::None });
    assert_eq!(bucket.run("*.csv")["rows_read"], 3_000);
}

#[test]
fn each_object_can_be_a_batch_of_its_own() {
    let Some(bucket) = Bucket::new() else { return };
    let logs: Vec<String> = (0..3).map(|day| log(day * 86_400, 1_000)).collect();
    for (name, log) in ["day-1.csv", "day-2.csv", "day-10.csv"].iter().zip(&logs) {
        bucket.put(name, log);
    }
    let flags = ["run", "--each", "--file-order", "name", "--batch", &bucket.url("day-*.csv")];
    // While one is taken in, the next one is fetched: the first two have no answer before both have asked.
    bucket.proxy.plan(|request| if request.is_get() { Fault::Gather(2) } else { Fault::None });
    bucket.sessionize(&flags).expect_code(0);
    let batches: Vec<[(&str, &[u8]); 1]> = logs.iter().map(|log| [("x.csv", log.as_bytes())]).collect();
    assert_eq!(bucket.finalized(), local(&[&batches[0], &batches[1], &batches[2]]));
}

#[test]
fn a_configuration_file_names_objects_by_their_urls_and_init_writes_one() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("web/a.csv", log(0, 2_000));
    bucket.put("app/b.csv", log(20_000, 1_000));
    let configuration = format!(
        "batch = ['{0}/web/*.csv', '{0}/app/*.csv']\n[[source]]\nname = 'web'\nfiles = ['{0}/web/*']\n[[source]]\nname = 'app'\nfiles = ['{0}/app/**']\n",
        bucket.url("").trim_end_matches('/')
    );
    bucket.folder.write("conf/c.toml", configuration);
    let report =
        bucket.sessionize(&["run", "--config", "conf/c.toml", "--report", "json"]).expect_code(0).json();
    assert_eq!(report["rows_read"], 3_000);

    bucket.sessionize(&["init", &bucket.url("web/*.csv"), "--output", "conf/new.toml"]).expect_code(0);
    let written = std::fs::read_to_string(bucket.folder.path("conf/new.toml")).unwrap();
    assert!(written.contains(&format!("\"{}\"", bucket.url("web/a.csv"))), "{written}");
}

#[test]
fn a_run_that_was_killed_while_it_read_is_run_again() {
    let Some(bucket) = Bucket::new() else { return };
    let (one, two) = (log(0, 40_000), log(280_000, 2_000));
    bucket.put("a.csv", &one);
    bucket.put("b.csv", &two);
    bucket.proxy.plan(|request| if request.target.ends_with("b.csv") { Fault::Silence } else { Fault::None });
    let mut child = bucket.command(&["run", "--batch", &bucket.url("*.csv")]).spawn().unwrap();
    bucket.proxy.wait_for(|request| request.target.ends_with("b.csv"));
    child.kill().unwrap();
    child.wait().unwrap();
    bucket.proxy.pass();
    assert_eq!(bucket.run("*.csv")["rows_read"], 42_000);
    assert_eq!(bucket.finalized(), local(&[&[("a.csv", one.as_bytes()), ("b.csv", two.as_bytes())]]));
}

#[test]
fn a_web_server_gives_the_same() {
    let Some(bucket) = Bucket::new() else { return };
    let one = log(0, 60_000);
    bucket.put("a.csv", &one);
    let folder = Folder::in_memory();
    let url = bucket.web_url("a.csv?X-Amz-Signature=nobodys-business");
    let flags = ["run", "--report", "json", "--batch", &url];
    let report = folder.sessionize(&flags).expect_code(0);
    assert_eq!(report.json()["rows_read"], 60_000);
    assert!(!report.stdout.contains("nobodys-business"), "{report:?}");
    // What may only be fetched, as by a signed URL, is fetched all the same; a known file is not.
    bucket
        .proxy
        .plan(|request| if request.method == "HEAD" { Fault::Answer("403 Forbidden") } else { Fault::None });
    assert_eq!(folder.sessionize(&flags).expect_code(0).json()["status"], "nothing-to-do");
    assert_eq!(finalized(&folder), local(&[&[("a.csv", one.as_bytes())]]));
}
