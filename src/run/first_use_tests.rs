//! When the columns of a file are shown with a refusal: only if they help.

use super::job_tests::Job;
use crate::core::rules::RuleTexts;
use crate::definition::ColumnRequest;
use crate::error::Error;

const GOOD: &str = "ann,2020-01-01 10:00:00,2020-01-01 10:00:00\n";
/// A row whose time is in the third column.
const OTHER: &str = "ann,never,2020-01-01 10:00:00\n";

/// A job that asks for key and time in the first two columns.
fn job() -> Job {
    let mut job = Job::new();
    let request = &mut job.settings.request.sources[0];
    request.header = Some(false);
    (request.key, request.time) =
        (Some(vec![ColumnRequest::Number(1)]), Some(vec![ColumnRequest::Number(2)]));
    job
}

fn refusal(job: &Job, files: &[(&str, &str)]) -> Error {
    job.run(files).unwrap_err()
}

#[test]
fn rejects_show_the_columns_if_most_rows_have_their_time_elsewhere() {
    for (rows, shows) in [
        (OTHER.repeat(3), true),
        (OTHER.repeat(3) + &GOOD.repeat(2), true),
        (OTHER.repeat(2) + &GOOD.repeat(2), false),
        (OTHER.to_owned() + GOOD, false),
        // No other column is a time.
        ("ann,never,x\n".repeat(3), false),
    ] {
        let said = refusal(&job(), &[("log.csv", &rows)]);
        assert_eq!(!said.details().is_empty(), shows, "{rows}{said}");
        assert_eq!(said.to_string().contains("--time"), shows, "{said}");
        // A file without rows has no columns to show.
        let said = refusal(&job(), &[("empty.csv", ""), ("log.csv", &rows)]);
        assert_eq!(!said.details().is_empty(), shows, "{rows}{said}");
    }
    // Rows that are filtered count as if they were not there.
    let mut job = job();
    job.settings.request.rules = RuleTexts::collect([("where", "1!=robot")]).unwrap();
    let rows = OTHER.repeat(3) + &GOOD.replace("ann", "robot").repeat(3);
    assert!(!refusal(&job, &[("log.csv", &rows)]).details().is_empty());
}

#[test]
fn a_file_that_cannot_be_opened_for_another_reason_shows_no_columns() {
    let rules = || RuleTexts::collect([("agg", "sum(amount)=paid")]).unwrap();
    let mut numbers = job();
    (numbers.settings.request.sources[0].header, numbers.settings.request.rules) = (None, rules());
    let said = refusal(&numbers, &[("log.csv", GOOD)]);
    assert!(said.to_string().contains("amount") && said.details().is_empty(), "{said}");
    let mut names = job();
    let request = &mut names.settings.request.sources[0];
    let name = |name: &str| Some(vec![ColumnRequest::Name(name.into())]);
    (request.header, request.key, request.time) = (Some(true), name("who"), name("at"));
    names.settings.request.rules = rules();
    let said = refusal(&names, &[("log.csv", "who,at\nann,2020-01-01 10:00:00\n")]);
    assert!(said.to_string().contains("amount") && said.details().is_empty(), "{said}");
    names.settings.request.sources[0].time = name("when");
    let said = refusal(&names, &[("log.csv", "who,at\nann,2020-01-01 10:00:00\n")]);
    assert!(!said.details().is_empty(), "{said}");
}
