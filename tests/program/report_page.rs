//! `report`: what the page of figures shows. The figures follow from the few rows of each test, and each is read from the tables of the
//! page, as a screen reader would.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "reads the page, and removes outputs")]

use crate::support::{Finished, Folder, OUT, output_name};
use serde_json::json;
use std::fs;

/// Two days and a finalize, with a gap of half an hour: five sessions, of which three have one event; a rejected row on the first day
/// and a late event on the second.
const DAY_1: &str = "ann,2020-01-01 10:00:00\nann,2020-01-01 10:10:00\nbob,2020-01-01 11:00:00\ncat,soon\nann,2020-01-01 23:50:00\n";
const DAY_2: &str =
    "ann,2020-01-02 09:00:00\nbob,2020-01-02 09:30:00\nbob,2020-01-02 09:31:00\ncat,2020-01-01 10:00:00\n";

fn run(folder: &Folder, day: u32, rows: &str, flags: &[&str]) -> Finished {
    let name = format!("day-{day}.csv");
    folder.write(&name, rows);
    let now = format!("--now=2020-01-{:02}T02:00:00Z", day + 1);
    let run = ["run", "--batch", &name, "--gap=30m", "--max-rejects=9", "--max-late=9", &now];
    folder.sessionize(&[&run[..], flags].concat()).expect_code(0)
}

fn after_two_days(flags: &[&str]) -> Folder {
    let folder = Folder::in_memory();
    run(&folder, 1, DAY_1, flags);
    run(&folder, 2, DAY_2, flags);
    let outputs: Vec<&str> = flags.iter().copied().filter(|flag| !flag.starts_with("--emit")).collect();
    folder.sessionize(&[&["finalize", "--now=2020-01-03T03:00:00Z"], &outputs[..]].concat()).expect_code(0);
    folder
}

/// The page that these flags make, and the report about it.
fn page(folder: &Folder, flags: &[&str]) -> (String, serde_json::Value) {
    let report = ["report", "--now=2020-01-04T00:00:00Z", "--report=json"];
    let finished = folder.sessionize(&[&report[..], flags].concat()).expect_code(0);
    assert_eq!(finished.stderr, "");
    (fs::read_to_string(folder.path("sessionize-report.html")).unwrap(), finished.json())
}

/// The rows of the tables of the page, each with its cells joined by `|`, between these two texts.
fn rows_between(page: &str, from: &str, to: &str) -> Vec<String> {
    let (_, behind) = page.split_once(from).unwrap_or_else(|| panic!("no {from} in the page"));
    let (part, _) = behind.split_once(to).unwrap_or_else(|| panic!("no {to} behind {from}"));
    let row = |row: &str| {
        let cells = row.split("</t").filter_map(|cell| Some(cell.rsplit_once('>')?.1.trim()));
        cells.filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join("|")
    };
    part.split("<tr>").skip(1).map(row).filter(|row| !row.is_empty()).collect()
}

fn card(page: &str, name: &str) -> String {
    let (_, behind) = page.split_once(&format!("<dt>{name}</dt><dd>")).unwrap();
    behind.split_once("</dd>").unwrap().0.to_owned()
}

#[test]
fn the_tables_have_the_figures_that_follow_from_the_rows() {
    let folder = after_two_days(&[]);
    let (page, report) = page(&folder, &[]);
    let expected = json!({
        "file": "sessionize-report.html", "sessions": 5, "events": 7, "users": 2, "users_estimated": false, "runs": 3, "left_out": [],
    });
    assert_eq!(report, expected);
    for (name, value) in [
        ("Sessions", "5"),
        ("Events in them", "7"),
        ("Users", "2"),
        ("Bounces (one event)", "60.0 %"),
        ("Events per session", "1.4"),
        ("Mean duration", "2m 12s"),
        ("Open sessions now", "0"),
        ("Late events", "1 (11.1 %)"),
        ("Rejected rows", "1 (11.1 %)"),
    ] {
        assert_eq!(card(&page, name), value, "{name}");
    }
    let hours = rows_between(&page, "Table: sessions, events and users by hour</summary>", "</details>");
    assert_eq!(hours.len(), 1 + 24, "a heading, and every hour from the first to the last");
    assert_eq!(hours[0], "Begins (hour)|Sessions|Events|Users");
    assert_eq!(hours[1], "2020-01-01 10:00|1|2|1");
    assert_eq!(hours[3], "2020-01-01 12:00|0|0|0");
    assert_eq!(hours[24], "2020-01-02 09:00|2|3|2");
    let of_day = rows_between(&page, "users by hour of the day</summary>", "</details>");
    assert_eq!((of_day.len(), of_day[10].as_str(), of_day[24].as_str()), (25, "09:00|2|3|2", "23:00|1|1|1"));
    let lengths = rows_between(&page, "<figcaption>Events per session", "</figure>");
    assert_eq!(lengths, ["Events|Sessions|Share", "1|3|60.0 %", "2|2|40.0 %"]);
    let durations = rows_between(&page, "<figcaption>Duration of sessions", "</figure>");
    assert_eq!(durations[1], "0|3|60.0 %");
    assert_eq!(durations[4], "to 1 min|1|20.0 %");
    assert_eq!(durations[6], "to 10 min|1|20.0 %");
    let reasons = rows_between(&page, "<figcaption>Why sessions ended", "</figure>");
    assert_eq!(reasons, ["close_reason|Sessions|Share", "gap|4|80.0 %", "finalize|1|20.0 %"]);
    let lost = rows_between(&page, "<figcaption>Late and rejected rows by reason", "</figure>");
    assert_eq!(lost, ["Reason|Rows|Share", "time|1|50.0 %", "late|1|50.0 %"]);
    let runs = rows_between(&page, "late and rejected rows by run</summary>", "</details>");
    let expected = [
        "Run|Started|Open sessions|Open events|Watermark lag|Rows read|Late events|Rejected rows",
        "run 1|2020-01-02 02:00:00|1|1|2h 10m|5|0|1",
        "run 2|2020-01-03 02:00:00|1|2|16h 29m|4|1|0",
    ];
    assert_eq!(runs[..3], expected);
    let slowest = rows_between(&page, "<figcaption>The slowest runs by phase", "</figure>");
    assert_eq!(
        slowest.iter().filter(|row| row.starts_with("run ")).count(),
        6,
        "three, in two tables: {slowest:?}"
    );
    assert!(!page.contains("are not known"));
}

#[test]
fn every_format_and_division_gives_the_same_page() {
    let without_times = |page: String| page.split_once("<section id=\"time\"").unwrap().0.to_owned();
    let expected = without_times(page(&after_two_days(&[]), &[]).0);
    let mut forms = vec![
        vec!["--output-format=jsonl"],
        vec!["--output-format=jsonl", "--output-compression=zstd"],
        vec!["--partition-by=date"],
        vec!["--partition-by=date", "--output-compression=gzip"],
    ];
    if cfg!(feature = "parquet") {
        forms.push(vec!["--output-format=parquet"]);
        forms.push(vec!["--output-format=parquet", "--partition-by=date"]);
    }
    for flags in forms {
        let (page, report) = page(&after_two_days(&flags), &[]);
        assert_eq!(report["left_out"], json!([]), "{flags:?}");
        assert_eq!(without_times(page), expected, "{flags:?}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let folder = after_two_days(&[]);
    fs::remove_file(folder.path(&output_name("sessions", 1))).unwrap();
    let changed = folder.path(&output_name("sessions", 2));
    fs::write(&changed, fs::read_to_string(&changed).unwrap().replace("gap", "cap")).unwrap();
    let (page_of_both, report) = page(&folder, &[]);
    assert_eq!(
        report["left_out"],
        json!([
            "2 sessions of sessions/run-00000001.csv: the file is gone.",
            "All sessions of sessions/run-00000002.csv: its digest is not that of its manifest.",
        ])
    );
    assert!(page_of_both.contains("<li>2 sessions of sessions/run-00000001.csv: the file is gone.</li>"));
    assert_eq!(card(&page_of_both, "Sessions"), "1");
    fs::remove_file(folder.path(&format!("{OUT}/manifests/run-00000001.json"))).unwrap();
    fs::write(folder.path(&format!("{OUT}/manifests/run-00000002.json")), "{").unwrap();
    let left_out = page(&folder, &[]).1["left_out"].clone();
    assert_eq!(left_out[0], "2 sessions of run 1: it has no manifest in the output folder.");
    assert!(
        left_out[1].as_str().unwrap().starts_with("All sessions of manifests/run-00000002.json: "),
        "{left_out}"
    );
    let finished = folder.sessionize(&["report", "--to=p.html"]).expect_code(0);
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(lines[0], "p.html: sessions 1, runs 3");
    assert_eq!(lines[1], "not in it: 2 sessions of run 1: it has no manifest in the output folder.");
}

#[test]
fn pruned_runs_and_runs_that_emit_events_only_are_named() {
    let folder = after_two_days(&["--keep-generations=1"]);
    folder.sessionize(&["prune", "--older-than=1d", "--now=2030-01-01", "--unfollowed"]).expect_code(0);
    let (_, report) = page(&folder, &[]);
    let note = report["left_out"][0].as_str().unwrap();
    assert!(note.starts_with("4 sessions of the runs up to 2: their outputs were pruned."), "{note}");
    assert_eq!((&report["sessions"], report["left_out"].as_array().unwrap().len()), (&json!(1), 1));
    let folder = after_two_days(&["--emit=events"]);
    let (page_of_events, report) = page(&folder, &[]);
    assert_eq!(
        report["left_out"],
        json!([
            "2 sessions of run 1: it has published their events, and no sessions.",
            "2 sessions of run 2: it has published their events, and no sessions.",
            "1 session of run 3: it has published their events, and no sessions.",
        ])
    );
    assert!(page_of_events.contains("There is no completed session to show"));
}

#[test]
fn what_a_rollback_or_a_correction_has_taken_back_does_not_count() {
    let folder = after_two_days(&[]);
    folder.sessionize(&["rollback", "--to-run=1", "--now=2020-01-04T00:00:00Z"]).expect_code(0);
    let (_, report) = page(&folder, &[]);
    assert_eq!(
        (&report["sessions"], &report["runs"], &report["left_out"]),
        (&json!(2), &json!(2), &json!([]))
    );

    let folder = Folder::in_memory();
    let flags = ["--allowed-lateness=3d"];
    run(&folder, 1, "ann,2020-01-01 10:00:00\nann,2020-01-01 11:00:00\nbob,2020-01-01 12:00:00\n", &flags);
    // Joins the two sessions of ann, whose rows are retracted.
    run(&folder, 2, "ann,2020-01-01 10:30:00\n", &flags);
    let (page, report) = page(&folder, &[]);
    assert_eq!((&report["sessions"], &report["events"], &report["users"]), (&json!(1), &json!(3), &json!(1)));
    let hours = rows_between(&page, "Table: sessions, events and users by hour</summary>", "</details>");
    assert_eq!(hours[1..], ["2020-01-01 10:00|1|3|1"]);
    assert_eq!(rows_between(&page, "<figcaption>Events per session", "</figure>")[3], "3|1|100.0 %");
}

#[test]
fn a_zone_and_a_period_choose_hours_and_sessions() {
    let folder = after_two_days(&[]);
    let (page_of_zone, _) = page(&folder, &["--timezone=America/New_York"]);
    let hours =
        rows_between(&page_of_zone, "Table: sessions, events and users by hour</summary>", "</details>");
    assert_eq!(hours[1], "2020-01-01 05:00|1|2|1");
    assert!(page_of_zone.contains("all times in America/New_York"));
    let (of_period, report) =
        page(&folder, &["--since=2020-01-01T11:00:00Z", "--until=2020-01-02T09:30:00Z"]);
    assert_eq!((&report["sessions"], &report["runs"]), (&json!(3), &json!(1)));
    assert!(
        of_period
            .contains("<title>Sessions: from 2020-01-01 11:00:00 until before 2020-01-02 09:30:00</title>")
    );
    assert_eq!(card(&of_period, "Rejected rows"), "1 (20.0 %)");
}

#[test]
fn years_of_days_have_longer_pieces_and_no_session_is_lost() {
    let folder = Folder::in_memory();
    let day = |day: u32| format!("user-{},{}\n", day % 7, 1_420_070_400_u64 + u64::from(day) * 86_400);
    for (days, unit, pieces) in [(30, "day", 29), (402, "month", 14), (4_000, "month", 132)] {
        folder.write("years.csv", (0..days).map(day).collect::<String>());
        let folders = [format!("--state=s-{days}"), format!("--out=o-{days}")];
        let flags = [folders[0].as_str(), folders[1].as_str()];
        folder.sessionize(&[&["run", "--batch", "years.csv"], &flags[..]].concat()).expect_code(0);
        let (page, report) = page(&folder, &flags);
        assert_eq!(report["sessions"], json!(days - 1));
        let name = format!("Table: sessions, events and users by {unit}</summary>");
        let rows = rows_between(&page, &name, "</details>");
        assert_eq!(rows.len(), 1 + pieces, "{days} days");
        let sum: u32 =
            rows[1..].iter().map(|row| row.split('|').nth(1).unwrap().parse::<u32>().unwrap()).sum();
        assert_eq!(sum, days - 1);
    }
}

#[test]
fn a_page_without_sessions_says_so() {
    let folder = Folder::in_memory();
    run(&folder, 1, "ann,2020-01-01 10:00:00\n", &[]);
    let (page, report) = page(&folder, &[]);
    assert_eq!((&report["sessions"], &report["runs"]), (&json!(0), &json!(1)));
    for text in [
        "There is no completed session to show",
        "No row was late, and none was rejected.",
        "<dt>Mean duration</dt><dd>–</dd>",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(rows_between(&page, "<figcaption>Age: ", "</figure>")[1], "0|1|100.0 %");
    let nothing = page_of_no_runs(&folder);
    assert!(nothing.contains("No run started in this period."));
}

fn page_of_no_runs(folder: &Folder) -> String {
    page(folder, &["--until=2019-01-01"]).0
}

#[test]
fn nothing_that_comes_from_outside_becomes_markup_and_nothing_comes_from_a_network() {
    let folder = Folder::in_memory();
    let hostile = "\"<script>alert('a')</script>\"";
    folder.write("h.csv", format!("{hostile},ts,x\nann,2020-01-01 10:00:00,1\nann,2020-01-02 10:00:00,2\n"));
    let hostile = "--where=x!=a<img src=x onerror=alert(1)>";
    folder.sessionize(&["run", "--batch", "h.csv", "--key=1", "--time=ts", hostile]).expect_code(0);
    fs::remove_file(folder.path(&output_name("sessions", 1))).unwrap();
    let (page, _) = page(&folder, &[]);
    assert!(page.contains("a&lt;img src=x onerror=alert(1)&gt;"), "the name is on the page");
    for markup in
        ["<script", "<img", "javascript:", "http:", "https:", "url(", "@import", "src=\"", " onload="]
    {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("Content-Security-Policy\" content=\"default-src 'none';"));
    let opened =
        |name: &str| page.matches(&format!("<{name}")).count() == page.matches(&format!("</{name}>")).count();
    for name in ["section", "figure", "table", "details", "svg", "ul", "dl", "tbody", "h2"] {
        assert!(opened(name), "{name} is not closed");
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_a_page_that_cannot_be_written_is_said() {
    let folder = after_two_days(&[]);
    let said = |flags: &[&str], code: i32| {
        folder.sessionize(&[&["report"], flags].concat()).expect_code(code).stderr
    };
    let same = said(&["--since=2020-01-02", "--until=2020-01-02"], 2);
    assert!(
        same.starts_with(
            "sessionize: --until 2020-01-02T00:00:00Z is not after --since 2020-01-02T00:00:00Z; "
        ),
        "{same}"
    );
    assert!(said(&["--timezone=Mars"], 2).contains("not an IANA name"));
    let unwritten = said(&["--to=none/p.html"], 1);
    assert!(unwritten.starts_with("sessionize: none/p.html: cannot write the page: "), "{unwritten}");
    assert!(said(&["--state=typo", "--out=typo-out"], 1).contains("there is no checkpoint here"));
    folder.write("p.html", "before");
    said(&["--to=p.html", "-q"], 0);
    assert!(fs::read_to_string(folder.path("p.html")).unwrap().starts_with("<!DOCTYPE html>"));
    let left: Vec<_> =
        folder.files("").into_keys().filter(|path| path.to_str().unwrap().contains("partial")).collect();
    assert!(left.is_empty(), "{left:?}");
}
