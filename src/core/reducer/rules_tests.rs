//! Eviction under rules: what it lets go of, and what it notices.

use super::*;
use crate::core::event::push_value;
use crate::core::partition::KeyHash;
use crate::core::rules::{RuleFlag, RuleTexts};
use proptest::prelude::*;

type Emitted = (String, i64, i64, u32, u64, CloseReason);

fn at(us: i64) -> Timestamp {
    Timestamp::from_us(us).unwrap()
}

fn flag(name: &str) -> RuleFlag {
    RuleFlag::named(name).unwrap()
}

fn rules(flags: &[(RuleFlag, &str)]) -> Arc<RuleSet> {
    let mut texts = RuleTexts::default();
    for (flag, value) in flags {
        texts.set(*flag, vec![(*value).to_owned()]);
    }
    Arc::new(RuleSet::compile(&texts, Gap::from_us(10), Some(chrono_tz::UTC)).unwrap())
}

/// A reducer together with what it has emitted.
struct Folding {
    reducer: RuleReducer,
    emitted: Vec<Emitted>,
}

impl Folding {
    fn new(flags: &[(RuleFlag, &str)]) -> Self {
        Self { reducer: RuleReducer::new(rules(flags)), emitted: Vec::new() }
    }

    fn with<T>(
        &mut self,
        act: impl FnOnce(&mut RuleReducer, &mut dyn FnMut(CompletedSession<'_>)) -> T,
    ) -> T {
        let emitted = &mut self.emitted;
        act(&mut self.reducer, &mut |session| {
            let key = String::from_utf8_lossy(session.key).into_owned();
            let (start, end) = (session.start.us(), session.end.us());
            emitted.push((key, start, end, session.ordinal, session.events, session.close_reason));
        })
    }

    fn take(&mut self, (key, us, value): (&str, i64, &str), horizon: i64) -> Result<(), OutOfOrder> {
        let (key, mut payload) = (key.as_bytes(), Vec::new());
        // Where events are emitted under other rules, the second value is the row.
        assert!(push_value(&mut payload, value.as_bytes()) && push_value(&mut payload, value.as_bytes()));
        let table_hash = KeyHash::of(key).table();
        let event = Event { key, table_hash, time: at(us), payload: &payload };
        self.with(|reducer, mut emitted| reducer.take(event, Watermark::at(at(horizon)), &mut emitted))
    }

    fn advance(&mut self, horizon: i64) -> Result<(), OutOfOrder> {
        self.with(|reducer, mut emitted| reducer.advance(Watermark::at(at(horizon)), &mut emitted))
    }

    fn evict_expired(&mut self, safe_watermark: i64) {
        self.with(|reducer, mut emitted| {
            reducer.evict_expired(Watermark::at(at(safe_watermark)), &mut emitted);
        });
    }

    fn keys(&self) -> usize {
        self.reducer.table.len()
    }

    /// Everything that was emitted when all is closed, sorted.
    fn all(mut self) -> Result<Vec<Emitted>, OutOfOrder> {
        self.with(|reducer, mut emitted| {
            reducer.advance(Watermark::at(Timestamp::MAX), &mut emitted)?;
            reducer.close_passed(Watermark::at(Timestamp::MAX), &mut emitted);
            Ok(())
        })?;
        self.emitted.sort_by(|one, other| (&one.0, one.1, one.3).cmp(&(&other.0, other.1, other.3)));
        Ok(self.emitted)
    }
}

/// `a` was evicted, whose purchase at 0 reaches to 30; `b` is open.
fn evicted() -> Folding {
    let mut folding = Folding::new(&[(RuleFlag::GapBy, "1:buy=30us")]);
    for event in [("a", 0, "buy"), ("a", 5, ""), ("b", 50, "")] {
        folding.take(event, 100).unwrap();
    }
    folding.evict_expired(31);
    assert_eq!(folding.emitted, [("a".into(), 0, 5, 0, 2, CloseReason::Gap)]);
    assert_eq!(folding.keys(), 1);
    folding
}

#[test]
fn what_an_evicted_session_covered_is_remembered() {
    assert_eq!(evicted().take(("a", 30, ""), 100), Err(OutOfOrder), "it would have joined");
    assert_eq!(evicted().take(("a", 3, ""), 100), Err(OutOfOrder), "before its end");
    assert_eq!(evicted().take(("a", 31, ""), 100), Ok(()));
    assert_eq!(evicted().take(("c", 3, ""), 100), Ok(()), "a key that was never evicted");
}

#[test]
fn a_session_that_an_event_still_reaches_stays() {
    let mut folding = Folding::new(&[(RuleFlag::GapBy, "1:buy=30us")]);
    folding.take(("a", 0, "buy"), 100).unwrap();
    folding.evict_expired(30);
    assert_eq!((folding.emitted.len(), folding.keys()), (0, 1));
}

#[test]
fn once_evicted_sessions_are_forgotten_every_session_before_them_is_out_of_order() {
    let mut folding = evicted();
    folding.reducer.forget_tombstones();
    assert_eq!(folding.take(("c", 31, ""), 100), Ok(()));
    assert_eq!(folding.take(("d", 30, ""), 100), Err(OutOfOrder));
}

#[test]
fn what_a_split_has_ended_at_the_same_instant_stays_with_the_open_session() {
    let mut folding = Folding::new(&[(RuleFlag::GapBy, "1:buy=30us"), (flag("max-events"), "1")]);
    for value in ["", "buy"] {
        folding.take(("a", 5, value), 100).unwrap();
    }
    folding.evict_expired(20);
    folding.take(("a", 5, ""), 100).unwrap();
    let ordinals: Vec<u32> = folding.all().unwrap().iter().map(|emitted| emitted.3).collect();
    assert_eq!(ordinals, [0, 1, 2]);
}

#[test]
fn a_key_with_held_events_survives_and_keeps_them() {
    let mut folding = Folding::new(&[(flag("max-events"), "9")]);
    for event in [("x", 0, ""), ("a", 1, ""), ("b", 2, ""), ("b", 40, ""), ("a", 41, "")] {
        folding.take(event, 30).unwrap();
    }
    folding.evict_expired(30);
    assert_eq!((folding.emitted.len(), folding.keys()), (3, 2));
    let emitted = folding.all().unwrap();
    let starts: Vec<(&str, i64)> = emitted.iter().map(|emitted| (&emitted.0[..], emitted.1)).collect();
    assert_eq!(starts, [("a", 1), ("a", 41), ("b", 2), ("b", 40), ("x", 0)]);
}

#[test]
fn rows_count_as_memory_as_long_as_their_session_is_open() {
    let mut folding = Folding::new(&[(RuleFlag::Emit, "events"), (flag("max-events"), "2")]);
    let bytes = |folding: &Folding| folding.reducer.bytes_of_rows;
    // Each row has its length before it.
    for (event, expected) in
        [(("a", 0, "123"), 4 + 3), (("a", 1, "4567"), 8 + 7), (("a", 2, "89"), 4 + 2), (("b", 2, "0"), 8 + 3)]
    {
        folding.take(event, 100).unwrap();
        assert_eq!(bytes(&folding), expected);
    }
    let mut other = RuleReducer::new(Arc::clone(&folding.reducer.rules));
    folding.reducer.open_state(|of_key| {
        let table_hash = KeyHash::of(of_key.key).table();
        other.restore(of_key.key, table_hash, of_key.state.clone(), std::iter::empty());
    });
    assert_eq!(other.bytes_of_rows, 8 + 3, "those of an earlier run too");
    folding.take(("b", 13, ""), 100).unwrap();
    folding.evict_expired(13);
    assert_eq!(bytes(&folding), 4, "the length of an empty row, in a session that is open");
}

#[test]
fn the_row_of_a_duplicate_is_not_kept() {
    let mut folding =
        Folding::new(&[(RuleFlag::Emit, "events"), (RuleFlag::Dedup, "1"), (flag("end-on"), "1=out")]);
    for (us, value, bytes) in [(0, "x", 4 + 1), (0, "x", 4 + 1), (1, "out", 0)] {
        folding.take(("a", us, value), 100).unwrap();
        assert_eq!(folding.reducer.bytes_of_rows, bytes);
    }
    assert_eq!(folding.reducer.duplicates, 1);
}

proptest! {
    // A dropped duplicate that hides an event before it comes up once in 200 cases.
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// An order that is not that of time is noticed, or makes no difference. Few events, because the first that is noticed
    /// hides all that is not.
    #[test]
    fn events_out_of_order_change_nothing_or_are_noticed(
        events in proptest::collection::vec((0_i64..15, 0_usize..4), 2..6),
        most in proptest::option::of(1_usize..4),
        starts in any::<bool>(),
        ends in any::<bool>(),
    ) {
        let most = most.map(|most| most.to_string());
        let mut flags = vec![(RuleFlag::Dedup, "1"), (RuleFlag::GapBy, "1:buy=30us")];
        flags.extend(most.as_deref().map(|most| (flag("max-events"), most)));
        flags.extend(starts.then_some((flag("start-on"), "1=in")));
        flags.extend(ends.then_some((flag("end-on"), "1=out")));
        let fold = |events: &[(i64, usize)]| -> Result<_, OutOfOrder> {
            let mut folding = Folding::new(&flags);
            for &(us, value) in events {
                folding.take(("a", us, ["in", "buy", "out", "view"][value]), 100)?;
            }
            Ok((folding.reducer.duplicates, folding.all()?))
        };
        let mut ordered = events.clone();
        ordered.sort_by_key(|(us, _)| *us);
        let expected = fold(&ordered);
        prop_assert!(expected.is_ok(), "what is in order is no mistake");
        let found = fold(&events);
        prop_assert!(found.is_err() || found == expected, "{:?} instead of {:?}", found, expected);
    }

}

proptest! {
    /// A evict_expired is a guess: right or noticed.
    #[test]
    fn evictions_change_nothing_or_are_noticed(
        steps in proptest::collection::vec((0_usize..3, -3_i64..9, 0_usize..3, proptest::option::of(0_i64..30)), 1..40),
        splits in any::<bool>(),
        lateness in 0_i64..20,
    ) {
        let mut flags = vec![(RuleFlag::GapBy, "1:buy=30us"), (flag("end-on"), "1=out")];
        flags.extend(splits.then_some((flag("max-events"), "2")));
        let (mut evicting, mut plain) = (Folding::new(&flags), Folding::new(&flags));
        let (mut latest, mut until, mut was_wrong) = (0, 0, false);
        let (mut noticed, mut disordered) = (false, false);
        for (key, step, value, evict_expired) in steps {
            let us = (latest + step).max(0);
            latest = latest.max(us);
            was_wrong |= us < until;
            let event = (["a", "b", "c"][key], us, ["", "buy", "out"][value]);
            let horizon = (latest - lateness).max(0);
            disordered |= plain.take(event, horizon).is_err() || plain.advance(horizon).is_err();
            noticed |= evicting.take(event, horizon).is_err() || evicting.advance(horizon).is_err();
            if let Some(before) = evict_expired {
                // As far as the horizon at most.
                let safe_watermark = (latest - before).clamp(0, horizon);
                evicting.evict_expired(safe_watermark);
                until = until.max(safe_watermark);
            }
        }
        prop_assert!(was_wrong || noticed == disordered, "a right guess is no mistake");
        if !disordered && !noticed {
            prop_assert_eq!(evicting.all(), plain.all());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// However rounds cut an instant, it is folded in the order of its column, or the cut is noticed.
    #[test]
    fn an_instant_is_folded_in_its_order_or_that_is_noticed(
        mut events in proptest::collection::vec(
            (0_usize..2, 0_i64..4, 0_usize..4, proptest::option::weighted(0.3, 0_i64..4)), 1..12),
        is_sorted in proptest::bool::weighted(0.7),
        has_rounds in any::<bool>(),
    ) {
        let rules = [(flag("start-on"), "1=2"), (RuleFlag::Dedup, "1")];
        let event = |&(key, us, value, _): &(usize, i64, usize, Option<i64>)| {
            (["a", "b"][key], 9 * us, ["", "2", "10", "x"][value])
        };
        let mut ordered = events.clone();
        // The values stand in the order of their ranks.
        ordered.sort_by_key(|&(_, us, value, _)| (us, value));
        let mut plain = Folding::new(&rules);
        for of in &ordered {
            plain.take(event(of), 100).unwrap();
        }
        let duplicates = plain.reducer.duplicates();
        let expected = plain.all();
        if is_sorted {
            events.sort_by_key(|&(_, us, ..)| us);
        }
        let mut folding = Folding::new(&[&rules[..], &[(RuleFlag::OrderBy, "1")]].concat());
        let (mut latest, mut noticed) = (0, false);
        for of in &events {
            latest = latest.max(9 * of.1);
            // Without rounds, the end of the batch is known: events are not buffered, and their instants are held.
            noticed |= folding.take(event(of), if has_rounds { latest } else { 1_000 }).is_err();
            if let Some(before) = of.3.filter(|_| has_rounds) {
                noticed |= folding.advance(latest).is_err();
                folding.evict_expired((latest - 9 * before).max(0));
            }
        }
        noticed |= folding.advance(1_000).is_err();
        prop_assert!(!noticed || !is_sorted, "what lies before the watermark is whole");
        if !noticed {
            let found_duplicates = folding.reducer.duplicates();
            prop_assert_eq!(folding.all(), expected);
            prop_assert_eq!(found_duplicates, duplicates);
        }
    }
}

#[test]
fn rows_count_as_memory_under_rules_that_only_extend_sessions() {
    let mut folding = Folding::new(&[(RuleFlag::Emit, "events")]);
    assert!(folding.reducer.rules.only_extend());
    for (event, expected) in [
        (("a", 0, "123"), 4 + 3),
        (("a", 1, "4567"), 8 + 7),
        (("b", 2, "0"), 12 + 8),
        (("a", 20, "89"), 8 + 3),
    ] {
        folding.take(event, 100).unwrap();
        assert_eq!(folding.reducer.bytes_of_rows, expected);
    }
}

#[test]
fn memory_counts_events_that_wait_rows_and_tombstones() {
    let long = "x".repeat(10_000);
    let mut folding = Folding::new(&[(RuleFlag::Emit, "events"), (flag("max-events"), "9")]);
    folding.take(("a", 0, ""), 30).unwrap();
    let memory = |folding: &Folding| folding.reducer.memory_bytes();
    let empty = memory(&folding);
    folding.take(("a", 1, &long), 30).unwrap();
    assert_eq!(memory(&folding), empty + 4 + 10_000, "its row");
    folding.take(("a", 40, &long), 30).unwrap();
    // Both values of its payload, with their lengths.
    let waiting = memory(&folding) - empty - 10_004 - size_of::<BufferedEvent>();
    assert!((20_000..20_020).contains(&waiting), "{waiting}");
    folding.evict_expired(30);
    let tombstones = folding.reducer.tombstone_bytes();
    assert!((16..1_000).contains(&tombstones), "{tombstones}");
    folding.advance(40).unwrap();
    // The row of the second session instead of the two of the first one.
    assert_eq!(memory(&folding), empty - 4 + 10_004 + tombstones);
    folding.reducer.forget_tombstones();
    assert_eq!((folding.reducer.tombstone_bytes(), memory(&folding)), (0, empty - 4 + 10_004));
}

#[test]
fn under_rules_that_only_extend_sessions_an_event_before_the_last_one_is_noticed() {
    let mut folding = Folding::new(&[(RuleFlag::Emit, "events")]);
    for us in [5, 5, 15] {
        folding.take(("a", us, ""), 100).unwrap();
    }
    assert_eq!(folding.take(("a", 14, ""), 100), Err(OutOfOrder));
    assert_eq!(folding.emitted, []);
}

#[test]
fn an_instant_that_splits_divide_has_its_duplicates_in_all_its_sessions() {
    let mut folding = Folding::new(&[(flag("max-events"), "1"), (RuleFlag::Dedup, "1")]);
    for value in ["x", "y", "z", "x", "y", "z"] {
        folding.take(("a", 5, value), 100).unwrap();
    }
    assert_eq!((folding.reducer.duplicates(), folding.emitted.len()), (3, 2));
}

#[test]
fn what_a_split_has_left_of_an_instant_goes_with_it_and_that_is_a_change() {
    let flags = [(flag("end-on"), "1=out"), (RuleFlag::Dedup, "1")];
    for (goes_on, expected) in [(false, Fate::Gone), (true, Fate::Changed)] {
        let (mut folding, mut other) = (Folding::new(&flags), Folding::new(&flags));
        folding.take(("a", 5, "out"), 100).unwrap();
        if goes_on {
            folding.take(("a", 7, ""), 100).unwrap();
        }
        assert_eq!(folding.emitted.len(), 1);
        folding.reducer.open_state(|of_key| {
            let table_hash = KeyHash::of(of_key.key).table();
            other.reducer.restore(of_key.key, table_hash, of_key.state.clone(), std::iter::empty());
        });
        for (watermark, expected) in [(5, Fate::Unchanged), (6, expected)] {
            other.with(|reducer, mut emitted| {
                reducer.close_passed(Watermark::at(at(watermark)), &mut emitted);
            });
            let mut fates = Vec::new();
            assert!(other.reducer.changes(|_, fate| fates.push(fate)));
            assert_eq!(fates, [expected], "{watermark}");
        }
        assert_eq!(other.emitted, []);
    }
}

#[test]
fn the_keys_that_are_gone_are_among_the_changes_unless_they_were_too_many() {
    let flags = [(flag("max-events"), "9")];
    let (mut folding, mut other) = (Folding::new(&flags), Folding::new(&flags));
    for key in ["a", "b", "c", "d", "e"] {
        folding.take((key, if key < "c" { 0 } else { 50 }, ""), 100).unwrap();
    }
    folding.reducer.open_state(|of_key| {
        let table_hash = KeyHash::of(of_key.key).table();
        other.reducer.restore(of_key.key, table_hash, of_key.state.clone(), std::iter::empty());
    });
    for _ in 0..5 {
        other.take(("e", 50, ""), 100).unwrap();
    }
    // Two of five: one in four may go.
    other.evict_expired(40);
    let mut fates = Vec::new();
    assert!(!other.reducer.changes(|of_key, fate| fates.push((of_key.key.to_vec(), fate))));
    let expected = [(b"c", Fate::Unchanged), (b"d", Fate::Unchanged), (b"e", Fate::Changed)];
    assert_eq!(fates, expected.map(|(key, fate)| (key.to_vec(), fate)));
}
