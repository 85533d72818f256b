//! Reports of maintenance for people.

use crate::cli::inspection::unpublished_text;
use crate::cli::page::{Page, Rows, listed};
use crate::report::{
    BackupReport, ExportReport, MaintenanceReport, MigrateReport, PruneReport, Status, VerifyReport,
};
use indicatif::HumanBytes;

pub(super) fn verify_page(report: &VerifyReport) -> Page {
    let mut page = Page::default();
    page.line(report.status);
    let mut rows = Rows::default();
    rows.count("runs", report.runs);
    rows.count("active runs", report.runs_active);
    rows.some("not published yet", unpublished_text(report.unpublished_run).as_ref());
    rows.count("generations", report.generations);
    rows.count("chunks", report.chunks);
    rows.count("sessions open", report.sessions_open);
    rows.count("events open", report.events_open);
    rows.count("rows read", report.rows_read);
    rows.count("events completed", report.events_completed);
    rows.count("output files", report.output_files);
    rows.add("output size", HumanBytes(report.output_bytes).to_string());
    rows.count("output sessions", report.output_sessions);
    if !report.missing_outputs.is_empty() {
        rows.count("outputs missing", report.missing_outputs.len() as u64);
    }
    if report.missing_accepted > 0 {
        rows.count("removed on purpose", report.missing_accepted);
    }
    rows.some("pruned", report.pruned_through.map(|run| format!("up to run {run}")).as_ref());
    if let Some(run) = report.accepted_in_run {
        rows.add("recorded as removed on purpose", format!("in run {run}"));
    }
    page.rows(&rows);
    page.list("- missing: ", &report.missing_outputs);
    page.list("- ", &report.findings);
    page
}

pub(super) fn maintenance_page(report: &MaintenanceReport) -> Page {
    let mut page = Page::default();
    let Some(run) = report.run.filter(|_| report.status == Status::Committed) else {
        page.line("nothing to do");
        return page;
    };
    page.line(format!("run {run} committed"));
    let mut rows = Rows::default();
    if let Some(to) = report.rolled_back_to {
        match to {
            0 => rows.add("back to the state", "before the first run"),
            to => rows.add("back to the state after", format!("run {to}")),
        }
        let runs = report.retracted_runs.iter().map(ToString::to_string);
        rows.add("rolled back", format!("run {}", listed(runs, ", ")));
        rows.count("files that you can run again", report.forgotten_files.len() as u64);
    }
    rows.each("missing", &report.missing_outputs);
    rows.count("events removed", report.events_removed);
    rows.some("rollback reaches back to", report.rollback_reaches.map(|run| format!("run {run}")).as_ref());
    rows.count("sessions open", report.sessions_open);
    rows.count("events open", report.events_open);
    rows.some("watermark", report.watermark.as_ref());
    page.rows(&rows);
    page
}

pub(super) fn export_page(report: &ExportReport) -> Page {
    let mut page = Page::default();
    page.line("exported");
    let mut rows = Rows::default();
    rows.count("last run", report.run);
    rows.count("runs", report.runs);
    rows.count("known files", report.files);
    rows.count("events open", report.events);
    page.rows(&rows);
    page.list("- lost: ", &report.losses);
    page
}

pub(super) fn backup_page(report: &BackupReport) -> Page {
    let mut page = Page::default();
    page.line("copied and checked");
    let mut rows = Rows::default();
    rows.add("in", &report.folder);
    rows.count("last run", report.run);
    rows.count("files", report.files);
    rows.add("size", HumanBytes(report.bytes).to_string());
    if report.outputs_missing > 0 {
        rows.count("outputs missing", report.outputs_missing);
    }
    page.rows(&rows);
    page
}

pub(super) fn prune_page(report: &PruneReport) -> Page {
    let mut page = Page::default();
    page.line(match report.status {
        Status::Committed => "pruned",
        Status::NothingToDo => "nothing to do",
        Status::DryRun => "dry run, nothing was changed",
    });
    let mut rows = Rows::default();
    match report.pruned_through {
        0 => rows.add("pruned", "no run"),
        run => rows.add("pruned", format!("up to run {run}")),
    }
    let stays = match report.limited_by {
        "age" => "the next run is younger",
        "rollback" => "a rollback may still go back to it (--keep-generations)",
        "followers" => "a follower does not have the next run yet, or goes on from it",
        _ => "the next run is the newest",
    };
    rows.add("no further because", stays);
    rows.count("outputs removed", report.outputs);
    rows.count("manifests removed", report.manifests);
    rows.add("size", HumanBytes(report.bytes).to_string());
    page.rows(&rows);
    page
}

pub(super) fn migrate_page(report: &MigrateReport) -> Page {
    let mut page = Page::default();
    page.line(match report.run {
        Some(run) => format!("run {run} committed: format {} is now {}", report.from, report.to),
        None => format!("nothing to do: the format is {}", report.to),
    });
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::page::hostile::{expect_harmless, many, values};

    fn maintenance(text: &str, missing_outputs: Vec<String>) -> MaintenanceReport {
        MaintenanceReport {
            run: Some(u64::MAX),
            status: Status::Committed,
            sessions_open: u64::MAX,
            events_open: 0,
            watermark: Some(text.to_owned()),
            rolled_back_to: Some(0),
            retracted_runs: (0..70_000).collect(),
            forgotten_files: missing_outputs.clone(),
            missing_outputs,
            events_removed: 0,
            rollback_reaches: None,
        }
    }

    fn expect_all_harmless(text: &str, list: &[String]) {
        let list = || list.to_vec();
        expect_harmless(&maintenance_page(&maintenance(text, list())));
        expect_harmless(&verify_page(&VerifyReport {
            findings: list(),
            missing_outputs: list(),
            ..VerifyReport::default()
        }));
        expect_harmless(&export_page(&ExportReport { run: 1, runs: 1, files: 1, events: 1, losses: list() }));
        expect_harmless(&backup_page(&BackupReport {
            folder: text.to_owned(),
            run: 1,
            files: 1,
            bytes: u64::MAX,
            outputs_missing: 1,
        }));
    }

    #[test]
    fn reports_of_hostile_values_are_harmless_lines() {
        for text in values() {
            expect_all_harmless(&text, std::slice::from_ref(&text));
        }
        expect_all_harmless("", &many());
        expect_harmless(&migrate_page(&MigrateReport { run: Some(u64::MAX), from: u32::MAX, to: 0 }));
        let text = maintenance_page(&maintenance("", many())).text().to_owned();
        assert!(text.contains("and 69,980 more") && text.lines().count() < 40, "{text}");
    }
}
