//! Under rules too the sessions are those of the oracle, however the events were cut into batches.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod oracle;
mod support;

use oracle::rules::{AGGREGATES, RuledCase, RuledEvent, RuledSession, reach, sessions, told};
use proptest::prelude::*;
use std::collections::BTreeMap;
use support::{Folder, read_csv};

/// One minute before a midnight, so that sessions cross it.
const START: i64 = 1_577_836_740;

/// Events with how much later than their time they arrive.
type Delayed = Vec<(RuledEvent, i64)>;

fn events(most: usize) -> impl Strategy<Value = Delayed> {
    let one = (
        proptest::sample::select(vec!["a", "a", "b"]),
        prop_oneof![3 => 0_i64..4, 1 => 9_i64..12, 1 => 20_i64..40],
        proptest::sample::select(vec!["view", "view", "login", "logout", "buy"]),
        proptest::sample::select(vec!["", "/a", "/b"]),
        proptest::sample::select(vec!["", "1", "2.50", "-0.75"]),
        0_u8..5,
        0_i64..15,
    );
    proptest::collection::vec(one, 1..most).prop_map(|all| {
        let mut second = START;
        let event = |(key, step, event, path, amount, id, delay): (_, _, _, _, _, u8, _)| {
            second += step;
            let id = if id == 0 { String::new() } else { id.to_string() };
            (RuledEvent { key, second, event, path, amount, id }, delay)
        };
        all.into_iter().map(event).collect()
    })
}

fn rules() -> impl Strategy<Value = RuledCase> {
    let maybe = |range: std::ops::Range<i64>| proptest::option::of(range);
    (
        (0_i64..12, maybe(0..40), maybe(1..20), proptest::option::of(1_usize..4)),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
    )
        .prop_map(
            |((gap, buy_gap, max_duration, max_events), (path, midnight, login, logout, dedup))| RuledCase {
                gap,
                buy_gap,
                max_duration,
                max_events,
                split_on_path: path,
                midnight,
                start_on_login: login,
                end_on_logout: logout,
                dedup,
            },
        )
}

fn flags(case: &RuledCase) -> Vec<String> {
    let mut flags = vec!["--gap".to_owned(), format!("{}s", case.gap)];
    let mut add = |flag: &str, value: Option<String>| {
        if let Some(value) = value {
            flags.extend([flag.to_owned(), value]);
        }
    };
    add("--gap-by", case.buy_gap.map(|gap| format!("event:buy={gap}s")));
    add("--max-duration", case.max_duration.map(|max| format!("{max}s")));
    add("--max-events", case.max_events.map(|max| max.to_string()));
    add("--split-on", case.split_on_path.then(|| "path".to_owned()));
    add("--split-at", case.midnight.then(|| "midnight".to_owned()));
    add("--start-on", case.start_on_login.then(|| "event=login".to_owned()));
    add("--end-on", case.end_on_logout.then(|| "event=logout".to_owned()));
    add("--dedup", case.dedup.then(|| "id".to_owned()));
    for aggregate in AGGREGATES {
        add("--agg", Some(aggregate.to_owned()));
    }
    flags
}

/// Events in the order of arrival, cut into `batches`.
fn arrive(mut events: Delayed, batches: usize) -> Vec<Vec<RuledEvent>> {
    events.sort_by_key(|(event, delay)| event.second + delay);
    let arriving: Vec<RuledEvent> = events.into_iter().map(|(event, _)| event).collect();
    arriving.chunks(arriving.len().div_ceil(batches)).map(<[_]>::to_vec).collect()
}

fn file(batch: &[RuledEvent]) -> String {
    let row =
        |e: &RuledEvent| format!("{},{},{},{},{},{}\n", e.key, e.second, e.event, e.path, e.amount, e.id);
    "user,time,event,path,amount,id\n".to_owned() + &batch.iter().map(row).collect::<String>()
}

/// Runs every batch, then finalizes; returns the events that were dropped as duplicates.
fn play(folder: &Folder, batches: &[Vec<RuledEvent>], flags: &[String]) -> u64 {
    let mut duplicates = 0;
    let mut command = |arguments: &[&str]| {
        let flags: Vec<&str> = arguments.iter().copied().chain(["--format", "json"]).collect();
        let report = folder.sessionize(&flags).expect_code(0).json();
        duplicates += report["events_duplicate"].as_u64().unwrap();
    };
    for (number, batch) in batches.iter().enumerate() {
        // A row more that is no event makes files of the same content different ones.
        let name = format!("{number}.csv");
        folder.write(&name, file(batch) + &"\n".repeat(number));
        let mut arguments = vec!["run", &name, "--key", "user", "--time", "time", "--max-late", "100%"];
        arguments.extend(flags.iter().map(String::as_str));
        command(&arguments);
    }
    command(&["finalize"]);
    duplicates
}

/// A session as text, everything but its id. The last session of a key ends by its gap or by the finalize, as the watermark
/// has come: both count as the gap.
fn row(session: &RuledSession) -> Vec<String> {
    let why = session.closed_by.unwrap_or("gap");
    let mut row = vec![
        session.key.to_owned(),
        session.start.to_string(),
        session.end.to_string(),
        session.events.len().to_string(),
        why.to_owned(),
    ];
    row.extend(told(session));
    row
}

fn expected(arriving: &[RuledEvent], case: &RuledCase) -> (Vec<Vec<String>>, u64) {
    let (all, duplicates) = sessions(arriving, case);
    let mut rows: Vec<_> = all.iter().map(row).collect();
    rows.sort();
    (rows, duplicates)
}

/// Rows of all outputs of a kind, by column name.
fn rows(folder: &Folder, kind: &str) -> Vec<BTreeMap<String, String>> {
    let mut all = Vec::new();
    for content in folder.files(&format!("{}/{kind}", support::OUT)).values() {
        let text = |field: &Vec<u8>| String::from_utf8(field.clone()).unwrap();
        let mut lines = read_csv(content).into_iter();
        let header: Vec<String> = lines.next().unwrap().iter().map(text).collect();
        all.extend(lines.map(|line| header.iter().cloned().zip(line.iter().map(text)).collect()));
    }
    all
}

/// The same form as [`row`], from a row of the output.
fn found(row: &BTreeMap<String, String>) -> Vec<String> {
    let second = |name: &str| (oracle::us(&row[name]) / 1_000_000).to_string();
    let mut found = vec![
        row["user"].clone(),
        second("start"),
        second("end"),
        row["events"].clone(),
        row["closed_by"].replace("finalize", "gap"),
    ];
    let money = ["sum_amount", "min_amount", "max_amount"];
    for name in [
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
    ] {
        let value = &row[name];
        let trims = money.contains(&name) && value.contains('.');
        found.push(if trims {
            value.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            value.clone()
        });
    }
    found
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(support::stream::config(24))]

    #[test]
    fn under_rules_the_sessions_are_those_of_the_oracle(events in events(40), case in rules(), batches in 1_usize..5) {
        let batches = arrive(events, batches);
        let folder = Folder::new();
        let mut flags = flags(&case);
        flags.extend(["--lateness".to_owned(), "15s".to_owned()]);
        let duplicates = play(&folder, &batches, &flags);
        let arriving = batches.concat();
        let (rows_expected, duplicates_expected) = expected(&arriving, &case);
        let sessions: Vec<_> = rows(&folder, "sessions").iter().map(found).collect();
        prop_assert_eq!(sorted(sessions), rows_expected);
        prop_assert_eq!(duplicates, duplicates_expected);
    }

    #[test]
    fn ids_are_those_of_rule_8_and_every_event_is_emitted_once(events in events(30), case in rules(), batches in 1_usize..4) {
        let batches = arrive(events, batches);
        let folder = Folder::new();
        let mut flags = flags(&case);
        flags.extend(["--lateness", "15s", "--emit", "both"].map(str::to_owned));
        play(&folder, &batches, &flags);
        let (all, _) = sessions(&batches.concat(), &case);
        let mut expected = Vec::new();
        for session in &all {
            let id = oracle::session_id_with(session.key.as_bytes(), session.start * 1_000_000, session.ordinal);
            for (number, event) in (1..).zip(&session.events) {
                let line = file(std::slice::from_ref(event));
                let line = line.lines().nth(1).unwrap().to_owned();
                expected.push(format!("{line},{id},{number}"));
            }
        }
        let columns = ["user", "time", "event", "path", "amount", "id", "session_id", "event_number"];
        let emitted = rows(&folder, "events");
        let mut emitted: Vec<String> =
            emitted.iter().map(|row| columns.map(|column| row[column].clone()).join(",")).collect();
        expected.sort();
        emitted.sort();
        prop_assert_eq!(emitted, expected);
    }

    #[test]
    fn the_log_of_corrections_comes_to_the_sessions_of_all_accepted_events(
        events in events(40),
        case in rules(),
        batches in 1_usize..6,
        retain in 1_i64..40,
    ) {
        let batches = arrive(events, batches);
        let folder = Folder::new();
        let mut flags = flags(&case);
        flags.extend(["--late", "correct", "--retain"].map(str::to_owned));
        flags.push(format!("{retain}s"));
        play(&folder, &batches, &flags);
        let mut log: Vec<Vec<String>> = Vec::new();
        for row in rows(&folder, "sessions") {
            let session = [found(&row), vec![row["session_id"].clone()]].concat();
            if row["op"] == "insert" {
                prop_assert!(!log.contains(&session), "told twice: {session:?}");
                log.push(session);
            } else {
                let place = log.iter().position(|other| *other == session);
                prop_assert!(place.is_some(), "taken back before it was told: {session:?}");
                log.remove(place.unwrap());
            }
        }
        let accepted = accepted(&batches, retain);
        let sessions: Vec<_> = log.into_iter().map(|mut row| { row.pop(); row }).collect();
        prop_assert_eq!(sorted(sessions), expected(&accepted, &case).0);
    }
}

/// Events that are not older than the watermark before their batch by more than `retain`.
fn accepted(batches: &[Vec<RuledEvent>], retain: i64) -> Vec<RuledEvent> {
    let (mut watermark, mut accepted) = (i64::MIN / 2, Vec::new());
    for batch in batches {
        let from = watermark - retain;
        accepted.extend(batch.iter().filter(|event| event.second >= from).cloned());
        let latest = accepted.iter().map(|event| event.second).max();
        watermark = watermark.max(latest.unwrap_or(watermark));
    }
    accepted
}

#[test]
fn the_oracle_keeps_what_a_purchase_covers() {
    let event =
        |second, event| RuledEvent { key: "a", second, event, path: "", amount: "", id: String::new() };
    let case = RuledCase { gap: 5, buy_gap: Some(60), ..RuledCase::default() };
    let (all, _) = sessions(&[event(0, "buy"), event(3, "view"), event(59, "view")], &case);
    assert_eq!((all.len(), reach(&all[0], &case)), (1, 64));
}
