//! What a run knows of its files: by their contents, whatever they are called, and by what was found at their paths.

use super::identity::{Identity, identify};
use super::job_tests::Job;
use super::only_new;
use crate::input::open_batch;
use crate::report::{RunReport, Status};
use crate::settings::Limit;
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

/// More rows than fit into the first 64 KiB of a file.
const LONG: usize = 4_000;

/// Rows of one key, a second apart.
fn rows(key: &str, count: usize) -> String {
    (0..count).fold(String::new(), |rows, n| rows + &format!("{key},{},{n:04}\n", 1_577_836_800 + n))
}

fn job() -> Job {
    let mut job = Job::new();
    job.settings.max_late = Limit::Percent(100.0);
    job
}

/// Of each file how it was found, how many rows were read, how many bytes were known, and how many are left.
fn seen(report: &RunReport) -> Vec<(&str, u64, u64, u64)> {
    let of = report.files.iter();
    of.map(|file| (file.status, file.rows, file.known_bytes, file.unfinished_bytes)).collect()
}

/// Writes a file that nobody has changed for a long time.
fn write_old(job: &Job, name: &str, content: &str) {
    let path = job.path(name);
    fs::write(&path, content).unwrap();
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
}

fn expect_known(job: &Job, names: &[&str]) {
    for name in names {
        let report = job.run_again(&[name]).unwrap();
        assert_eq!(
            (report.status, report.run, seen(&report)[0].0),
            (Status::NothingToDo, None, "known"),
            "{name}"
        );
    }
}

#[test]
fn what_files_of_a_batch_share_is_ingested_once() {
    // Shorter and longer than what is looked at of each file, and one that is half as long as another.
    for [short, middle, whole] in [[2, 3, 5], [2, 3_000, LONG], [3_300, 3_600, LONG], [50, 100, LONG]] {
        let files =
            [("short", rows("ann", short)), ("middle", rows("ann", middle)), ("whole", rows("ann", whole))];
        let orders = [[0, 1, 2], [2, 0, 1], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 1, 0]];
        // The order of long files matters as that of short ones.
        for order in &orders[..if whole == LONG { 2 } else { 6 }] {
            let job = job();
            let batch = order.map(|at| (files[at].0, files[at].1.as_str()));
            let report = job
                .run(&[&batch[..], &[("again", &files[2].1), ("other", &rows("bob", short))]].concat())
                .unwrap();
            let expected =
                order.map(|at| if at == 2 { ("processed", whole as u64, 0, 0) } else { ("known", 0, 0, 0) });
            assert_eq!(seen(&report)[..3], expected, "{short} {middle} {order:?}");
            assert_eq!(seen(&report)[3..], [("known", 0, 0, 0), ("processed", short as u64, 0, 0)]);
            let context = job.open().unwrap();
            let entry = context.checkpoint.runs().unwrap().pop().unwrap();
            assert_eq!((entry.files.len(), entry.head.known_files.count), (4, 4));
            assert_eq!(report.rows_read, (whole + short) as u64);
            drop(context);
            expect_known(&job, &["short", "middle", "whole", "again", "other"]);
        }
    }
}

#[test]
fn a_file_that_has_grown_is_read_from_where_it_was_known() {
    for [before, after] in [[2, 5], [2, LONG], [100, LONG], [3_500, LONG]] {
        let job = job();
        let (known, whole) = (rows("ann", before), rows("ann", after));
        job.run(&[("log", &known)]).unwrap();
        let report = job.run(&[("log", &whole), ("other", &rows("bob", before))]).unwrap();
        let grown = ("grown", (after - before) as u64, known.len() as u64, 0);
        assert_eq!(seen(&report), [grown, ("processed", before as u64, 0, 0)]);
        assert_eq!((report.files[0].known_from, report.files[0].replaces), (Some(1), None));
        expect_known(&job, &["log", "other"]);
        // Other content under a known path replaces it, and all of it is new.
        let report = job.run(&[("log", &rows("cat", after))]).unwrap();
        assert_eq!(seen(&report), [("processed", after as u64, 0, 0)]);
        // What lies there is only known where a later change would show.
        assert_eq!(report.files[0].replaces, Some(2));
    }
}

#[test]
fn line_ends_at_the_end_are_no_content_and_a_header_is_none_that_was_ingested() {
    let job = job();
    let header = "key,time,number\n";
    job.run(&[("log", header)]).unwrap();
    let known = [header, &rows("ann", 2)].concat();
    assert_eq!(seen(&job.run(&[("log", &known)]).unwrap()), [("processed", 2, 0, 0)]);
    let trimmed = known.trim_end().to_owned();
    for same in [&known, &trimmed, &format!("{known}\n\r\n")] {
        job.write(&[("log", same)]);
        expect_known(&job, &["log"]);
    }
}

#[test]
fn of_a_file_that_is_being_written_an_unfinished_row_is_left() {
    for before in [2, 3_500] {
        let mut job = job();
        job.settings.files.growing = true;
        let whole = rows("ann", before + 2);
        let known = rows("ann", before);
        let cut = whole.len() - 3;
        let nothing = (Status::NothingToDo, vec![("known", 0, 0, 4)]);
        let found = |report: &RunReport| {
            (
                report.status,
                report
                    .files
                    .iter()
                    .map(|file| (file.status, file.rows, file.known_bytes, file.unfinished_bytes))
                    .collect::<Vec<_>>(),
            )
        };
        job.write(&[("log", "ann,")]);
        assert_eq!(found(&job.run_again(&["log"]).unwrap()), nothing);
        let report = job.run(&[("log", &whole[..known.len() + 4])]).unwrap();
        assert_eq!(seen(&report), [("processed", before as u64, 0, 4)]);
        assert_eq!(found(&job.run_again(&["log"]).unwrap()), nothing);
        let left = (cut - known.len() - whole.len() / whole.lines().count()) as u64;
        let report = job.run(&[("log", &whole[..cut])]).unwrap();
        assert_eq!(seen(&report), [("grown", 1, known.len() as u64, left)]);
        let report = job.run(&[("log", &whole)]).unwrap();
        assert_eq!(
            seen(&report),
            [("grown", 1, (whole.len() - whole.len() / whole.lines().count()) as u64, 0)]
        );
        expect_known(&job, &["log"]);
        // An empty file is one that was taken in, whatever is still to come.
        let report = job.run(&[("empty", "")]).unwrap();
        assert_eq!(seen(&report), [("processed", 0, 0, 0)]);
    }
}

#[test]
fn what_is_left_of_one_file_may_equal_another() {
    let mut job = job();
    job.settings.files.growing = true;
    let known = rows("ann", 2);
    let report = job.run(&[("cut", &format!("{known}ann,")), ("whole", &known)]).unwrap();
    assert_eq!(report.rows_read, 2);
    let context = job.open().unwrap();
    assert_eq!(context.checkpoint.head().unwrap().known_files.count, 1);
    drop(context);
    expect_known(&job, &["whole", "cut"]);
}

#[test]
fn a_file_that_is_trusted_is_not_read_and_one_that_is_not_is() {
    let known = rows("ann", 3);
    let changed = known.replace("ann", "bob");
    let mut job = job();
    write_old(&job, "log", &known);
    assert_eq!(seen(&job.run_again(&["log"]).unwrap()), [("processed", 3, 0, 0)]);
    write_old(&job, "log", &changed);
    job.settings.files.trust_mtime = true;
    expect_known(&job, &["log"]);
    // Nor for the sake of a file that it does not begin with, or of one that is as long.
    for other in [rows("cat", 1), rows("eve", 3), rows("dan", 4)] {
        job.write(&[("new", &other)]);
        let report = job.run_again(&["log", "new"]).unwrap();
        assert_eq!(seen(&report), [("known", 0, 0, 0), ("processed", other.lines().count() as u64, 0, 0)]);
    }
    job.settings.files.trust_mtime = false;
    let report = job.run_again(&["log"]).unwrap();
    assert_eq!((seen(&report), report.files[0].replaces), (vec![("processed", 3, 0, 0)], Some(1)));
}

#[test]
fn of_a_long_file_that_is_trusted_no_byte_is_looked_at_for_the_sake_of_a_long_one() {
    let mut job = job();
    write_old(&job, "log", &rows("ann", LONG));
    job.run_again(&["log"]).unwrap();
    write_old(&job, "log", &rows("bob", LONG));
    job.settings.files.trust_mtime = true;
    job.write(&[("new", &rows("bob", 3_500))]);
    let report = job.run_again(&["log", "new"]).unwrap();
    assert_eq!(seen(&report), [("known", 0, 0, 0), ("processed", 3_500, 0, 0)]);
}

#[test]
fn a_new_file_with_which_a_trusted_one_begins_is_known() {
    for (whole, cut) in [(5, 3), (5, 1), (LONG, 3_000), (LONG, 100), (LONG, 3_500)] {
        let mut job = job();
        job.settings.files.trust_mtime = true;
        write_old(&job, "whole", &rows("ann", whole));
        job.run_again(&["whole"]).unwrap();
        job.write(&[
            ("cut", &rows("ann", cut)),
            ("other", &rows("bob", cut)),
            ("longer", &rows("ann", whole + 1)),
        ]);
        for names in [&["cut", "whole"][..], &["whole", "cut"]] {
            let report = job.run_again(names).unwrap();
            assert_eq!((report.status, report.files.len()), (Status::NothingToDo, 2), "{whole} {cut}");
        }
        job.write(&[("tiny", &rows("cat", 1))]);
        let report = job.run_again(&["whole", "other", "cut", "tiny"]).unwrap();
        let new = [cut, 1].map(|rows| ("processed", rows as u64, 0, 0));
        assert_eq!(seen(&report), [("known", 0, 0, 0), new[0], ("known", 0, 0, 0), new[1]]);
        let report = job.run_again(&["whole", "cut", "longer"]).unwrap();
        assert_eq!(seen(&report)[2], ("grown", 1, rows("ann", whole).len() as u64, 0));
    }
}

#[test]
fn a_known_content_is_remembered_where_it_was_found() {
    let job = job();
    let at = |job: &Job, name: &str| {
        let file = open_batch(&[job.path(name)], u64::MAX).unwrap().pop().unwrap();
        let context = job.open().unwrap();
        let found = context.checkpoint.found_at(file.path_hash().unwrap()).unwrap();
        found.map(|(digest, stamp, run)| (digest.bytes, stamp.is_some(), run.number()))
    };
    let (known, new) = (rows("ann", 3), rows("bob", 2));
    write_old(&job, "log", &known);
    job.run_again(&["log"]).unwrap();
    assert_eq!(at(&job, "log"), Some((known.len() as u64, true, 1)));
    // A run that commits remembers the new place; one that has just been written may still change.
    write_old(&job, "moved", &known);
    job.write(&[("copied", &known)]);
    job.run(&[("new", &new)]).unwrap();
    assert_eq!(at(&job, "new"), Some((new.len() as u64, false, 2)));
    let report = job.run(&[("moved", &known), ("copied", &known), ("more", &rows("cat", 1))]).unwrap();
    assert_eq!(seen(&report)[..2], [("known", 0, 0, 0), ("known", 0, 0, 0)]);
    write_old(&job, "moved", &known);
    job.run_again(&["moved"]).unwrap();
    assert_eq!(at(&job, "moved"), None, "a run that does nothing remembers nothing");
    job.write(&[("most", &rows("dan", 1))]);
    job.run_again(&["moved", "copied", "most"]).unwrap();
    assert_eq!(at(&job, "moved"), Some((known.len() as u64, true, 1)));
    assert_eq!(at(&job, "copied"), None);
}

#[test]
fn of_a_file_that_is_not_whole_no_stamp_is_kept() {
    let mut job = job();
    job.settings.files.growing = true;
    for (name, content, is_whole) in
        [("whole", rows("ann", 2), true), ("cut", rows("bob", 2) + "bob,", false)]
    {
        write_old(&job, name, &content);
        job.run_again(&[name]).unwrap();
        let context = job.open().unwrap();
        let entry = context.checkpoint.runs().unwrap().pop().unwrap();
        assert_eq!(entry.files[0].place.unwrap().stamp.is_some(), is_whole, "{name}");
    }
}

#[test]
fn a_row_that_was_left_is_taken_in_when_its_file_is_said_to_be_whole() {
    let mut job = job();
    let known = rows("ann", 2);
    job.run(&[("log", &known)]).unwrap();
    // The row is whole but for its line end, and nobody writes to the file any more.
    write_old(&job, "log", &format!("{known}ann,1577836900,0002"));
    job.settings.files.growing = true;
    job.write(&[("other", &rows("bob", 1))]);
    let report = job.run_again(&["log", "other"]).unwrap();
    assert_eq!(seen(&report), [("known", 0, 0, 19), ("processed", 1, 0, 0)]);
    job.settings.files.growing = false;
    assert_eq!(seen(&job.run_again(&["log"]).unwrap()), [("grown", 1, known.len() as u64, 0)]);
}

#[test]
fn behind_a_header_everything_is_new_whichever_run_has_met_it() {
    let mut job = job();
    let headers = ["key,time,number\n", "key,time,other\n"];
    for (name, header) in ["one", "two"].iter().zip(headers) {
        job.run(&[(name, header)]).unwrap();
    }
    let [one, two] = [0, 1].map(|at| [headers[at], &rows(["ann", "bob"][at], 2)].concat());
    let report = job.run(&[("one", &one), ("two", &two)]).unwrap();
    assert_eq!(seen(&report), [("processed", 2, 0, 0), ("processed", 2, 0, 0)]);
    // An unfinished row behind it is left all the same.
    job.settings.files.growing = true;
    job.run(&[("three", "key,time,third\n")]).unwrap();
    let report = job.run(&[("three", "key,time,third\nann,")]).unwrap();
    assert_eq!((report.status, report.unfinished_bytes), (Status::NothingToDo, 4));
    assert_eq!(seen(&report), [("known", 0, 0, 4)]);
}

#[test]
fn a_row_of_two_lines_that_is_not_finished_is_left_too() {
    let mut job = job();
    job.settings.files.growing = true;
    let known = rows("ann", 2);
    job.run(&[("log", &known)]).unwrap();
    let unfinished = "\"ann\nx";
    job.write(&[("log", &format!("{known}{unfinished}")), ("one", unfinished), ("two", "\"bob\nx")]);
    let report = job.run_again(&["log", "one", "two"]).unwrap();
    assert_eq!((report.rows_read, report.unfinished_bytes), (0, 18));
    let finished = format!("{known}{unfinished}\",1577836900,0002\n");
    assert_eq!(seen(&job.run(&[("log", &finished)]).unwrap()), [("grown", 1, known.len() as u64, 0)]);
}

#[test]
fn the_end_of_the_whole_lines_is_kept_of_a_file_that_is_being_written() {
    let mut job = job();
    let known = rows("ann", 2);
    for (growing, kept) in [(false, None), (true, Some(known.len() as u64))] {
        job.settings.files.growing = growing;
        job.write(&[("log", &format!("{known}ann,"))]);
        let files = open_batch(&[job.path("log")], u64::MAX).unwrap();
        let context = job.open().unwrap();
        let found = identify(&context.checkpoint, &job.settings, &files).unwrap();
        let Identity::New(part) = &found[0] else { panic!("{found:?}") };
        assert_eq!((part.lines_bytes, part.known_bytes, part.replaces), (kept, 0, None));
    }
}

#[test]
fn only_files_with_something_new_are_left_of_an_inbox() {
    let job = job();
    job.run(&[("old", &rows("ann", 2))]).unwrap();
    job.write(&[
        ("same", &rows("ann", 2)),
        ("grown", &rows("ann", 3)),
        ("new", &rows("bob", 2)),
        ("longer", &rows("bob", 4)),
        ("copy", &rows("bob", 4)),
    ]);
    let names = ["same", "grown", "new", "copy", "longer", "old"];
    let paths: Vec<PathBuf> = names.iter().map(|name| job.path(name)).collect();
    let files = open_batch(&paths, u64::MAX).unwrap();
    let context = job.open().unwrap();
    let new = only_new(&context, &job.settings, files).unwrap();
    let left: Vec<_> = new.iter().map(|file| file.path().to_owned()).collect();
    // A run of its own takes in `new` first; of two equal files, one is enough.
    assert_eq!(left, ["grown", "new", "copy"].map(|name| job.path(name)));
}
