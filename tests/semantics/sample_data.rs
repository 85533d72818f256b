//! `data/sample` is what it says it is: the output of `sessionize fake`, cut at midnight, with sessions that cross it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![expect(clippy::disallowed_methods, reason = "reads the sample data")]

use crate::support::Folder;
use std::path::{Path, PathBuf};

const MADE_BY: [&str; 11] =
    ["fake", "--rows", "700", "--users", "40", "--days", "2", "--seed", "5", "--session-events", "6"];

fn sample(day: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/sample/day-{day}.csv"))
}

#[test]
fn the_two_days_are_made_by_fake_and_cut_at_midnight() {
    let made = Folder::new().sessionize(&MADE_BY).expect_code(0).stdout;
    let midnight = made.find(&made.lines().find(|line| line.contains(",2020-01-02 ")).unwrap().to_owned());
    let (first, second) = made.split_at(midnight.unwrap());
    assert_eq!(std::fs::read_to_string(sample(1)).unwrap(), first);
    assert_eq!(std::fs::read_to_string(sample(2)).unwrap(), second);
}

#[test]
fn a_session_crosses_midnight_whole() {
    let folder = Folder::new();
    for day in [1, 2] {
        folder.sessionize(&["run", sample(day).to_str().unwrap()]).expect_code(0);
    }
    let crosses = |session: &crate::support::SessionRow| {
        session.start.starts_with("2020-01-01") && session.end.starts_with("2020-01-02")
    };
    let of_run = |run| folder.sessions_of_run(run).into_iter().filter(crosses).count();
    assert_eq!((of_run(1), of_run(2)), (0, 1), "it belongs to the run that completes it");
}
