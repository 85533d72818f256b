//! Reports of upkeep for people.

use crate::cli::text::Lines;
use crate::report::{BackupReport, ExportReport, MigrateReport, Status, UpkeepReport, VerifyReport};
use indicatif::HumanBytes;

pub(super) fn verify_text(report: &VerifyReport) -> String {
    let mut lines = Lines::default();
    lines.count("runs", report.runs);
    lines.count("runs that stand", report.runs_standing);
    lines.count("generations", report.generations);
    lines.count("chunks", report.chunks);
    lines.count("sessions open", report.sessions_open);
    lines.count("events open", report.events_open);
    lines.count("rows read", report.rows_read);
    lines.count("events completed", report.events_completed);
    lines.count("output files", report.output_files);
    lines.add("output size", HumanBytes(report.output_bytes).to_string());
    lines.count("output sessions", report.output_sessions);
    let findings = listed("- ", &report.findings);
    format!("{}\n{}{findings}", report.status, lines.text())
}

pub(super) fn upkeep_text(report: &UpkeepReport) -> String {
    let Some(run) = report.run.filter(|_| report.status == Status::Committed) else {
        return "nothing to do\n".to_owned();
    };
    let mut lines = Lines::default();
    if let Some(to) = report.rolled_back_to {
        lines.add("back to the state after", format!("run {to}"));
        let runs: Vec<String> = report.retracted_runs.iter().map(ToString::to_string).collect();
        lines.add("taken back", format!("run {}", runs.join(", ")));
        lines.count("files that may come again", report.forgotten_files.len() as u64);
    }
    for missing in &report.missing_outputs {
        lines.add("not in its place", missing);
    }
    lines.count("events removed", report.events_removed);
    lines.count("sessions open", report.sessions_open);
    lines.count("events open", report.events_open);
    lines.some("watermark", report.watermark.as_ref());
    format!("run {run} committed\n{}", lines.text())
}

pub(super) fn export_text(report: &ExportReport) -> String {
    let mut lines = Lines::default();
    lines.count("last run", report.run);
    lines.count("runs", report.runs);
    lines.count("known files", report.files);
    lines.count("events open", report.events);
    let losses = listed("- lost: ", &report.losses);
    format!("exported\n{}{losses}", lines.text())
}

pub(super) fn backup_text(report: &BackupReport) -> String {
    let mut lines = Lines::default();
    lines.add("in", &report.folder);
    lines.count("last run", report.run);
    lines.count("files", report.files);
    lines.add("size", HumanBytes(report.bytes).to_string());
    format!("copied and checked\n{}", lines.text())
}

pub(super) fn migrate_text(report: &MigrateReport) -> String {
    match report.run {
        Some(run) => format!("run {run} committed: format {} is now {}\n", report.from, report.to),
        None => format!("nothing to do: the format is {}\n", report.to),
    }
}

/// Each of them on a line of its own.
fn listed(before: &str, lines: &[String]) -> String {
    lines.iter().flat_map(|line| [before, line, "\n"]).collect()
}
