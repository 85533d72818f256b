//! The report of an inspection for people.

use super::page::{Page, Rows, listed};
use super::sketch::{add_bars, add_sparks};
use crate::core::event::key_word;
use crate::report::{FileReport, InspectReport, LedgerReport, OpenSessionReport};
use indicatif::{HumanBytes, HumanCount};

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::page::hostile::{expect_harmless, many, values};
    use crate::cli::text::tests::file;
    use crate::figures::OpenFigures;
    use crate::report::{DefinitionReport, SourceReport};

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
}
