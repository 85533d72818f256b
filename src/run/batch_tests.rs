//! What a run takes in and what it leaves, what it refuses, and when there is nothing to do.

use super::job_tests::Job;
use crate::core::event::Timestamp;
use crate::core::rules::RuleTexts;
use crate::core::watermark::Advance;
use crate::error::ErrorKind;
use crate::report::Status;
use crate::settings::Limit;
use std::fs;

fn at(hours: i64) -> Option<Timestamp> {
    // The first day of 2020.
    Timestamp::from_us((1_577_836_800 + hours * 3600) * 1_000_000)
}

#[test]
fn each_row_of_a_batch_is_counted_where_it_went() {
    let mut job = Job::of_days(1);
    job.settings.max_late = Limit::Rows(1);
    job.settings.max_rejects = Limit::Rows(1);
    let rows = "ann,2020-01-02 10:00:00\nbad\nann,2020-01-01 11:59:59\ncat,2020-01-02 10:01:00\nann,2020-01-02 10:02:00\n";
    let report = job.run(&[("more.csv", rows)]).unwrap();
    // By hand: `bob` of the first day is complete, `ann` and `cat` are open.
    assert_eq!((report.rows_read, report.rows_rejected, report.events_late), (5, 1, 1));
    assert_eq!((report.events_accepted, report.events_completed, report.events_open), (3, 1, 3));
    assert_eq!((report.sessions_completed, report.sessions_open), (1, 2));
    let context = job.open().unwrap();
    let head = context.checkpoint.head().unwrap();
    assert_eq!((head.keys_open, head.sessions_open, head.events_open), (2, 2, 3));
    assert_eq!(head.oldest_open_start, at(24 + 10));
    let origin = head.watermark_origin.as_ref().unwrap();
    let place = origin.place.as_ref().unwrap();
    assert_eq!((origin.run.number(), place.line), (2, 5));
    for (kind, rows) in [("sessions", 2), ("late", 2), ("rejects", 2)] {
        let table = &job.outputs()[&format!("{kind}/run-00000002.csv")];
        assert_eq!(table.lines().count(), rows, "{table}");
    }
    assert!(report.outputs.sessions.unwrap().ends_with("sessions/run-00000002.csv"));
    assert_eq!((report.outputs.late.0.len(), report.outputs.rejects.0.len()), (1, 1));
}

#[test]
fn what_the_rules_leave_out_is_counted_too() {
    let mut job = Job::new();
    let rules = [("dedup", "3"), ("where", "3!=robot")];
    job.settings.request.rules = RuleTexts::collect(rules).unwrap();
    // By hand: two filtered rows, and a duplicate of each key.
    let rows = "ann,2020-01-01 10:00:00,1\nann,2020-01-01 10:00:01,1\nbob,2020-01-01 10:00:02,2\nbob,2020-01-01 10:00:03,2\n\
                ann,2020-01-01 10:00:04,robot\nbob,2020-01-01 10:00:05,robot\n";
    let report = job.run(&[("log.csv", rows)]).unwrap();
    assert_eq!((report.rows_read, report.rows_filtered, report.events_duplicate), (6, 2, 2));
    assert_eq!((report.events_accepted, report.events_open, report.sessions_open), (4, 2, 2));
    // The share of rejects is that of the rows that are not filtered: one of two.
    let refusal =
        job.run(&[("bad.csv", "bad,,3\nann,2020-01-01 10:00:06,3\nann,2020-01-01 10:00:06,robot\n")]);
    let refusal = refusal.unwrap_err().to_string();
    assert!(refusal.contains("1 of 2 rows were rejected"), "{refusal}");
}

#[test]
fn the_watermark_tells_the_row_that_set_it_as_long_as_it_stands() {
    let mut job = Job::of_days(1);
    job.settings.max_late = Limit::Rows(9);
    let origin = |job: &Job| {
        let origin = job.open().unwrap().checkpoint.head().unwrap().watermark_origin.clone().unwrap();
        (origin.run.number(), origin.place.map(|place| place.line))
    };
    assert_eq!(origin(&job), (1, Some(2)));
    // An event at the watermark does not set it again.
    job.run(&[("same.csv", "cat,2020-01-01 12:00:00\n")]).unwrap();
    assert_eq!(origin(&job), (1, Some(2)));
    job.settings.advance = Advance::Stated(at(13).unwrap());
    job.run(&[("stated.csv", "cat,2020-01-01 12:30:00\n")]).unwrap();
    assert_eq!(origin(&job), (3, None));
    job.finalize(at(14)).unwrap();
    assert_eq!(origin(&job), (4, None));
    job.settings.advance = Advance::Delay(3_600_000_000);
    job.run(&[("later.csv", "cat,2020-01-01 16:00:00\nann,2020-01-01 15:30:00\n")]).unwrap();
    assert_eq!(origin(&job), (5, Some(1)));
    // With less delay, the watermark comes up to the event of that run: no row of this one has set it.
    job.settings.advance = Advance::Delay(1_800_000_000);
    job.run(&[("earlier.csv", "cat,2020-01-01 15:10:00\n")]).unwrap();
    assert_eq!(origin(&job), (6, None));
    job.settings.advance = Advance::Delay(0);
    job.run(&[("equal.csv", "dan,2020-01-01 16:00:00\n")]).unwrap();
    assert_eq!(origin(&job), (7, None));
}

#[test]
fn what_exceeds_a_limit_is_refused_and_nothing_changes() {
    let mut job = Job::of_days(1);
    let (two_bad, two_late) =
        ("ann,2020-01-02 10:00:00\nbad\nbad\n", "bob,2020-01-01 09:00:00\nann,2020-01-01 11:00:00\n");
    let published = job.outputs();
    for (rows, rejects, late, least, words) in [
        (two_bad, Limit::Rows(1), Limit::Rows(9), 0, "2 of 3 rows were rejected, over the limit of 1 rows"),
        (
            two_bad,
            Limit::Percent(66.0),
            Limit::Rows(9),
            0,
            "2 of 3 rows were rejected, over the limit of 66%",
        ),
        (two_late, Limit::Rows(9), Limit::Rows(1), 0, "2 of 2 rows are late, over the limit of 1 rows"),
        (
            two_late,
            Limit::Rows(9),
            Limit::Rows(9),
            3,
            "2 rows were read, fewer than the 3 that --min-rows requires",
        ),
    ] {
        (job.settings.max_rejects, job.settings.max_late, job.settings.min_rows) = (rejects, late, least);
        let refusal = job.run(&[("more.csv", rows)]).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::DataRefused);
        assert!(refusal.to_string().contains(words), "{refusal}");
        assert_eq!(job.outputs(), published);
    }
    let limits = (Limit::Percent(67.0), Limit::Rows(2), 3);
    (job.settings.max_rejects, job.settings.max_late, job.settings.min_rows) = limits;
    assert_eq!(job.run(&[("more.csv", two_bad)]).unwrap().rows_rejected, 2);
}

#[test]
fn a_dry_run_tells_what_a_run_would_do_and_does_nothing() {
    let mut job = Job::of_days(1);
    let published = job.outputs();
    job.settings.dry_run = true;
    let dry = job.day(2).unwrap();
    assert_eq!((dry.run, dry.status, job.outputs()), (None, Status::DryRun, published));
    assert_eq!(job.open().unwrap().checkpoint.head().unwrap().run.number(), 1);
    job.settings.dry_run = false;
    let report = job.day(2).unwrap();
    assert_eq!((report.run, report.status), (Some(2), Status::Committed));
    assert_eq!(
        (dry.sessions_completed, dry.events_open, dry.rows_read),
        (report.sessions_completed, report.events_open, report.rows_read)
    );
}

#[test]
fn a_view_of_what_is_open_is_written_if_it_is_asked_for_and_not_there() {
    let mut job = Job::new();
    let view = job.common.out.join("open/latest.csv");
    job.run(&[("empty.csv", "")]).unwrap();
    // Where no event has come there is nothing to show.
    job.settings.outputs.shows_open = true;
    let again = job.run_again(&["empty.csv"]).unwrap();
    assert_eq!((again.run, again.status), (None, Status::NothingToDo));
    job.settings.outputs.shows_open = false;
    assert_eq!(job.day(1).unwrap().run, Some(2));
    assert_eq!(job.run_again(&["1.csv"]).unwrap().status, Status::NothingToDo);
    job.settings.outputs.shows_open = true;
    job.settings.dry_run = true;
    assert_eq!(job.run_again(&["1.csv"]).unwrap().status, Status::NothingToDo);
    assert!(!view.exists());
    job.settings.dry_run = false;
    let report = job.run_again(&["1.csv"]).unwrap();
    assert_eq!((report.run, report.status, report.files.len()), (Some(3), Status::Committed, 1));
    assert!(fs::read_to_string(&view).unwrap().contains("bob,2020-01-01T12:00:00Z"));
    assert_eq!(job.run_again(&["1.csv"]).unwrap().status, Status::NothingToDo);
    fs::remove_file(&view).unwrap();
    assert_eq!(job.finalize(at(0)).unwrap().run, Some(4));
    assert!(view.exists());
    assert_eq!(job.finalize(at(0)).unwrap().run, None);
}

#[test]
fn a_finalize_closes_what_is_open_once() {
    let job = Job::new();
    assert_eq!(job.finalize(None).unwrap().run, None, "there is nothing to close");
    job.day(1).unwrap();
    for (hours, run) in [(11, None), (12, None), (13, Some(2)), (13, None)] {
        let report = job.finalize(at(hours)).unwrap();
        assert_eq!((report.run, report.status == Status::Committed), (run, run.is_some()), "{hours}");
    }
    // The session of `bob` ended five minutes after its last event, at noon.
    assert_eq!(job.outputs()["sessions/run-00000002.csv"].lines().count(), 2);
    job.day(2).unwrap();
    let report = job.finalize(None).unwrap();
    assert_eq!((report.run, report.sessions_completed, report.sessions_open), (Some(4), 1, 0));
    let again = job.finalize(None).unwrap();
    assert_eq!((again.run, again.status, again.sessions_open), (None, Status::NothingToDo, 0));
}

#[test]
fn a_finalize_ends_corrections_though_nothing_is_open() {
    let mut job = Job::new();
    job.settings.request.rules = RuleTexts::collect([("allowed-lateness", "1h")]).unwrap();
    job.settings.max_late = Limit::Rows(1);
    job.run(&[("log.csv", "ann,2020-01-01 10:00:00\n")]).unwrap();
    job.finalize(at(14)).unwrap();
    let times = |job: &Job| {
        let context = job.open().unwrap();
        let head = context.checkpoint.head().unwrap();
        (head.keys_open, head.watermark.time(), head.accepts_from.time())
    };
    assert_eq!(times(&job), (0, at(14), at(13)));
    assert_eq!(job.finalize(None).unwrap().run, Some(3));
    assert_eq!(times(&job), (0, at(14), at(14)));
    assert_eq!(job.finalize(None).unwrap().run, None);
    assert_eq!(job.run(&[("late.csv", "ann,2020-01-01 13:30:00\n")]).unwrap().events_late, 1);
}
