//! What a delivery has done, for people.

use crate::cli::page::{Page, Rows};
use crate::report::{CleanReport, DeliverReport, DeliverStatusReport, FollowerReport, ForgetReport};
use indicatif::HumanCount;

pub(super) fn deliver_page(report: &DeliverReport) -> Page {
    let mut page = Page::default();
    page.line(match report.runs_delivered {
        0 => format!("nothing to do: {} has everything up to run {}", report.target, report.run),
        _ => format!("delivered up to run {} to {}", report.run, report.target),
    });
    let mut rows = Rows::default();
    rows.add("follower", &report.follower);
    rows.count("runs", report.runs_delivered);
    rows.count("rows of sessions", report.session_rows);
    if report.event_rows > 0 {
        rows.count("rows of events", report.event_rows);
    }
    page.rows(&rows);
    page
}

const COLUMNS: [&str; 5] = ["follower", "#at run", "#runs behind", "#rows behind", "target"];

pub(super) fn status_page(report: &DeliverStatusReport) -> Page {
    let mut page = Page::default();
    page.line(match report.run {
        Some(run) => format!("the newest published run is {run}"),
        None => "no run is published".to_owned(),
    });
    let rows: Vec<_> = report.followers.iter().map(row).collect();
    page.table(&COLUMNS, &rows);
    page
}

fn row(follower: &FollowerReport) -> [String; 5] {
    let count = |count| HumanCount(count).to_string();
    [
        follower.name.clone(),
        follower.run.to_string(),
        count(follower.runs_behind),
        count(follower.rows_behind),
        follower.target.clone(),
    ]
}

pub(super) fn forget_page(report: &ForgetReport) -> Page {
    let mut page = Page::default();
    page.line(format!("forgotten: {}; its target stays as it is", report.forgotten));
    page
}

pub(super) fn clean_page(report: &CleanReport) -> Page {
    let mut page = Page::default();
    page.line(match report.files_removed {
        0 => format!("nothing to remove: {} has no files that no manifest names", report.target),
        removed => {
            format!("removed from {}: {} files that no manifest named", report.target, HumanCount(removed))
        }
    });
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::page::hostile::{expect_harmless, values};

    #[test]
    fn reports_of_hostile_values_are_harmless_lines() {
        for text in values() {
            let report = DeliverReport { target: text.clone(), run: u64::MAX, ..DeliverReport::default() };
            expect_harmless(&deliver_page(&report));
            let follower = FollowerReport {
                name: text.clone(),
                target: text.clone(),
                run: 0,
                runs_behind: u64::MAX,
                rows_behind: 0,
            };
            expect_harmless(&status_page(&DeliverStatusReport { run: None, followers: vec![follower; 3] }));
            expect_harmless(&clean_page(&CleanReport { target: text.clone(), files_removed: u64::MAX }));
            expect_harmless(&forget_page(&ForgetReport { forgotten: text }));
        }
    }
}
