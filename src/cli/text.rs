//! Reports for people: aligned, short, with separated thousands.

use super::page::{Page, Rows, listed};
use crate::proposal::{Findings, gap_text};
use crate::report::{FileReport, PageReport, RejectedTimeReport, RunReport, Status, StatusReport};
use indicatif::{HumanBytes, HumanCount};
use std::path::Path;
use std::time::Duration;

/// What `init` wrote to `output`, and the next command.
pub(super) fn init_page(output: &Path, findings: &Findings) -> Page {
    let columns: Vec<String> = findings.columns.iter().map(|(key, value)| format!("{key} {value}")).collect();
    let is_found = output == Path::new("sessionize.toml");
    let config = if is_found { String::new() } else { format!(" --config {}", output.display()) };
    let mut page = Page::default();
    let gap = gap_text(findings.gap.minutes);
    page.line(format!("{}: {}, gap {gap}", output.display(), columns.join(", ")));
    let (rows, sessions) = (HumanCount(findings.rows), HumanCount(findings.examples.sessions as u64));
    page.line(format!("  {rows} rows of {} analyzed; they make {sessions} sessions", findings.form));
    page.line(format!("next: sessionize run{config}"));
    page
}

/// How a checkpoint is, in one line.
pub(super) fn status_line(report: &StatusReport) -> Page {
    let mut parts = report.problems.clone();
    let ago = |seconds: Option<f64>| {
        seconds.map_or_else(String::new, |seconds| duration_text(seconds.max(0.0).round()))
    };
    parts.push(match (report.run, &report.last_run_at) {
        (Some(run), Some(at)) => format!("run {run} at {at}, {} ago", ago(report.age_s)),
        _ => "no run".to_owned(),
    });
    if let Some(watermark) = &report.watermark {
        parts.push(format!("watermark {watermark}, {} behind", ago(report.watermark_lag_s)));
    }
    parts.push(format!("open sessions: {}", HumanCount(report.sessions_open)));
    let followers = report.followers.iter();
    parts.extend(
        followers.map(|follower| format!("runs that {} lacks: {}", follower.name, follower.runs_behind)),
    );
    let free = report.folders.iter();
    parts.extend(free.map(|folder| format!("{} free for {}", HumanBytes(folder.bytes_free), folder.name)));
    let mut page = Page::default();
    let verdict = if report.problems.is_empty() { "ok" } else { "attention" };
    page.line(format!("{verdict}: {}", parts.join("; ")));
    page
}

/// What `report` has written, and what the page does not have.
pub(super) fn page_page(report: &PageReport) -> Page {
    let mut page = Page::default();
    let (sessions, runs) = (HumanCount(report.sessions), HumanCount(report.runs));
    page.line(format!("{}: sessions {sessions}, runs {runs}", report.file));
    page.list("not in it: ", &report.left_out);
    page
}

/// The report of a run or a finalize.
pub(super) fn run_page(report: &RunReport) -> Page {
    let mut page = Page::default();
    add_run(report, &mut page);
    page
}

/// The reports of several runs, and the files that are left for the next command.
pub(super) fn runs_page(reports: &[RunReport], left: &[String]) -> Page {
    let mut page = Page::default();
    for report in reports {
        add_run(report, &mut page);
    }
    if reports.is_empty() {
        page.line("nothing to do");
    }
    page.list(LEFT, left);
    page
}

/// Before each file that is not ingested yet.
const LEFT: &str = "left for the next run, because it may still be written: ";

fn add_run(report: &RunReport, page: &mut Page) {
    page.list(LEFT, &report.files_left);
    page.list("", &report.files.iter().filter_map(known_text).collect::<Vec<_>>());
    page.list("", &report.files.iter().filter_map(unfinished_text).collect::<Vec<_>>());
    match (report.status, report.run) {
        (Status::NothingToDo, _) => return page.line("nothing to do"),
        (Status::DryRun, _) => page.line("dry run, nothing was changed"),
        (Status::Committed, run) => {
            page.line(format!("run {} committed in {:.2} s", run.unwrap_or_default(), report.seconds));
        }
    }
    page.rows(&run_rows(report));
}

/// What earlier runs ingested of a file.
fn known_text(file: &FileReport) -> Option<String> {
    let path = &file.path;
    match file.status {
        "known" if file.unfinished_bytes == 0 => {
            Some(format!("{path}: skipped, its content was ingested before"))
        }
        "grown" => {
            let (run, next) = (file.known_from.unwrap_or_default(), HumanCount(file.known_lines + 1));
            Some(format!("{path}: run {run} ingested its beginning; this run read it from line {next} on"))
        }
        _ => None,
    }
}

/// What a file leaves for a later run.
fn unfinished_text(file: &FileReport) -> Option<String> {
    let left = HumanCount(file.unfinished_bytes);
    (file.unfinished_bytes > 0)
        .then(|| format!("{}: {left} bytes of an unfinished last row are left for the next run", file.path))
}

fn run_rows(report: &RunReport) -> Rows {
    let mut rows = Rows::default();
    rows.some("definition", report.decided.as_ref());
    if !report.files.is_empty() {
        rows.count("rows read", report.rows_read);
        for (name, lines) in [
            ("continuation lines", report.continuation_lines),
            ("comment lines", report.comment_lines),
            ("skipped lines", report.skipped_lines),
        ] {
            if lines > 0 {
                rows.count(name, lines);
            }
        }
    }
    if report.rows_filtered > 0 {
        rows.count("rows filtered", report.rows_filtered);
    }
    if report.rows_rejected > 0 {
        let reasons = report.rejects.iter().map(|(reason, &rows)| format!("{reason} {}", HumanCount(rows)));
        rows.add("rejected", format!("{} ({})", HumanCount(report.rows_rejected), listed(reasons, ", ")));
    }
    if report.events_late > 0 {
        rows.add("late", late_text(report));
    }
    if report.events_duplicate > 0 {
        rows.count("duplicates", report.events_duplicate);
    }
    rows.count("sessions completed", report.sessions_completed);
    if report.sessions_retracted > 0 {
        rows.count("sessions retracted", report.sessions_retracted);
    }
    if report.sessions_filtered != 0 {
        rows.add("sessions filtered", report.sessions_filtered.to_string());
    }
    rows.count("sessions open", report.sessions_open);
    rows.count("events open", report.events_open);
    rows.some("watermark", report.watermark.as_ref());
    rows.some("sessions in", report.outputs.sessions.as_ref());
    rows.some("events in", report.outputs.events.as_ref());
    rows.some("open sessions in", report.outputs.open.as_ref());
    rows.each("late rows in", &report.outputs.late.0);
    let advice = report.rejected_time.as_ref().map(RejectedTimeReport::advice);
    rows.some("time format", advice.as_ref());
    rows.each("rejects in", &report.outputs.rejects.0);
    rows
}

fn late_text(report: &RunReport) -> String {
    let advice = report.late.as_ref().map_or_else(String::new, |late| {
        format!(
            ", the latest by {}; --watermark-delay {} would have kept all",
            duration_text(late.latest_by_s),
            late.watermark_delay_to_keep_all
        )
    });
    format!("{}{advice}", HumanCount(report.events_late))
}

/// Seconds for people, with a fraction only below one second.
fn duration_text(seconds: f64) -> String {
    let shown = if seconds < 1.0 { seconds } else { seconds.round() };
    Duration::try_from_secs_f64(shown)
        .map_or_else(|_| format!("{seconds} s"), crate::core::rules::duration_text)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::cli::page::hostile::{expect_harmless, many, values};
    use crate::report::{LateReport, Outputs, SidePaths};

    /// A file of a report, with these texts.
    pub(in crate::cli) fn file(text: &str, status: &'static str) -> FileReport {
        let source = Some(text.to_owned());
        FileReport {
            path: text.to_owned(),
            digest: text.to_owned(),
            rows: u64::MAX,
            status,
            known_bytes: 1,
            known_lines: 1,
            known_from: Some(1),
            unfinished_bytes: 1,
            replaces: Some(1),
            source,
        }
    }

    fn run(text: &str, files: Vec<FileReport>) -> RunReport {
        let some = || Some(text.to_owned());
        RunReport {
            run: Some(u64::MAX),
            status: Status::Committed,
            rejects: [(text.to_owned(), u64::MAX)].into(),
            rows_rejected: u64::MAX,
            events_late: 1,
            late: Some(LateReport { latest_by_s: f64::MAX, watermark_delay_to_keep_all: text.to_owned() }),
            decided: some(),
            outputs: Outputs {
                sessions: some(),
                late: SidePaths(vec![text.to_owned()]),
                rejects: SidePaths(vec![text.to_owned()]),
                events: some(),
                open: some(),
            },
            files,
            ..RunReport::default()
        }
    }

    #[test]
    fn runs_with_hostile_values_are_told_in_harmless_lines() {
        for text in values() {
            let report = run(&text, vec![file(&text, "known"), file(&text, "processed")]);
            expect_harmless(&run_page(&report));
            expect_harmless(&runs_page(&[report.clone(), report], &many()));
        }
        let files: Vec<_> = many().iter().map(|name| file(name, "known")).collect();
        let page = run_page(&run("", files));
        expect_harmless(&page);
        assert!(page.text().contains("\nand 69,980 more\n"));
        assert!(page.text().lines().count() < 50);
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(duration_text(510.4), "8m 30s");
        assert_eq!(duration_text(0.25), "250ms");
    }
}
