//! However rows are written in CSV, and however a file is cut into files and batches: the sessions are the same.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::oracle;
use crate::property_rules::ruled_stream::rows;
use crate::support::stream::{self, Event, GAP_US};
use crate::support::{Accounts, Folder, OUT};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeMap;

/// How numbers and fields are written.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a form of its own, and all are combined")]
struct Form {
    delimiter: u8,
    header: bool,
    decimal_comma: bool,
    /// Whether times are numbers.
    epoch: bool,
    /// Whether the delimiter is stated, or shown by the first file.
    stated: bool,
}

fn form() -> impl Strategy<Value = Form> {
    (select(vec![b',', b';', b'\t', b'|']), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>())
        .prop_map(|(delimiter, header, decimal_comma, epoch, stated)| Form {
            delimiter,
            header,
            decimal_comma,
            epoch,
            stated,
        })
}

impl Form {
    /// The number with so many parts in a million.
    fn number(&self, millionths: i64) -> String {
        let point = if self.decimal_comma { ',' } else { '.' };
        format!("{}{point}{:06}", millionths / 1_000_000, millionths % 1_000_000)
    }

    fn time(&self, us: i64) -> String {
        if self.epoch {
            return self.number(us);
        }
        let second = chrono::DateTime::from_timestamp(us.div_euclid(1_000_000), 0).unwrap();
        let fraction = self.number(us.rem_euclid(1_000_000));
        format!("{}{}", second.format("%Y-%m-%d %H:%M:%S"), &fraction[1..])
    }

    fn file(&self, events: &[Event]) -> Vec<u8> {
        let mut writer = csv::WriterBuilder::new().delimiter(self.delimiter).from_writer(Vec::new());
        if self.header {
            writer.write_record(["user", "ts", "paid"]).unwrap();
        }
        for event in events {
            let (time, paid) = (self.time(event.us), self.number(paid(event)));
            writer.write_record([&event.key[..], time.as_bytes(), paid.as_bytes()]).unwrap();
        }
        writer.into_inner().unwrap()
    }

    fn flags(&self) -> Vec<String> {
        let columns = if self.header {
            ["user", "ts", "sum(paid)=paid", "paid>2.5"]
        } else {
            ["1", "2", "sum(3)=paid", "3>2.5"]
        };
        let mut flags =
            vec!["--key", columns[0], "--time", columns[1], "--agg", columns[2], "--where", columns[3]];
        flags.extend(["--header", if self.header { "yes" } else { "no" }]);
        flags.extend(["--decimal", ","].into_iter().filter(|_| self.decimal_comma));
        let delimiter = char::from(self.delimiter).to_string();
        if self.stated {
            flags.extend(["--delimiter", &delimiter]);
        }
        flags.into_iter().map(str::to_owned).collect()
    }
}

/// What an event pays, in millionths.
fn paid(event: &Event) -> i64 {
    i64::try_from(event.number % 40).unwrap() * 250_000
}

/// Key, start, events and millionths paid of each session.
type Paid = Vec<(Vec<u8>, i64, u64, i64)>;

fn expected(events: &[Event]) -> Paid {
    let selected: Vec<&Event> = events.iter().filter(|event| paid(event) > 2_500_000).collect();
    let pairs: Vec<_> = selected.iter().map(|event| (event.key.clone(), event.us)).collect();
    let total = |of: &oracle::OracleSession| {
        let is_of = |event: &&&Event| event.key == of.key && (of.start_us..=of.end_us).contains(&event.us);
        selected.iter().filter(is_of).map(|event| paid(event)).sum()
    };
    let sessions = oracle::sessions(&pairs, GAP_US);
    sessions.into_iter().map(|of| (of.key.clone(), of.start_us, of.events, total(&of))).collect()
}

fn found(folder: &Folder) -> Paid {
    let mut all: Paid = rows(folder, "sessions")
        .into_iter()
        .map(|row| {
            let key = row.get("user").or_else(|| row.get("key")).unwrap().clone().into_bytes();
            let (whole, fraction) = row["paid"].split_once('.').unwrap_or((&row["paid"], ""));
            let paid = format!("{whole}{fraction:0<6}").parse().unwrap();
            (key, oracle::us(&row["session_start"]), row["event_count"].parse().unwrap(), paid)
        })
        .collect();
    all.sort();
    all
}

/// Keys are texts: the outputs are read back as such.
fn events() -> impl Strategy<Value = Vec<Event>> {
    // Without an event there is no batch, and no checkpoint.
    let some = stream::events(40).prop_filter("no events", |events| !events.is_empty());
    some.prop_map(|mut events| {
        for event in &mut events {
            event.key.retain(|&byte| byte < 0x80 && byte != 0x1E);
        }
        events
    })
}

proptest! {
    #![proptest_config(stream::config(40))]

    #[test]
    fn a_decimal_comma_and_a_delimiter_that_is_found(events in events(), form in form(), cuts in proptest::collection::vec(any::<Index>(), 0..4)) {
        let folder = Folder::in_memory();
        let mut accounts = Accounts::default();
        for (number, batch) in stream::cut(&events, &cuts).iter().enumerate() {
            let name = format!("{number}.csv");
            folder.write(&name, form.file(batch));
            let mut arguments: Vec<String> = ["run", &name, "--report", "json", "--max-rejects", "0", "--quiet"].map(str::to_owned).to_vec();
            arguments.extend(form.flags());
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let report = folder.sessionize(&arguments).expect_code(0).json();
            prop_assert_eq!(accounts.imbalance(&report), None);
        }
        folder.sessionize(&["finalize", "--quiet"]).expect_code(0);
        prop_assert_eq!(found(&folder), expected(&events));
    }
}

/// A row of a file with everything that the options are about.
#[derive(Debug, Clone)]
struct Row {
    key: [Option<usize>; 2],
    second: i64,
    number: usize,
    took: Option<i64>,
    kind: &'static str,
    note: String,
    before: Option<String>,
}

fn row() -> impl Strategy<Value = Row> {
    let key = || prop::option::weighted(0.9, 0_usize..2);
    let pause = select(vec![0, 0, 1, 59, 60, 61, 200, 300, 301, 400]);
    let took = prop::option::weighted(0.8, select(vec![0, 30, 300]));
    let kind = select(vec!["view", "ping", "buy"]);
    (
        key(),
        key(),
        pause,
        took,
        kind,
        "[ab#,;\"\\\\\n]{0,6}",
        prop::option::weighted(0.2, "[a\",; ]{0,5}"),
        0_usize..5,
    )
        .prop_map(|(user, site, second, took, kind, note, before, number)| Row {
            key: [user, site],
            second,
            number,
            took,
            kind,
            note,
            before,
        })
}

/// The options of a run, and how they are written into its files.
#[derive(Debug, Clone)]
struct Options {
    escapes: bool,
    skipped: usize,
    comments: bool,
}

impl Options {
    fn quoted(&self, text: &str) -> String {
        let escaped = if self.escapes {
            text.replace('\\', "\\\\").replace('"', "\\\"")
        } else {
            text.replace('"', "\"\"")
        };
        format!("\"{escaped}\"")
    }

    fn file(&self, rows: &[Row]) -> String {
        // What is skipped may be anything, also a quote that nothing closes.
        let mut file = "report of the \"shop\n".repeat(self.skipped);
        file.push_str("user,site,ts,n,took,kind,note\n");
        for row in rows {
            if let Some(comment) = row.before.as_ref().filter(|_| self.comments) {
                file.push_str(&["#", comment, "\n"].concat());
            }
            let part =
                |part: Option<usize>| part.map_or_else(|| "NULL".to_owned(), |part| format!("k{part}"));
            let took = row.took.map_or_else(|| "NULL".to_owned(), |took| took.to_string());
            let [user, site] = row.key.map(part);
            let note = self.quoted(&row.note);
            let fields = [
                user,
                site,
                row.second.to_string(),
                row.number.to_string(),
                took,
                row.kind.to_string(),
                note,
            ];
            file.push_str(&fields.join(","));
            file.push('\n');
        }
        file
    }

    fn flags(&self) -> Vec<String> {
        let mut flags = vec![
            "--key",
            "user,site",
            "--time",
            "ts",
            "--time-format",
            "epoch-s",
            "--null",
            "NULL",
            "--key-parts",
            "all",
        ];
        flags.extend([
            "--order-by",
            "n",
            "--duration",
            "took",
            "--where",
            "kind!=ping",
            "--having",
            "event_count>=2",
        ]);
        flags.extend([
            "--agg",
            "list(n)=order",
            "--agg",
            "last(note)=note",
            "--gap",
            "5m",
            "--max-rejects",
            "100%",
        ]);
        flags.extend(["--escape", "backslash"].into_iter().filter(|_| self.escapes));
        flags.extend(["--comment", "#"].into_iter().filter(|_| self.comments));
        let skipped = self.skipped.to_string();
        flags.extend(["--skip-lines", &skipped]);
        flags.into_iter().map(str::to_owned).collect()
    }

    /// Sessions, rejects and counts of a run for each of `files`, and a finalize.
    fn outcome(&self, files: &[&[Row]]) -> Outcome {
        let folder = Folder::in_memory();
        let mut accounts = Accounts::default();
        let mut counts = BTreeMap::new();
        let mut run = |arguments: &[&str]| {
            let report = folder
                .sessionize(&[arguments, &["--report", "json", "--quiet"]].concat())
                .expect_code(0)
                .json();
            assert_eq!(accounts.imbalance(&report), None);
            for name in
                ["rows_filtered", "rows_rejected", "events_accepted", "sessions_filtered", "events_filtered"]
            {
                *counts.entry(name).or_insert(0) += report[name].as_i64().unwrap();
            }
        };
        for (number, rows) in files.iter().enumerate() {
            let name = format!("{number}.csv");
            folder.write(&name, self.file(rows));
            let flags = self.flags();
            run(&[&["run", &name], &flags.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat());
        }
        run(&["finalize"]);
        Outcome { sessions: values(&folder, "sessions"), rejects: rejected_lines(&folder), counts }
    }
}

/// What comes out, whatever file it came from.
#[derive(Debug, PartialEq, Eq)]
struct Outcome {
    sessions: Vec<BTreeMap<String, String>>,
    rejects: Vec<String>,
    counts: BTreeMap<&'static str, i64>,
}

fn values(folder: &Folder, kind: &str) -> Vec<BTreeMap<String, String>> {
    let mut all = rows(folder, kind);
    for row in &mut all {
        if row.get("close_reason").is_some_and(|reason| reason == "finalize") {
            row.insert("close_reason".to_owned(), "gap".to_owned());
        }
    }
    all.sort();
    all
}

/// The lines of rejected rows without the place of the row: rows are verbatim, so they may be no CSV for other readers.
fn rejected_lines(folder: &Folder) -> Vec<String> {
    let mut lines = Vec::new();
    for content in folder.files(&format!("{OUT}/rejects")).values() {
        for line in String::from_utf8(content.clone()).unwrap().lines().skip(1) {
            let placed =
                line.split_once(".csv,").filter(|(file, _)| file.bytes().all(|byte| byte.is_ascii_digit()));
            let reason = placed.and_then(|(_, behind)| behind.split_once(',')).map(|(_, reason)| reason);
            lines.push(reason.unwrap_or(line).to_owned());
        }
    }
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(stream::config(24))]

    #[test]
    fn files_cut_at_any_row_come_to_what_one_file_does(
        mut drawn in proptest::collection::vec(row(), 1..40),
        cuts in proptest::collection::vec(any::<Index>(), 0..5),
        (escapes, skipped, comments) in (any::<bool>(), 0_usize..3, any::<bool>()),
    ) {
        let mut second = 1_577_836_800;
        for row in &mut drawn {
            second += row.second;
            row.second = second;
        }
        let options = Options { escapes, skipped, comments };
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(drawn.len() + 1)).chain([0, drawn.len()]).collect();
        ends.sort_unstable();
        ends.dedup();
        let files: Vec<&[Row]> = ends.windows(2).map(|ends| &drawn[ends[0]..ends[1]]).collect();
        prop_assert_eq!(options.outcome(&files), options.outcome(&[&drawn]));
    }
}
