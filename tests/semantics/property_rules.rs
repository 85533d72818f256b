//! Under rules too the sessions are those of the oracle, however the events were cut into batches.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

#[path = "../support/ruled_stream.rs"]
pub mod ruled_stream;

use crate::oracle::rules::{Dedup, RuledCase, RuledEvent, RuledSession, aggregate_values, reach, sessions};
use crate::support::Folder;
use proptest::prelude::*;
use ruled_stream::{Drawn, drawn, rows, tiny, web_file};
use std::collections::BTreeMap;

/// How the program names the columns of [`crate::oracle::rules::AGGREGATES`].
const AGGREGATE_COLUMNS: [&str; 12] = [
    "first_path",
    "last_path",
    "count",
    "count_path",
    "count_if_event_login",
    "sum_amount",
    "min_amount",
    "max_amount",
    "distinct_path",
    "list_path",
    "any_event_login",
    "median_amount",
];

/// A session as text. The last session of a key ends by its gap or by the finalize, as the watermark has come: both count
/// as the gap.
pub fn row(session: &RuledSession, case: &RuledCase) -> Vec<String> {
    let id =
        crate::oracle::session_id_with(session.key.as_bytes(), session.start * 1_000_000, session.ordinal);
    let mut row = vec![
        session.key.to_owned(),
        session.start.to_string(),
        session.end.to_string(),
        session.events.len().to_string(),
        session.close_reason.unwrap_or("gap").to_owned(),
        id.to_string(),
        session.events.iter().filter(|event| event.source == "shop").count().to_string(),
    ];
    row.extend(aggregate_values(session, case));
    row
}

/// The same form, from a row of the output.
pub fn found(row: &BTreeMap<String, String>) -> Vec<String> {
    let second = |name: &str| (crate::oracle::us(&row[name]) / 1_000_000).to_string();
    let mut found = vec![
        row["user"].clone(),
        second("session_start"),
        second("session_end"),
        row["event_count"].clone(),
        row["close_reason"].replace("finalize", "gap"),
        row["session_id"].clone(),
        row.get("of_shop").cloned().unwrap_or_else(|| "0".to_owned()),
    ];
    let plain = |name: &str, value: &String| {
        let trims = name.ends_with("_amount") && value.contains('.');
        if trims { value.trim_end_matches('0').trim_end_matches('.').to_owned() } else { value.clone() }
    };
    found.extend(AGGREGATE_COLUMNS.map(|name| plain(name, &row[name])));
    found
}

pub fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

/// The sessions that are written, and what is counted of all rows that were read.
pub fn expected(arriving: &[RuledEvent], drawn: &Drawn) -> (Vec<Vec<String>>, Counted) {
    let case = &drawn.case;
    let (all, duplicates) = sessions(arriving, case);
    let rows: Vec<_> =
        all.iter().filter(|session| case.writes(session)).map(|session| row(session, case)).collect();
    let left_out = || all.iter().filter(|session| !case.writes(session));
    let counted = Counted {
        duplicates: i64::try_from(duplicates).unwrap(),
        rows_filtered: drawn
            .batches()
            .into_iter()
            .zip(drawn.selected())
            .map(|(all, selected)| i64::try_from(all.len() - selected.len()).unwrap())
            .sum(),
        sessions_filtered: i64::try_from(left_out().count()).unwrap(),
        events_filtered: left_out().map(|session| i64::try_from(session.events.len()).unwrap()).sum(),
    };
    (sorted(rows), counted)
}

/// Sums over the reports of all runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counted {
    pub duplicates: i64,
    pub rows_filtered: i64,
    pub sessions_filtered: i64,
    pub events_filtered: i64,
}

impl Counted {
    fn add(&mut self, report: &serde_json::Value) {
        let count = |name: &str| report[name].as_i64().unwrap();
        self.duplicates += count("events_duplicate");
        self.rows_filtered += count("rows_filtered");
        self.sessions_filtered += count("sessions_filtered");
        self.events_filtered += count("events_filtered");
    }
}

/// Runs every batch with `flags`, then finalizes; returns what was counted. `after` sees the folder after each batch.
fn play(
    drawn: &Drawn,
    folder: &Folder,
    flags: &[&str],
    mut after: impl FnMut(usize) -> Result<(), TestCaseError>,
) -> Result<Counted, TestCaseError> {
    let mut counted = Counted::default();
    for (number, batch) in drawn.batches().iter().enumerate() {
        let report = drawn.run(folder, number, batch, flags);
        counted.add(&report);
        after(number)?;
    }
    let report = folder.sessionize(&["finalize", "--report", "json"]).expect_code(0).json();
    counted.add(&report);
    Ok(counted)
}

/// The lateness that keeps every event, as a flag says it.
fn lateness(drawn: &Drawn) -> String {
    format!("{}s", drawn.keeping_lateness())
}

/// What is open after events whose watermark is `watermark`, as it would be if nothing came any more: the sessions of all
/// of them without those that are complete. They are the first ones of each key.
fn open(arrived: &[RuledEvent], watermark: i64, case: &RuledCase) -> Vec<Vec<String>> {
    // Where events at one time are ordered, one that is still to come may be the first at the watermark.
    let horizon = if case.order_by { watermark - 1 } else { watermark };
    let reached: Vec<RuledEvent> = arrived.iter().filter(|event| event.second <= horizon).cloned().collect();
    let mut complete: BTreeMap<&str, usize> = BTreeMap::new();
    for session in sessions(&reached, case).0 {
        let is_complete = session.close_reason.is_some() || reach(&session, case) < watermark;
        *complete.entry(session.key).or_default() += usize::from(is_complete);
    }
    let mut rows = Vec::new();
    for session in sessions(arrived, case).0 {
        let before = complete.entry(session.key).or_default();
        if *before > 0 {
            *before -= 1;
            continue;
        }
        let close_reason = session.close_reason.or(Some("open"));
        rows.push(row(&RuledSession { close_reason, ..session }, case));
    }
    sorted(rows)
}

/// The events that are accepted, batch by batch, and the watermark after each.
pub fn accepted(drawn: &Drawn, lateness: i64, retain: i64) -> Vec<(Vec<RuledEvent>, i64)> {
    let (mut watermark, mut from, mut accepted) = (i64::MIN / 2, i64::MIN / 2, Vec::new());
    let mut after = Vec::new();
    for batch in drawn.selected() {
        accepted.extend(batch.into_iter().filter(|event| event.second >= from));
        let latest = accepted.iter().map(|event: &RuledEvent| event.second).max();
        watermark = watermark.max(latest.map_or(watermark, |latest| latest - lateness));
        from = from.max(watermark - retain);
        after.push((accepted.clone(), watermark));
    }
    after
}

/// `open/latest.csv` as it stands.
fn latest(folder: &Folder) -> Vec<Vec<String>> {
    sorted(rows(folder, "open").iter().map(found).collect())
}

proptest! {
    #![proptest_config(crate::support::stream::config(16))]

    #[test]
    fn under_rules_the_sessions_are_those_of_the_oracle_and_what_is_open_is_shown(drawn in drawn(40, true)) {
        let folder = Folder::in_memory();
        let lateness = lateness(&drawn);
        let arrived = accepted(&drawn, drawn.keeping_lateness(), 0);
        let counted = play(&drawn, &folder, &["--watermark-delay", &lateness, "--emit-open"], |number| {
            let (events, watermark) = &arrived[number];
            prop_assert_eq!(latest(&folder), open(events, *watermark, &drawn.case), "open after batch {}", number);
            Ok(())
        })?;
        let (rows_expected, counted_expected) = expected(&drawn.selected().concat(), &drawn);
        prop_assert_eq!(sorted(rows(&folder, "sessions").iter().map(found).collect()), rows_expected);
        prop_assert_eq!(counted, counted_expected);
    }

    #[test]
    fn every_event_is_emitted_once_with_the_id_of_its_session(drawn in drawn(30, false)) {
        let folder = Folder::in_memory();
        let lateness = lateness(&drawn);
        play(&drawn, &folder, &["--watermark-delay", &lateness, "--emit", "both"], |_| Ok(()))?;
        let mut expected = Vec::new();
        let all = sessions(&drawn.selected().concat(), &drawn.case).0;
        for session in all.iter().filter(|session| drawn.case.writes(session)) {
            let id = crate::oracle::session_id_with(session.key.as_bytes(), session.start * 1_000_000, session.ordinal);
            for (number, event) in (1..).zip(&session.events) {
                let line = web_file(std::slice::from_ref(event));
                let line = line.lines().nth(1).unwrap().to_owned();
                expected.push(format!("{line},{id},{number}"));
            }
        }
        let columns =
            ["user", "time", "event", "path", "amount", "id", "pause", "lasts", "session_id", "event_number"];
        let emitted = rows(&folder, "events");
        let mut emitted: Vec<String> =
            emitted.iter().map(|row| columns.map(|column| row[column].clone()).join(",")).collect();
        expected.sort();
        emitted.sort();
        prop_assert_eq!(emitted, expected);
    }

    #[test]
    fn files_that_are_put_in_order_by_their_first_event_come_to_the_same(
        drawn in drawn(30, false),
        names in Just((0..5).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let first = |batch: Vec<RuledEvent>| batch.iter().map(|event| event.second).min();
        let starts: Vec<i64> = drawn.selected().into_iter().filter_map(first).collect();
        prop_assume!(drawn.has_ordered_batches() && starts.is_sorted_by(|one, next| one < next));
        let folder = Folder::in_memory();
        for (number, batch) in drawn.batches().iter().enumerate() {
            // Blank lines, which are no rows, make files of the same content different ones.
            folder.write(&format!("{}.csv", names[number]), web_file(batch) + &"\n".repeat(number));
        }
        let mut files: Vec<String> =
            names.iter().take(drawn.batches().len()).map(|name| format!("{name}.csv")).collect();
        files.sort();
        let flags = drawn.flags();
        let words = ["run", "--each", "--file-order", "time", "--max-late", "0", "--key", "user", "--time", "time"];
        let words = words.into_iter().chain(["--report", "json", "--quiet"]);
        let all = words.chain(files.iter().map(String::as_str)).chain(flags.iter().map(String::as_str));
        folder.sessionize(&all.collect::<Vec<_>>()).expect_code(0);
        folder.sessionize(&["finalize", "--report", "json"]).expect_code(0);
        let (rows_expected, _) = expected(&drawn.selected().concat(), &drawn);
        prop_assert_eq!(sorted(rows(&folder, "sessions").iter().map(found).collect()), rows_expected);
    }

    #[test]
    fn the_log_of_corrections_comes_to_the_sessions_of_all_accepted_events(
        drawn in drawn(40, true),
        retain in 1_i64..40,
    ) {
        let folder = Folder::in_memory();
        let retain = retain * drawn.unit();
        let (lateness, retained) = (format!("{}s", drawn.lateness), format!("{retain}s"));
        let flags = ["--allowed-lateness", &retained, "--watermark-delay", &lateness, "--emit-open"];
        let accepted = accepted(&drawn, drawn.lateness, retain);
        let counted = play(&drawn, &folder, &flags, |number| {
            let (events, watermark) = &accepted[number];
            prop_assert_eq!(latest(&folder), open(events, *watermark, &drawn.case), "open after batch {}", number);
            Ok(())
        })?;
        let mut log: Vec<Vec<String>> = Vec::new();
        for row in rows(&folder, "sessions") {
            let session = found(&row);
            if row["op"] == "insert" {
                prop_assert!(!log.contains(&session), "inserted twice: {session:?}");
                log.push(session);
            } else {
                let place = log.iter().position(|other| *other == session);
                prop_assert!(place.is_some(), "retracted before it was inserted: {session:?}");
                log.remove(place.unwrap());
            }
        }
        let (rows_expected, counted_expected) = expected(&accepted.last().unwrap().0, &drawn);
        prop_assert_eq!(sorted(log), rows_expected);
        prop_assert_eq!(counted, counted_expected);
    }
}

proptest! {
    #![proptest_config(crate::support::stream::config(128))]

    #[test]
    fn what_is_a_duplicate_hangs_on_times_and_not_on_the_order_of_rows(drawn in tiny()) {
        let folder = Folder::in_memory();
        let counted = play(&drawn, &folder, &["--watermark-delay", "0s"], |_| Ok(()))?;
        let (rows_expected, counted_expected) = expected(&drawn.batches().concat(), &drawn);
        prop_assert_eq!(sorted(rows(&folder, "sessions").iter().map(found).collect()), rows_expected);
        prop_assert_eq!(counted, counted_expected);
    }
}

fn at(second: i64, event: &'static str) -> RuledEvent {
    RuledEvent {
        key: "a",
        second,
        source: "web",
        event,
        path: "",
        amount: "",
        id: String::new(),
        pause: None,
        lasts: None,
    }
}

#[test]
fn the_oracle_keeps_what_a_purchase_covers() {
    let case = RuledCase { gap: 5, buy_gap: Some(60), ..RuledCase::default() };
    let (all, _) = sessions(&[at(0, "buy"), at(3, "view"), at(59, "view")], &case);
    assert_eq!((all.len(), reach(&all[0], &case)), (1, 64));
}

#[test]
fn the_oracle_knows_a_midnight_that_comes_twice() {
    // In 2006 the clocks of St. John's went back from 00:01 to 23:01: 02:30 and 03:30 UTC are both midnight of the 29th.
    let second = |text| crate::oracle::us(text) / 1_000_000;
    let times =
        ["2006-10-29T02:29:59Z", "2006-10-29T02:30:00Z", "2006-10-29T03:29:00Z", "2006-10-29T03:30:00Z"];
    let events = times.map(|text| at(second(text), "view"));
    let midnight = Some(chrono_tz::America::St_Johns);
    let case = RuledCase { gap: 7200, midnight, dedup: Dedup::Row, ..RuledCase::default() };
    let starts: Vec<i64> = sessions(&events, &case).0.iter().map(|session| session.start).collect();
    assert_eq!(starts, [second(times[0]), second(times[1])]);
}
