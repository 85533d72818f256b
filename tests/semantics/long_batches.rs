//! Batches of many rounds, in every order: streaming lets go of sessions that time has passed, and an event that comes
//! back to one of them must not be lost, doubled or cut off.
//!
//! Rows carry a long last column, so that few events fill many rounds.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

use crate::oracle::OracleSession;
use crate::real_data::as_oracle;
use crate::support::Folder;

const GAP_S: i64 = 60;
/// With 3,000 rows of it a batch has six rounds of 4 MiB.
const PADDING_BYTES: usize = 8 << 10;
const FALLS_BACK: &str = "the batch does not stream";

type Events = Vec<(String, i64)>;

/// 3,000 events of `keys` keys in time order, two seconds apart: sessions of many lengths.
fn ordered(keys: &str) -> Events {
    (0..3_000_i64).map(|n| (format!("{keys}{}", (n * n / 7 + n) % 40), 1_600_000_000 + 2 * n)).collect()
}

/// Folds `events` in this order and holds the sessions against the oracle; returns what was logged.
fn fold(events: &Events, flags: &[&str]) -> String {
    let folder = Folder::new();
    let padding = "x".repeat(PADDING_BYTES);
    let rows: Vec<String> =
        events.iter().map(|(key, second)| format!("{key},{second},{padding}\n")).collect();
    folder.write("day.csv", rows.concat());
    let arguments = [&["run", "day.csv", "--key", "1", "--time", "2", "--gap", "60s"], flags].concat();
    let mut command = folder.command(&arguments);
    command.env("RUST_LOG", "info");
    let log = crate::support::Finished::of(command, b"").expect_code(0).stderr;
    folder.sessionize(&["finalize"]).expect_code(0);

    let mut found: Vec<OracleSession> = folder.sessions().iter().map(as_oracle).collect();
    found.sort();
    let events: Vec<(Vec<u8>, i64)> =
        events.iter().map(|(key, second)| (key.clone().into_bytes(), second * 1_000_000)).collect();
    let expected = crate::oracle::sessions(&events, GAP_S * 1_000_000);
    let wrong = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    assert_eq!((wrong, found.len()), (None, expected.len()));
    log
}

/// The last event of the session of `key` that begins first, which the first round ends and sweeps.
fn end_of_first_session(events: &Events, key: &str) -> i64 {
    let times =
        events.iter().filter(|(of, _)| of == key).map(|(_, second)| (key.as_bytes().to_vec(), *second));
    crate::oracle::sessions(&times.collect::<Vec<_>>(), GAP_S)[0].end_us
}

#[test]
fn ordered_events_stream() {
    assert!(!fold(&ordered("k"), &[]).contains(FALLS_BACK));
    assert!(!fold(&ordered("k"), &["--watermark-delay", "5m"]).contains(FALLS_BACK));
}

#[test]
fn an_event_that_joins_a_swept_session_makes_the_batch_be_read_again() {
    let mut events = ordered("k");
    let end = end_of_first_session(&events, "k1");
    for late_s in [-1, GAP_S] {
        events.push(("k1".into(), end + late_s));
        assert!(fold(&events, &[]).contains(FALLS_BACK));
        events.pop();
    }
}

#[test]
fn an_event_between_two_swept_sessions_is_a_session_of_its_own_or_joins_them() {
    let mut events = ordered("k");
    events.retain(|(key, _)| key != "k1");
    events.insert(0, ("k1".into(), 1_600_000_000));
    events.push(("k1".into(), 1_600_000_000 + GAP_S + 1));
    assert!(!fold(&events, &[]).contains(FALLS_BACK));
}

#[test]
fn the_logs_of_two_servers_one_behind_the_other_stream_if_no_key_is_in_both() {
    let apart = [ordered("a"), ordered("b")].concat();
    assert!(!fold(&apart, &[]).contains(FALLS_BACK));
    let shared = [ordered("a"), ordered("a")].concat();
    assert!(fold(&shared, &[]).contains(FALLS_BACK));
}

#[test]
fn events_in_no_order_at_all_are_folded_in_theirs() {
    let mut events = ordered("k");
    events.sort_by_key(|(key, second)| (second % 17, key.clone()));
    fold(&events, &[]);
    events.sort();
    fold(&events, &[]);
}

#[test]
fn under_a_rule_that_never_applies_sessions_are_let_go_of_and_missed_as_without() {
    let rule = ["--max-events", "1000000"];
    let mut events = ordered("k");
    assert!(!fold(&events, &rule).contains(FALLS_BACK));
    let end = end_of_first_session(&events, "k1");
    for late_s in [-1, GAP_S] {
        events.push(("k1".into(), end + late_s));
        assert!(fold(&events, &rule).contains(FALLS_BACK), "{late_s}");
        events.pop();
    }
    events.retain(|(key, _)| key != "k1");
    events.insert(0, ("k1".into(), 1_600_000_000));
    events.push(("k1".into(), 1_600_000_000 + GAP_S + 1));
    assert!(!fold(&events, &rule).contains(FALLS_BACK));
}
