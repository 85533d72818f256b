//! What a refused batch is told, and what to do about it.

use super::job_tests::Job;
use crate::error::ErrorKind;
use crate::maintenance::purge;
use crate::settings::{FileOrder, Limit};

fn refusal(job: &Job, rows: &str) -> String {
    let refusal = job.run(&[("refused.csv", rows)]).unwrap_err();
    assert_eq!(refusal.kind(), ErrorKind::DataRefused);
    refusal.to_string()
}

#[test]
fn rows_in_the_future_are_held_against_the_clock() {
    let job = Job::of_days(1);
    let said = refusal(&job, "ann,2021-01-02 12:00:05\nann,2021-01-03 12:00:05\n");
    let advice = "the first row in the future is 1day 12h 5s after the clock here, 2021-01-01T00:00:00Z: check that clock, or give --now or \
                  --max-future; else fix the file or raise --max-rejects";
    assert!(said.contains("2 of 2 rows were rejected") && said.contains(advice), "{said}");
    let said = refusal(&job, "ann,soon\n");
    assert!(said.contains("; fix the file or raise --max-rejects") && !said.contains("clock"), "{said}");
}

#[test]
fn late_rows_are_told_what_they_are_behind() {
    let mut job = Job::of_days(1);
    let (row, purged) = ("ann,2020-01-01 11:00:00\n", ", or belong to a purged key");
    let set_by = format!("2020-01-01T12:00:00Z, set by {}:2 in run 1", job.path("1.csv").display());
    let said = refusal(&job, row);
    assert!(said.contains(&format!("they are before the watermark {set_by}; check")), "{said}");
    purge(&mut job.open().unwrap(), b"bob").unwrap();
    let said = refusal(&job, row);
    assert!(said.contains(&format!("they are before the watermark {set_by}{purged}; check")), "{said}");
    // Of several files in turn, one may only have come too early.
    for (each, file_order, takes_order) in [
        (false, FileOrder::Given, false),
        (true, FileOrder::Given, true),
        (true, FileOrder::Name, true),
        (true, FileOrder::Time, false),
        (false, FileOrder::Time, false),
    ] {
        (job.settings.files.each, job.settings.file_order) = (each, file_order);
        let said = refusal(&job, row);
        assert_eq!(said.contains("--file-order time"), takes_order, "{said}");
        assert!(
            said.contains("check that this is the right file and state folder")
                && said.contains("raise --max-late")
        );
    }
    job.settings.max_late = Limit::Rows(1);
    assert_eq!(job.run(&[("late.csv", row)]).unwrap().events_late, 1);
}
