//! What a report says of a run, counted by hand.

use super::job_tests::Job;
use super::read_stats::ReadStats;
use super::{Look, in_order};
use crate::core::rules::RuleTexts;
use crate::input::open_batch;
use crate::report::{RunReport, Status};
use crate::settings::{FileOrder, Limit};
use std::path::PathBuf;

fn job() -> Job {
    let mut job = Job::new();
    (job.settings.max_late, job.settings.max_rejects) = (Limit::Percent(100.0), Limit::Percent(100.0));
    job
}

#[test]
fn a_report_counts_every_line_and_row_and_says_what_is_open() {
    let mut job = job();
    job.settings.request.rules = RuleTexts::collect([("dedup", "3"), ("where", "1!=robot")]).unwrap();
    job.settings.request.sources[0].options.decide("comment", "#");
    let known = "ann,2020-01-01 10:00:00,1\nbob,2020-01-01 12:00:00,2\n";
    job.run(&[("log.csv", known)]).unwrap();
    let log = format!("{known}ann,2020-01-01 12:01:00,3\n");
    let more = "# a comment\n\n\"cat\nx\",2020-01-01 12:02:00,4\nrobot,2020-01-01 12:03:00,5\nbad\n\
                bob,2020-01-01 11:00:00,6\nbob,2020-01-01 12:02:30,7\nbob,2020-01-01 12:02:40,7\n";
    let report = job.run(&[("log.csv", &log), ("more.csv", more)]).unwrap();
    let expected = RunReport {
        run: Some(2),
        status: Status::Committed,
        // Two lines were known; behind them are one, and nine in the other file, one of them blank.
        lines: 10,
        known_lines: 2,
        continuation_lines: 1,
        comment_lines: 1,
        rows_read: 7,
        rows_filtered: 1,
        rows_rejected: 1,
        events_late: 1,
        events_accepted: 4,
        events_duplicate: 1,
        sessions_open: 3,
        events_open: 4,
        watermark: Some("2020-01-01T12:02:40Z".into()),
        first_event: Some("2020-01-01T12:01:00Z".into()),
        last_event: Some("2020-01-01T12:02:40Z".into()),
        bytes_read: (log.len() + more.len()) as u64,
        // What has no count of its own here.
        rejects: report.rejects.clone(),
        late: report.late.clone(),
        files: report.files.clone(),
        outputs: report.outputs.clone(),
        seconds: report.seconds,
        seconds_by_phase: report.seconds_by_phase,
        ..RunReport::default()
    };
    assert_eq!(format!("{report:#?}"), format!("{expected:#?}"));
    assert_eq!(report.rejects.values().sum::<u64>(), 1);
    let late = report.late.as_ref().unwrap();
    assert_eq!((late.latest_by_s, late.watermark_delay_to_keep_all.as_str()), (3600.0, "1h"));
    let [log, more] = &report.files[..] else { panic!("{:?}", report.files) };
    assert_eq!((log.status, log.rows, log.known_lines, log.known_from), ("grown", 1, 2, Some(1)));
    assert_eq!((log.known_bytes, log.replaces, log.source.as_ref()), (known.len() as u64, None, None));
    assert_eq!((more.status, more.rows, more.known_lines, more.known_from), ("processed", 6, 0, None));
    let nothing = job.run_again(&["log.csv"]).unwrap();
    assert_eq!((nothing.status, nothing.sessions_open, nothing.events_open), (Status::NothingToDo, 3, 4));
    assert_eq!((nothing.watermark, nothing.rows_read), (report.watermark, 0));
}

#[test]
fn the_latest_event_is_that_of_the_first_file_that_has_it() {
    let day = |hour: u32| format!("ann,2020-01-01 {hour:02}:00:00\n");
    for (one, other, file) in [(12, 11, "one"), (11, 12, "other"), (12, 12, "one")] {
        let job = job();
        let report =
            job.run(&[("one", &day(one)), ("other", &("bob".to_owned() + &day(other)[3..]))]).unwrap();
        assert_eq!(report.last_event.as_deref(), Some("2020-01-01T12:00:00Z"));
        let context = job.open().unwrap();
        let origin = context.checkpoint.head().unwrap().watermark_origin.clone().unwrap();
        assert_eq!(origin.place.unwrap().file, job.path(file));
    }
}

#[test]
fn a_refusal_shows_the_first_rejects_and_not_more_of_them() {
    let mut job = Job::of_days(1);
    job.settings.max_rejects = Limit::Rows(1);
    let long = "x".repeat(300);
    let rows = format!("ann,2020-01-02 10:00:00\n{long}\none\t\nbad,two\nthree\n");
    let said = job.run(&[("log.csv", &rows)]).unwrap_err().to_string();
    for (line, row) in [(2, &long[..60]), (3, "one\\t"), (4, "bad,two")] {
        let shown = format!("{}:{line} ", job.path("log.csv").display());
        assert!(said.contains(&shown) && said.contains(&format!("\"{row}\"")), "{said}");
    }
    assert!(!said.contains("three"), "{said}");
}

#[test]
fn lines_that_do_not_balance_are_told() {
    let mut stats = ReadStats::of_files(1);
    assert_eq!(stats.check_lines(), Ok(()));
    stats.counts.rows_read = 1;
    stats.check_lines().unwrap_err();
}

#[test]
fn late_rows_are_written_only_if_they_are_kept() {
    for keeps in [true, false] {
        let mut job = job();
        job.settings.keep_late_rows = keeps;
        job.day(2).unwrap();
        let report = job.run(&[("late.csv", "ann,2020-01-01 10:00:00\nbad\n")]).unwrap();
        assert_eq!((report.events_late, report.rows_rejected), (1, 1));
        let outputs = job.outputs();
        let of =
            |kind: &str| outputs.get(&format!("{kind}/run-00000002.csv")).map(|table| table.lines().count());
        assert_eq!((of("late"), of("rejects")), (keeps.then_some(2), Some(2)));
    }
}

#[test]
fn files_come_in_the_order_that_is_asked_for() {
    let mut job = job();
    job.day(1).unwrap();
    job.write(&[
        ("10.csv", "ann,2020-01-02 10:00:00\n"),
        ("9.csv", "ann,2020-01-03 10:00:00\n"),
        ("8.csv", ""),
    ]);
    let names = ["10.csv", "9.csv", "8.csv", "1.csv"];
    for (order, each, expected) in [
        (FileOrder::Given, false, names),
        (FileOrder::Name, false, ["1.csv", "8.csv", "9.csv", "10.csv"]),
        (FileOrder::Time, false, ["8.csv", "1.csv", "10.csv", "9.csv"]),
        (FileOrder::Time, true, ["8.csv", "1.csv", "10.csv", "9.csv"]),
    ] {
        (job.settings.file_order, job.settings.files.each) = (order, each);
        let paths: Vec<PathBuf> = names.iter().map(|name| job.path(name)).collect();
        let files = open_batch(&paths, u64::MAX).unwrap();
        let ordered = in_order(&job.open().unwrap(), &job.settings, files).unwrap();
        let ordered: Vec<PathBuf> = ordered.iter().map(|file| file.path().to_owned()).collect();
        assert_eq!(ordered, expected.map(|name| job.path(name)), "{order:?}");
    }
}

#[test]
fn a_look_is_over_when_a_run_has_committed() {
    let job = Job::of_days(1);
    let look = Look::at(&job.common, &job.cancellation).unwrap();
    assert_eq!(look.definition(), look.checkpoint.head().map(|head| &head.definition));
    assert!(look.definition().is_some() && !look.is_over(&job.common));
    job.day(2).unwrap();
    assert!(look.is_over(&job.common));
}
