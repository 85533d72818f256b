//! Reports for people: aligned, short, thousands separated.

use crate::report::{InspectReport, LedgerReport, RunReport, Status};
use indicatif::{HumanBytes, HumanCount};
use std::fmt::Write;

/// Lines of a name and a value, the values in one column.
#[derive(Default)]
struct Lines {
    rows: Vec<(&'static str, String)>,
}

impl Lines {
    fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.rows.push((name, value.into()));
    }

    fn count(&mut self, name: &'static str, count: u64) {
        self.add(name, HumanCount(count).to_string());
    }

    fn some(&mut self, name: &'static str, value: Option<&String>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    fn text(&self) -> String {
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in &self.rows {
            let _ = writeln!(text, "  {name:width$}  {value}");
        }
        text
    }
}

/// The report of a run or a finalize.
pub(super) fn run_text(report: &RunReport) -> String {
    let mut text = String::new();
    for file in report.files.iter().filter(|file| file.status == "known") {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{}: skipped, a run before has taken it in", file.path);
    }
    match (report.status, report.run) {
        (Status::NothingToDo, _) => {
            text.push_str("nothing to do\n");
            return text;
        }
        (Status::DryRun, _) => text.push_str("dry run, nothing was changed\n"),
        (Status::Committed, run) => {
            let _ = writeln!(text, "run {} committed in {:.2} s", run.unwrap_or_default(), report.seconds);
        }
    }
    text + &run_lines(report).text()
}

fn run_lines(report: &RunReport) -> Lines {
    let mut lines = Lines::default();
    lines.some("definition", report.decided.as_ref());
    if !report.files.is_empty() {
        lines.count("rows read", report.rows_read);
    }
    if report.rows_rejected > 0 {
        let reasons: Vec<String> =
            report.rejects.iter().map(|(reason, &rows)| format!("{reason} {}", HumanCount(rows))).collect();
        lines.add("rejected", format!("{} ({})", HumanCount(report.rows_rejected), reasons.join(", ")));
    }
    if report.events_late > 0 {
        lines.add("late", late_text(report));
    }
    lines.count("sessions completed", report.sessions_completed);
    lines.add(
        "sessions open",
        format!("{} with {} events", HumanCount(report.sessions_open), HumanCount(report.events_open)),
    );
    lines.some("watermark", report.watermark.as_ref());
    lines.some("sessions in", report.outputs.sessions.as_ref());
    lines.some("late rows in", report.outputs.late.as_ref());
    lines.some("rejects in", report.outputs.rejects.as_ref());
    lines
}

fn late_text(report: &RunReport) -> String {
    let advice = report.late.as_ref().map_or_else(String::new, |late| {
        format!(
            ", by up to {} s; --lateness {} would have kept all",
            late.latest_by_s, late.lateness_to_keep_all
        )
    });
    format!("{}{advice}", HumanCount(report.events_late))
}

/// The report of an inspect.
pub(super) fn inspect_text(report: &InspectReport) -> String {
    let mut lines = Lines::default();
    let Some(definition) = &report.definition else {
        return "the checkpoint is new: no run was committed\n".to_owned();
    };
    lines.add("gap", &definition.gap);
    for source in &definition.sources {
        lines.some("source", source.name.as_ref());
        lines.add("key", source.key.join(","));
        lines.add("time", format!("{} ({}, {})", source.time, source.time_format, source.timezone));
        lines.add("header", source.header);
    }
    lines.add("watermark", watermark_text(report));
    lines.count("sessions open", report.sessions_open);
    lines.count("keys open", report.keys_open);
    lines.count("events open", report.events_open);
    lines.some("oldest open since", report.oldest_open_start.as_ref());
    lines.count("runs", report.runs);
    lines.add("size", HumanBytes(report.bytes_on_disk).to_string());
    let mut text = lines.text();
    if let Some(runs) = &report.ledger {
        text.push_str("\nruns\n");
        for run in runs {
            text.push_str(&ledger_line(run));
        }
    }
    if let Some(sessions) = &report.sessions {
        text.push_str("\nopen sessions\n");
        for open in sessions {
            let _ = writeln!(
                text,
                "  {}  {}  {:>9}  {}",
                open.start,
                open.end,
                HumanCount(open.events).to_string(),
                open.key
            );
        }
    }
    text
}

fn watermark_text(report: &InspectReport) -> String {
    match (&report.watermark, &report.watermark_set_by) {
        (None, _) => "none yet".to_owned(),
        (Some(watermark), None) => watermark.clone(),
        (Some(watermark), Some(by)) => format!("{watermark}, set by {by}"),
    }
}

fn ledger_line(run: &LedgerReport) -> String {
    let files: Vec<&str> = run.files.iter().map(|file| file.path.as_str()).collect();
    format!(
        "  {:>6}  {}  {}: {} rows, {} late, {} rejected, {} sessions  {}\n",
        run.run,
        run.as_of,
        run.kind,
        HumanCount(run.rows_read),
        HumanCount(run.events_late),
        HumanCount(run.rows_rejected),
        HumanCount(run.sessions_completed),
        files.join(" ")
    )
}
