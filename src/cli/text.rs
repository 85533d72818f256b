//! Reports for people: aligned, short, thousands separated.

use crate::report::{FileReport, InspectReport, LedgerReport, OpenSessionReport, RunReport, Status};
use indicatif::{HumanBytes, HumanCount};
use std::fmt::Write;
use std::time::Duration;

/// Lines of a name and a value, the values in one column.
#[derive(Default)]
pub(super) struct Lines {
    rows: Vec<(&'static str, String)>,
}

impl Lines {
    pub(super) fn add(&mut self, name: &'static str, value: impl Into<String>) {
        self.rows.push((name, value.into()));
    }

    pub(super) fn count(&mut self, name: &'static str, count: u64) {
        self.add(name, HumanCount(count).to_string());
    }

    pub(super) fn some(&mut self, name: &'static str, value: Option<&String>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    pub(super) fn text(&self) -> String {
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
        let _ = writeln!(text, "{}: skipped, its content was taken in before", printable(&file.path));
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
    if report.events_duplicate > 0 {
        lines.count("duplicates", report.events_duplicate);
    }
    lines.count("sessions completed", report.sessions_completed);
    if report.sessions_retracted > 0 {
        lines.count("sessions taken back", report.sessions_retracted);
    }
    lines.count("sessions open", report.sessions_open);
    lines.count("events open", report.events_open);
    lines.some("watermark", report.watermark.as_ref());
    lines.some("sessions in", report.outputs.sessions.as_ref());
    lines.some("events in", report.outputs.events.as_ref());
    lines.some("open sessions in", report.outputs.open.as_ref());
    lines.some("late rows in", report.outputs.late.as_ref());
    lines.some("rejects in", report.outputs.rejects.as_ref());
    lines
}

fn late_text(report: &RunReport) -> String {
    let advice = report.late.as_ref().map_or_else(String::new, |late| {
        format!(
            ", the latest by {}; --lateness {} would have kept all",
            duration_text(late.latest_by_s),
            late.lateness_to_keep_all
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
    for (&flag, values) in &definition.rules {
        lines.add(flag, values.join(" "));
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
        text.push_str(&table(&RUN_COLUMNS, &runs.iter().map(ledger_row).collect::<Vec<_>>()));
    }
    if let Some(sessions) = &report.sessions {
        text.push_str("\nopen sessions\n");
        text.push_str(&table(&OPEN_COLUMNS, &sessions.iter().map(open_row).collect::<Vec<_>>()));
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

/// Headings of a table; those that begin with `#` are of numbers, which stand to the right.
const RUN_COLUMNS: [&str; 8] =
    ["#run", "started", "kind", "#rows", "#late", "#rejected", "#sessions", "files"];
const OPEN_COLUMNS: [&str; 4] = ["start", "end", "#events", "key"];

fn ledger_row(run: &LedgerReport) -> [String; 8] {
    let files: Vec<String> = run.files.iter().map(file_text).collect();
    let count = |count| HumanCount(count).to_string();
    // To the second is enough for people.
    let started = run.as_of.get(..19).map_or_else(|| run.as_of.clone(), |seconds| format!("{seconds}Z"));
    [
        run.run.to_string(),
        started,
        run.kind.to_owned(),
        count(run.rows_read),
        count(run.events_late),
        count(run.rows_rejected),
        count(run.sessions_completed),
        files.join(" "),
    ]
}

fn file_text(file: &FileReport) -> String {
    let source = file.source.as_ref().map_or_else(String::new, |source| format!(" ({})", printable(source)));
    printable(&file.path) + &source
}

fn open_row(open: &OpenSessionReport) -> [String; 4] {
    [open.start.clone(), open.end.clone(), HumanCount(open.events).to_string(), printable(&open.key)]
}

fn table<const N: usize>(headings: &[&str; N], rows: &[[String; N]]) -> String {
    if rows.is_empty() {
        return "  none\n".to_owned();
    }
    let names = headings.map(|heading| heading.trim_start_matches('#').to_owned());
    let lines = || std::iter::once(&names).chain(rows);
    let widths: [usize; N] =
        std::array::from_fn(|column| lines().map(|line| line[column].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for line in lines() {
        let mut row = String::new();
        for ((cell, heading), width) in line.iter().zip(headings).zip(widths) {
            let _ = if heading.starts_with('#') {
                write!(row, "  {cell:>width$}")
            } else {
                write!(row, "  {cell:width$}")
            };
        }
        text.push_str(row.trim_end());
        text.push('\n');
    }
    text
}

/// Keys and names come from outside: nothing in them may move the cursor of a terminal.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{FFFD}")
}

/// Seconds as people write them; fractions only below one second.
fn duration_text(seconds: f64) -> String {
    let shown = if seconds < 1.0 { seconds } else { seconds.round() };
    Duration::try_from_secs_f64(shown)
        .map_or_else(|_| format!("{seconds} s"), |duration| humantime::format_duration(duration).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_its_numbers_to_the_right_and_no_spaces_behind() {
        let rows = [["1,000".to_owned(), "a".to_owned()], ["2".to_owned(), String::new()]];
        assert_eq!(table(&["#rows", "files"], &rows), "   rows  files\n  1,000  a\n      2\n");
        assert_eq!(table(&["#rows"], &[]), "  none\n");
    }

    #[test]
    fn nothing_that_comes_from_outside_moves_the_cursor() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{FFFD}[2Jb\u{FFFD}");
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(duration_text(510.4), "8m 30s");
        assert_eq!(duration_text(0.25), "250ms");
    }
}
