//! What is wrong is said in one line, with what to do about it, and without anything secret.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]
#![allow(clippy::print_stdout, reason = "a test that cannot run says so")]

use crate::moto::SECRET;
use crate::proxy::Fault;
use crate::store::{Bucket, log};
use crate::support::{Finished, Folder};
use std::path::Path;
use std::process::Command;

#[track_caller]
fn refused(bucket: &Bucket, url: &str, code: i32) -> String {
    let finished = bucket.sessionize(&["run", "--batch", url]).expect_code(code);
    assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
    let has_checkpoint = bucket.folder.path("sessionize-state").exists();
    assert!(code == 65 || !has_checkpoint, "there is a checkpoint of nothing");
    finished.stderr
}

#[test]
fn what_is_not_there_is_told_by_its_url() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("a.csv", log(0, 10));
    for (url, what) in [
        (
            bucket.url("b.csv"),
            "there is no such object; check the bucket, the name and the region (AWS_REGION)",
        ),
        (bucket.url("*.json"), "no object fits this pattern; check the bucket and the pattern"),
        ("s3://no-such-bucket/*.csv".to_owned(), "there is no such object"),
        ("s3://no-such-bucket/a.csv".to_owned(), "there is no such object"),
    ] {
        let stderr = refused(&bucket, &url, 66);
        assert!(stderr.starts_with(&format!("sessionize: {url}: {what}")), "{stderr}");
    }
    bucket.proxy.plan(|_| Fault::Answer("404 Not Found"));
    let stderr = refused(&bucket, &bucket.web_url("b.csv"), 66);
    assert!(stderr.contains("/b.csv: there is no such object; check the URL"), "{stderr}");
}

#[test]
fn who_may_not_read_is_told_which_credentials_count() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("a.csv", log(0, 10));
    for status in ["403 Forbidden", "401 Unauthorized"] {
        bucket.proxy.plan(move |_| Fault::Answer(status));
        for name in ["*.csv", "a.csv"] {
            let stderr = refused(&bucket, &bucket.url(name), 66);
            assert!(
                stderr.contains("the store does not let this command read it; check AWS_ACCESS_KEY_ID"),
                "{stderr}"
            );
        }
        let stderr = refused(&bucket, &bucket.web_url("a.csv"), 66);
        assert!(stderr.contains("give it to --batch -"), "{stderr}");
    }
}

#[test]
fn a_url_that_makes_no_sense_is_a_mistake_of_the_command() {
    let Some(bucket) = Bucket::new() else { return };
    for (url, what) in [
        ("s3://bucket", "this URL names no object"),
        ("s3://bucket/folder/", "this URL names no object"),
        ("ftp://bucket/a.csv", "nothing here reads ftp:// URLs"),
        ("s3://bucket/a[", "this pattern makes no sense"),
        ("https://example.org/*.csv", "a web server does not say which files it has"),
        ("https://me:the-secret-of-all-secrets@example.org/a.csv", "there is a password in this URL"),
    ] {
        let stderr = refused(&bucket, url, 2);
        assert!(stderr.contains(what) && !stderr.contains(SECRET), "{stderr}");
    }
    let mut command = bucket.command(&["run", "--batch", &bucket.url("a.csv")]);
    command.env("SESSIONIZE_STORE_TIMEOUT", "soon");
    let stderr = Finished::of(command, b"").expect_code(2).stderr;
    assert!(stderr.contains("SESSIONIZE_STORE_TIMEOUT is no duration"), "{stderr}");
}

#[test]
fn the_log_has_no_secret_however_much_it_tells() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("a.csv", log(0, 10));
    let mut command = bucket.command(&["run", "--batch", &bucket.url("*.csv")]);
    command.env("RUST_LOG", "trace");
    let finished = Finished::of(command, b"").expect_code(0);
    assert!(
        !finished.stderr.contains(SECRET) && !finished.stderr.contains("Signature="),
        "{}",
        finished.stderr
    );
}

#[test]
fn an_object_that_is_no_log_is_refused_as_a_file_is() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("a.csv.gz", b"\x1f\x8b\x08\x00damaged beyond all repair".repeat(10));
    let stderr = refused(&bucket, &bucket.url("a.csv.gz"), 65);
    assert!(stderr.contains("a.csv.gz: the compressed data is damaged"), "{stderr}");
    bucket.put("b.csv", "");
    bucket.sessionize(&["run", "--batch", &bucket.url("b.csv")]).expect_code(0);
}

#[test]
fn without_space_for_temporary_files_nothing_is_lost_and_the_next_run_goes_on() {
    let Some(bucket) = Bucket::new() else { return };
    bucket.put("a.csv", log(0, 20_000));
    bucket.put("b.csv", log(20_000, 20_000));
    let small = Folder::in_memory();
    let mount = ["-t", "tmpfs", "-o", "size=64k", "tmpfs"];
    let mounted = Command::new("mount").args(mount).arg(small.path("")).output();
    if mounted.is_ok_and(|mounted| mounted.status.success()) {
        let full = in_temporary_folder(&bucket, &small.path(""));
        assert!(full.contains("No space left on device"), "{full}");
        assert!(Command::new("umount").arg("-l").arg(small.path("")).status().unwrap().success());
    } else {
        println!("!!!! SKIPPED: mounting a file system is not permitted here");
    }
    let missing = in_temporary_folder(&bucket, &small.path("nowhere"));
    assert!(missing.contains("No such file or directory"), "{missing}");
    assert_eq!(bucket.run("*.csv")["rows_read"], 40_000);
}

/// What is said of a run that has its temporary files in `folder`, in one line and with nothing changed.
#[track_caller]
fn in_temporary_folder(bucket: &Bucket, folder: &Path) -> String {
    let mut command = bucket.command(&["run", "--batch", &bucket.url("*.csv")]);
    command.env("TMPDIR", folder);
    let refused = Finished::of(command, b"").expect_code(1).stderr;
    assert!(refused.contains("TMPDIR") && refused.contains("nothing was changed"), "{refused}");
    assert_eq!(refused.lines().count(), 1, "{refused}");
    refused
}
