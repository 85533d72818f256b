//! Reports for people: aligned, short, with separated thousands.

use super::page::{Page, Rows, listed};
use super::sketch::{add_bars, add_sparks};
use crate::core::event::key_word;
use crate::proposal::{Findings, gap_text};
use crate::report::{
    FileReport, InspectReport, LedgerReport, OpenSessionReport, PageReport, RejectedTimeReport, RunReport,
    Status, StatusReport,
};
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

/// The report of an inspect.
pub(super) fn inspect_page(report: &InspectReport, mut page: Page) -> Page {
    let mut rows = Rows::default();
    let Some(definition) = &report.definition else {
        page.line("the checkpoint is new: no run was committed");
        return page;
    };
    rows.add("gap", &definition.gap);
    for source in &definition.sources {
        rows.some("source", source.name.as_ref());
        rows.add("key", listed(source.key.iter().cloned(), ","));
        rows.add("time", format!("{} ({}, {})", source.time, source.time_format, source.timezone));
        rows.add("header", source.header);
    }
    for (&flag, values) in &definition.rules {
        rows.add(flag, listed(values.iter().cloned(), " "));
    }
    rows.add("watermark", watermark_text(report));
    rows.count("sessions open", report.sessions_open);
    rows.count("keys open", report.keys_open);
    rows.count("events open", report.events_open);
    rows.some("oldest open since", report.oldest_open_start.as_ref());
    rows.count("runs", report.runs);
    rows.some("not published yet", unpublished_text(report.unpublished_run).as_ref());
    rows.add("size", HumanBytes(report.bytes_on_disk).to_string());
    page.rows(&rows);
    if let Some(runs) = &report.ledger {
        page.space();
        page.line("runs");
        page.table(&RUN_COLUMNS, &runs.iter().map(ledger_row).collect::<Vec<_>>());
        if runs.len() > 1 {
            page.space();
            let values = |value: fn(&LedgerReport) -> u64| runs.iter().map(value).collect::<Vec<_>>();
            add_sparks(&mut page, "rows read", &values(|run| run.rows_read));
            add_sparks(&mut page, "sessions completed", &values(|run| run.sessions_completed));
            add_sparks(&mut page, "sessions open", &values(|run| run.sessions_open));
        }
        let filtered: Vec<[String; 4]> = runs.iter().filter_map(filtered_row).collect();
        if !filtered.is_empty() {
            page.space();
            page.line("excluded by --where and --having");
            page.table(&FILTER_COLUMNS, &filtered);
        }
    }
    if let Some(sessions) = &report.sessions {
        page.space();
        page.line("open sessions");
        page.table(&OPEN_COLUMNS, &sessions.iter().map(open_row).collect::<Vec<_>>());
    }
    if let Some(open) =
        report.open.as_ref().filter(|_| report.sessions.as_ref().is_some_and(|open| open.len() > 1))
    {
        page.space();
        add_bars(&mut page, "age, from the first event to the watermark", open.ages.iter());
        add_bars(&mut page, "events so far", open.lengths.iter());
        add_bars(&mut page, "duration so far", open.durations.iter());
    }
    page
}

/// What happens to a committed run that is not published.
pub(super) fn unpublished_text(run: Option<u64>) -> Option<String> {
    run.map(|run| format!("run {run}: the next run publishes it"))
}

fn watermark_text(report: &InspectReport) -> String {
    match (&report.watermark, &report.watermark_set_by) {
        (None, _) => "none yet".to_owned(),
        (Some(watermark), None) => watermark.clone(),
        (Some(watermark), Some(by)) => format!("{watermark}, set by {by}"),
    }
}

const RUN_COLUMNS: [&str; 9] =
    ["#run", "state", "started", "kind", "#rows", "#late", "#rejected", "#sessions", "files"];
const FILTER_COLUMNS: [&str; 4] = ["#run", "#rows_filtered", "#sessions_filtered", "#events_filtered"];
const OPEN_COLUMNS: [&str; 4] = ["session_start", "session_end", "#event_count", "key"];

fn ledger_row(run: &LedgerReport) -> [String; 9] {
    let count = |count| HumanCount(count).to_string();
    let names: Vec<String> =
        run.files.iter().map(file_text).chain(run.missing_outputs.iter().cloned()).collect();
    // Seconds are exact enough for people.
    let started = run.as_of.get(..19).map_or_else(|| run.as_of.clone(), |seconds| format!("{seconds}Z"));
    [
        run.run.to_string(),
        (if run.state_kept { "kept" } else { "" }).to_owned(),
        started,
        kind_text(run),
        count(run.rows_read),
        count(run.events_late),
        count(run.rows_rejected),
        count(run.sessions_completed),
        listed(names.into_iter(), " "),
    ]
}

/// What the filters excluded in a run, if anything.
fn filtered_row(run: &LedgerReport) -> Option<[String; 4]> {
    let LedgerReport { rows_filtered, sessions_filtered, events_filtered, .. } = run;
    let is_filtered = (*rows_filtered, *sessions_filtered, *events_filtered) != (0, 0, 0);
    is_filtered.then(|| {
        [
            run.run.to_string(),
            HumanCount(*rows_filtered).to_string(),
            sessions_filtered.to_string(),
            events_filtered.to_string(),
        ]
    })
}

fn kind_text(run: &LedgerReport) -> String {
    run.rolled_back_to.map_or_else(|| run.kind.to_owned(), |to| format!("{} to {to}", run.kind))
}

fn file_text(file: &FileReport) -> String {
    let source = file.source.as_ref().map_or_else(String::new, |source| format!(" ({source})"));
    file.path.clone() + &source
}

fn open_row(open: &OpenSessionReport) -> [String; 4] {
    let parts: Vec<String> = open.key_parts.iter().map(|part| key_word(part)).collect();
    [
        open.session_start.clone(),
        open.session_end.clone(),
        HumanCount(open.event_count).to_string(),
        parts.join(","),
    ]
}

/// Seconds for people, with a fraction only below one second.
fn duration_text(seconds: f64) -> String {
    let shown = if seconds < 1.0 { seconds } else { seconds.round() };
    Duration::try_from_secs_f64(shown)
        .map_or_else(|_| format!("{seconds} s"), crate::core::rules::duration_text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::page::hostile::{expect_harmless, many, values};
    use crate::figures::OpenFigures;
    use crate::report::{DefinitionReport, LateReport, Outputs, SidePaths, SourceReport};

    fn file(text: &str, status: &'static str) -> FileReport {
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

    fn inspected(text: &str, files: Vec<FileReport>, keys: &[Vec<u8>]) -> InspectReport {
        let some = || Some(text.to_owned());
        let source = SourceReport {
            name: some(),
            key: vec![text.to_owned(); 1_000],
            time: text.to_owned(),
            header: "yes",
            time_format: text.to_owned(),
            timezone: text.to_owned(),
            options: [("delimiter".to_owned(), text.to_owned())].into(),
        };
        let ledger = LedgerReport {
            run: u64::MAX,
            kind: "batch",
            rolled_back_to: None,
            state_kept: true,
            as_of: text.to_owned(),
            files,
            rows_read: u64::MAX,
            events_accepted: 0,
            events_late: 0,
            rows_rejected: 0,
            rows_filtered: u64::MAX,
            sessions_completed: 0,
            sessions_filtered: i64::MIN,
            events_filtered: i64::MIN,
            watermark: some(),
            missing_outputs: vec![text.to_owned(); 2],
            sessions_open: u64::MAX,
        };
        let open = |key_parts| OpenSessionReport {
            key: text.to_owned(),
            key_parts,
            session_start: text.to_owned(),
            session_end: text.to_owned(),
            event_count: u64::MAX,
        };
        InspectReport {
            format_version: 1,
            definition: Some(DefinitionReport {
                gap: text.to_owned(),
                sources: vec![source],
                rules: [("agg", vec![text.to_owned(); 1_000])].into(),
            }),
            watermark: some(),
            watermark_set_by: some(),
            runs: 1,
            last_run: None,
            unpublished_run: None,
            sessions_open: u64::MAX,
            keys_open: 0,
            events_open: 0,
            oldest_open_start: some(),
            bytes_on_disk: u64::MAX,
            sessions: Some(vec![open(keys.to_vec()), open(Vec::new())]),
            ledger: Some(vec![ledger.clone(), ledger]),
            open: Some(OpenFigures::default()),
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
    fn an_inspection_of_hostile_values_is_told_in_harmless_lines() {
        for text in values() {
            let bytes = [text.as_bytes(), b"\xff\x1b"].concat();
            let report = inspected(&text, vec![file(&text, "processed")], &[bytes, text.clone().into()]);
            expect_harmless(&inspect_page(&report, Page::default()));
        }
        let files: Vec<_> = many().iter().map(|name| file(name, "processed")).collect();
        let keys: Vec<Vec<u8>> = many().into_iter().map(String::into_bytes).collect();
        let page = inspect_page(&inspected("", files, &keys), Page::default());
        expect_harmless(&page);
        assert!(page.text().contains("more\n"));
    }

    #[test]
    fn keys_are_told_apart_and_can_be_copied_back() {
        let shown = |parts: &[&[u8]]| {
            let open = OpenSessionReport {
                key: String::new(),
                key_parts: parts.iter().map(|part| part.to_vec()).collect(),
                session_start: String::new(),
                session_end: String::new(),
                event_count: 1,
            };
            open_row(&open)[3].clone()
        };
        assert_eq!(shown(&[b"ann", b"web"]), "ann,web");
        assert_eq!(shown(&[b"ann,web"]), "'ann,web'");
        assert_eq!(shown(&[b"M\xfcller", b""]), r"$'M\xfcller',''");
        assert_eq!(shown(&["Müller".as_bytes()]), "Müller");
        assert_eq!(shown(&["M\u{fffd}ller".as_bytes()]), "'M\u{fffd}ller'");
        assert_eq!(shown(&[b"M\\xfcller"]), r"'M\xfcller'");
    }

    #[test]
    fn durations_are_short() {
        assert_eq!(duration_text(510.4), "8m 30s");
        assert_eq!(duration_text(0.25), "250ms");
    }
}
