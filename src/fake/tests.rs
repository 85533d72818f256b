use super::{FakeKeys, FakeSettings, write_pageviews};
use crate::input::time::{TimeFormat, TimeParser};
use std::collections::HashMap;

const SECOND_US: i64 = 1_000_000;
const DAY_US: i64 = 86_400 * SECOND_US;
const GAP_US: i64 = 300 * SECOND_US;

fn settings() -> FakeSettings {
    FakeSettings {
        rows: 5_000,
        users: 1_000,
        days: 2,
        seed: 42,
        disorder_us: 0,
        events_per_session: 6.0,
        keys: FakeKeys::Short,
    }
}

fn written(settings: &FakeSettings) -> String {
    let mut bytes = Vec::new();
    write_pageviews(settings, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Keys and microseconds since 2020-01-01, in the order of the rows.
fn events(settings: &FakeSettings) -> Vec<(String, i64)> {
    let mut parser = TimeParser::new(&TimeFormat::Auto, chrono_tz::UTC);
    let mut event = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields.len(), 4, "{line}");
        (fields[0].to_owned(), parser.parse(fields[1].as_bytes()).unwrap().us() - 1_577_836_800_000_000)
    };
    written(settings).lines().map(&mut event).collect()
}

/// The times of each key, in order.
fn times_by_key(settings: &FakeSettings) -> HashMap<String, Vec<i64>> {
    let mut times: HashMap<String, Vec<i64>> = HashMap::new();
    for (key, us) in events(settings) {
        times.entry(key).or_default().push(us);
    }
    times
}

#[test]
fn has_exactly_the_rows_asked_for() {
    for rows in [0, 1, 2, 7, 999, 20_000] {
        for events_per_session in [0.0, 1.0, 2.5, 50.0, f64::NAN, f64::INFINITY] {
            let settings = FakeSettings { rows, events_per_session, ..settings() };
            assert_eq!(written(&settings).lines().count() as u64, rows, "{settings:?}");
        }
    }
}

#[test]
fn odd_settings_are_held_in_bounds() {
    let odd = FakeSettings { users: 0, days: 0, disorder_us: -1, rows: 100, ..settings() };
    assert!(events(&odd).iter().all(|(key, _)| key == "u1"));
    let long =
        FakeSettings { users: u64::MAX, days: u32::MAX, disorder_us: i64::MAX, rows: 100, ..settings() };
    assert_eq!(events(&long).len(), 100);
}

/// The bytes are the same on every machine, in every release: tests and figures elsewhere rest on them.
#[test]
fn the_same_seed_gives_the_same_bytes() {
    let disordered = FakeSettings { disorder_us: 60 * SECOND_US, ..settings() };
    for (settings, digest) in
        [(settings(), 4_278_327_797_053_119_878), (disordered, 14_902_325_703_003_698_145)]
    {
        let bytes = written(&settings);
        assert_eq!(bytes, written(&settings));
        assert_eq!(xxhash_rust::xxh3::xxh3_64(bytes.as_bytes()), digest, "{settings:?}");
    }
    assert_ne!(written(&settings()), written(&FakeSettings { seed: 43, ..settings() }));
}

#[test]
fn uuid_keys_stand_for_the_short_ones_and_change_nothing_else() {
    let uuids = written(&FakeSettings { keys: FakeKeys::Uuid, ..settings() });
    let mut uuid_of_user: HashMap<String, uuid::Uuid> = HashMap::new();
    for (short, long) in written(&settings()).lines().zip(uuids.lines()) {
        let ((user, rest), (text, of_long)) = (short.split_once(',').unwrap(), long.split_once(',').unwrap());
        assert_eq!(rest, of_long);
        let uuid: uuid::Uuid = text.parse().unwrap();
        assert_eq!((uuid.hyphenated().to_string().as_str(), uuid.get_version_num()), (text, 4));
        assert_eq!(*uuid_of_user.entry(user.to_owned()).or_insert(uuid), uuid);
    }
    let users = uuid_of_user.len();
    let uuids: std::collections::HashSet<uuid::Uuid> = uuid_of_user.into_values().collect();
    assert_eq!(uuids.len(), users, "no two users share one");
}

#[test]
fn rows_are_in_the_origins_layout() {
    let text = written(&FakeSettings { rows: 20_000, ..settings() });
    assert!(
        text.starts_with('u') && text.contains(",2020-01-01 ") && text.contains(",pageview,/listing/b\n")
    );
    for kind in ["pageview", "search", "add_to_cart", "purchase"] {
        assert!(text.contains(&format!(",{kind},/")), "{kind}");
    }
}

#[test]
fn rows_are_in_order_of_time_and_fill_the_days() {
    for (rows, days) in [(5_000, 2), (30_000, 1), (3_000, 30)] {
        let times: Vec<i64> =
            events(&FakeSettings { rows, days, ..settings() }).into_iter().map(|(_, us)| us).collect();
        assert!(times.is_sorted());
        let (first, last) = (times[0], times[times.len() - 1]);
        let span_us = i64::from(days) * DAY_US;
        assert!(first < span_us / 50, "{first}");
        assert!((span_us * 49 / 50..span_us + 20 * GAP_US).contains(&last), "{last}");
    }
}

#[test]
fn there_is_more_to_do_by_day_than_by_night() {
    let settings = FakeSettings { rows: 50_000, ..settings() };
    let mut by_hour = [0; 24];
    for (_, us) in events(&settings) {
        by_hour[usize::try_from(us % DAY_US / (3_600 * SECOND_US)).unwrap()] += 1;
    }
    let (night, evening) = (by_hour[3], by_hour[20]);
    assert!(night * 2 < evening && evening < night * 5, "{by_hour:?}");
}

#[test]
fn a_row_is_never_later_than_the_disorder() {
    let disorder_us = 600 * SECOND_US;
    let settings = FakeSettings { disorder_us, ..settings() };
    let rows = events(&settings);
    let (mut latest, mut furthest) = (i64::MIN, 0);
    for (_, us) in &rows {
        latest = latest.max(*us);
        furthest = furthest.max(latest - us);
    }
    assert!((disorder_us / 2..=disorder_us).contains(&furthest), "{furthest}");
    let (mut rows, mut in_order) = (rows, events(&FakeSettings { disorder_us: 0, ..settings }));
    rows.sort();
    in_order.sort();
    assert!(rows == in_order, "disorder moves rows and changes none");
}

#[test]
fn sessions_have_the_mean_length_asked_for() {
    for events_per_session in [2.0, 8.0, 20.0] {
        let rows: u32 = 100_000;
        let settings = FakeSettings {
            rows: u64::from(rows),
            users: 1_000_000,
            days: 7,
            events_per_session,
            ..settings()
        };
        let sessions: u32 = times_by_key(&settings)
            .values()
            .map(|times| 1 + times.windows(2).map(|pair| u32::from(pair[1] - pair[0] > GAP_US)).sum::<u32>())
            .sum();
        let mean = f64::from(rows) / f64::from(sessions);
        assert!((mean / events_per_session - 1.0).abs() < 0.15, "{mean} for {events_per_session}");
    }
}

#[test]
fn some_pause_is_exactly_the_gap_and_some_visit_crosses_midnight() {
    let times = times_by_key(&FakeSettings { rows: 20_000, ..settings() });
    let mut pairs = times.values().flat_map(|times| times.windows(2));
    assert!(pairs.any(|pair| pair[1] - pair[0] == GAP_US));
    let mut pairs = times.values().flat_map(|times| times.windows(2));
    assert!(pairs.any(|pair| pair[1] - pair[0] <= GAP_US && pair[0] < DAY_US && pair[1] >= DAY_US));
}

#[test]
fn few_users_make_most_of_the_visits() {
    let mut counts: Vec<usize> =
        times_by_key(&FakeSettings { rows: 50_000, ..settings() }).values().map(Vec::len).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let top_tenth: usize = counts[..100].iter().sum();
    assert!((20_000..30_000).contains(&top_tenth), "{top_tenth}");
    assert!(counts.len() > 900, "{}", counts.len());
}
