//! The fold by hand-made cases; the oracle in `tests/` covers the rest.

use super::*;
use crate::core::partition::KeyHash;

const GAP: Gap = Gap::from_us(10);

type Emitted = (String, i64, i64, u64, CloseReason);

fn at(us: i64) -> Timestamp {
    Timestamp::from_us(us).unwrap()
}

/// A reducer together with what it has emitted.
struct Folding {
    reducer: GapReducer,
    emitted: Vec<Emitted>,
}

impl Folding {
    fn new() -> Self {
        Self { reducer: GapReducer::new(GAP), emitted: Vec::new() }
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut GapReducer, &mut dyn FnMut(CompletedSession<'_>)) -> T) -> T {
        let emitted = &mut self.emitted;
        act(&mut self.reducer, &mut |session| {
            let key = String::from_utf8_lossy(session.key).into_owned();
            emitted.push((key, session.start.us(), session.end.us(), session.events, session.close_reason));
        })
    }

    fn take(&mut self, key: &str, us: i64, horizon: i64) -> Result<(), OutOfOrder> {
        let key = key.as_bytes();
        let event = Event { key, table_hash: KeyHash::of(key).table(), time: at(us), payload: b"" };
        self.with(|reducer, mut completed| reducer.take(event, Watermark::at(at(horizon)), &mut completed))
    }

    fn advance(&mut self, horizon: i64) -> Result<(), OutOfOrder> {
        self.with(|reducer, mut completed| reducer.advance(Watermark::at(at(horizon)), &mut completed))
    }

    fn evict_expired(&mut self, safe_watermark: i64) {
        self.with(|reducer, mut completed| {
            reducer.evict_expired(Watermark::at(at(safe_watermark)), &mut completed);
        });
    }

    fn state(&mut self) -> Vec<(String, Option<OpenSession>, Vec<i64>)> {
        let mut state = Vec::new();
        self.reducer.open_state(|of_key| {
            let buffered = of_key.buffered.iter().map(|time| time.us()).collect();
            state.push((String::from_utf8_lossy(of_key.key).into_owned(), of_key.open, buffered));
        });
        state
    }
}

#[test]
fn an_event_exactly_one_gap_later_joins_and_one_microsecond_more_does_not() {
    let mut folding = Folding::new();
    for us in [0, 10, 21] {
        folding.take("a", us, 100).unwrap();
    }
    assert_eq!(folding.emitted, [("a".into(), 0, 10, 2, CloseReason::Gap)]);
    assert_eq!(folding.state(), [("a".into(), Some(OpenSession::begin(at(21))), vec![])]);
}

#[test]
fn a_session_is_passed_only_when_the_watermark_lies_beyond_its_gap() {
    let mut folding = Folding::new();
    folding.take("a", 0, 100).unwrap();
    folding.with(|reducer, mut completed| reducer.close_passed(Watermark::at(at(10)), &mut completed));
    assert_eq!(folding.emitted, []);
    folding.with(|reducer, mut completed| reducer.close_passed(Watermark::at(at(11)), &mut completed));
    assert_eq!(folding.emitted, [("a".into(), 0, 0, 1, CloseReason::Gap)]);
    assert_eq!(folding.state(), []);
}

#[test]
fn events_beyond_the_horizon_wait_and_are_folded_in_time_order() {
    let mut folding = Folding::new();
    for us in [30, 25, 5] {
        folding.take("a", us, 4).unwrap();
    }
    assert_eq!(folding.state(), [("a".into(), None, vec![5, 25, 30])]);
    folding.advance(25).unwrap();
    assert_eq!(folding.emitted, [("a".into(), 5, 5, 1, CloseReason::Gap)]);
    assert_eq!(folding.state(), [("a".into(), Some(OpenSession::begin(at(25))), vec![30])]);
}

#[test]
fn while_anything_is_held_a_reached_event_does_not_overtake_it() {
    let mut folding = Folding::new();
    folding.take("a", 20, 10).unwrap();
    folding.take("a", 5, 10).unwrap();
    folding.advance(10).unwrap();
    assert_eq!(folding.state(), [("a".into(), Some(OpenSession::begin(at(5))), vec![20])]);
}

#[test]
fn an_event_before_a_folded_one_of_its_key_is_out_of_order_but_other_keys_do_not_matter() {
    let mut folding = Folding::new();
    folding.take("a", 20, 100).unwrap();
    folding.take("b", 5, 100).unwrap();
    assert_eq!(folding.take("a", 19, 100), Err(OutOfOrder));
    folding.take("a", 20, 100).unwrap();
}

#[test]
fn a_restored_key_goes_on_where_it_was() {
    let mut folding = Folding::new();
    let open = Some(OpenSession { start: at(0), last: at(8), events: 3 });
    for (open, buffered) in [(open, vec![at(12)]), (None, vec![at(14)])] {
        folding.reducer.restore(KeyState { key: b"a", open, buffered: &buffered }, KeyHash::of(b"a").table());
    }
    folding.take("a", 13, 13).unwrap();
    folding.advance(14).unwrap();
    folding.with(|reducer, mut completed| reducer.close_all(&mut completed));
    assert_eq!(folding.emitted, [("a".into(), 0, 14, 6, CloseReason::Finalize)]);
}

#[test]
fn keys_with_one_hash_stay_apart() {
    let mut folding = Folding::new();
    for key in ["a", "b"] {
        let event = Event { key: key.as_bytes(), table_hash: 1, time: at(0), payload: b"" };
        folding
            .with(|reducer, mut completed| reducer.take(event, Watermark::at(at(9)), &mut completed))
            .unwrap();
    }
    assert_eq!(folding.state().len(), 2);
}

/// `a` was evicted with its last event at 10, `b` is open.
fn evicted() -> Folding {
    let mut folding = Folding::new();
    for (key, us) in [("a", 0), ("a", 10), ("b", 50)] {
        folding.take(key, us, 100).unwrap();
    }
    folding.evict_expired(50);
    assert_eq!(folding.emitted, [("a".into(), 0, 10, 2, CloseReason::Gap)]);
    assert_eq!(folding.state(), [("b".into(), Some(OpenSession::begin(at(50))), vec![])]);
    folding
}

#[test]
fn an_eviction_lets_go_of_what_is_passed_and_of_nothing_else() {
    let mut folding = evicted();
    folding.take("a", 60, 100).unwrap();
    assert_eq!(folding.state().len(), 2);
}

#[test]
fn an_event_for_an_evicted_session_is_out_of_order_and_one_behind_its_gap_is_not() {
    assert_eq!(evicted().take("a", 5, 100), Err(OutOfOrder), "before its end");
    assert_eq!(evicted().take("a", 20, 100), Err(OutOfOrder), "it would have joined");
    assert_eq!(evicted().take("a", 21, 100), Ok(()));
    assert_eq!(evicted().take("c", 5, 100), Ok(()), "a key that was never evicted");
}

#[test]
fn once_evicted_sessions_are_forgotten_every_session_before_them_is_out_of_order() {
    let mut folding = evicted();
    folding.reducer.forget_tombstones();
    assert_eq!(folding.take("c", 50, 100), Ok(()));
    assert_eq!(folding.take("d", 49, 100), Err(OutOfOrder));
}

#[test]
fn a_key_with_held_events_survives_its_evicted_session() {
    let mut folding = Folding::new();
    for (key, us) in [("x", 0), ("a", 1), ("a", 40), ("b", 41)] {
        folding.take(key, us, 30).unwrap();
    }
    folding.evict_expired(30);
    assert_eq!(folding.emitted.len(), 2);
    assert_eq!(folding.state(), [("a".into(), None, vec![40]), ("b".into(), None, vec![41])]);
    folding.advance(41).unwrap();
    assert_eq!(folding.state().len(), 2);
}

#[test]
fn an_eviction_waits_until_as_many_events_came_as_there_are_keys() {
    let mut folding = evicted();
    folding.evict_expired(99);
    assert_eq!(folding.state().len(), 1, "one key, no event since: nothing is due");
    folding.take("b", 50, 100).unwrap();
    folding.evict_expired(99);
    assert_eq!(folding.state().len(), 0);
}

fn part(start: i64, last: i64, events: u64) -> OpenSession {
    OpenSession { start: at(start), last: at(last), events }
}

#[test]
fn parts_come_to_the_sessions_of_their_events() {
    let mut folding = Folding::new();
    let mut take = |part| {
        folding.with(|reducer, mut completed| {
            reducer.take_part(b"a", KeyHash::of(b"a").table(), part, &mut completed)
        })
    };
    // The second one lies within the first one, the third one begins exactly one gap after that.
    for of in [part(0, 20, 3), part(0, 5, 2), part(30, 31, 4), part(42, 42, 1)] {
        take(of).unwrap();
    }
    assert_eq!(take(part(41, 50, 1)), Err(OutOfOrder));
    assert_eq!(folding.emitted, [("a".into(), 0, 31, 9, CloseReason::Gap)]);
    assert_eq!(folding.state(), [("a".into(), Some(part(42, 42, 1)), vec![])]);
    folding.take("b", 60, 50).unwrap();
    let late = folding.with(|reducer, mut completed| {
        reducer.take_part(b"a", KeyHash::of(b"a").table(), part(45, 45, 1), &mut completed)
    });
    assert_eq!(late, Err(OutOfOrder), "events wait, which a part would overtake");
}

#[test]
fn what_is_open_of_a_key_has_the_events_of_its_session_and_those_that_wait() {
    let open = Some(part(0, 3, 4));
    assert_eq!(KeyState { key: b"a", open, buffered: &[at(5), at(6)] }.events(), 6);
    assert_eq!(KeyState { key: b"a", open: None, buffered: &[at(5)] }.events(), 1);
}

#[test]
fn memory_counts_keys_events_that_wait_and_tombstones() {
    let mut folding = Folding::new();
    for number in 0..200 {
        folding.take(&format!("key {number}"), 0, 30).unwrap();
    }
    let keys = folding.reducer.memory_bytes();
    assert!((200 * 46..200 * 46 * 8).contains(&keys), "{keys}");
    for us in 40..240 {
        folding.take("key 0", us, 30).unwrap();
    }
    let waiting = folding.reducer.memory_bytes() - keys;
    assert!((200 * size_of::<Buffered>()..400 * size_of::<Buffered>()).contains(&waiting), "{waiting}");
    assert_eq!(folding.reducer.tombstone_bytes(), 0);
    folding.evict_expired(30);
    let tombstones = folding.reducer.tombstone_bytes();
    assert!((200 * 16..400 * 16).contains(&tombstones), "{tombstones}");
    let before = folding.reducer.memory_bytes();
    folding.reducer.forget_tombstones();
    assert_eq!((folding.reducer.tombstone_bytes(), folding.reducer.memory_bytes()), (0, before - tombstones));
}

#[test]
fn a_restored_key_has_changed_if_an_event_of_it_waits() {
    let mut folding = Folding::new();
    for key in [b"a", b"b"] {
        let open = Some(OpenSession::begin(at(0)));
        folding.reducer.restore(KeyState { key, open, buffered: &[] }, KeyHash::of(key).table());
    }
    folding.take("b", 50, 10).unwrap();
    let mut fates = Vec::new();
    assert!(folding.reducer.changes(|of_key, fate| fates.push((of_key.key.to_vec(), fate))));
    assert_eq!(fates, [(b"a".to_vec(), Fate::Unchanged), (b"b".to_vec(), Fate::Changed)]);
}

#[test]
fn events_that_wait_are_shown_in_the_sessions_that_they_would_make() {
    let mut folding = Folding::new();
    for us in [0, 40, 50, 61] {
        folding.take("a", us, 30).unwrap();
    }
    folding.with(|reducer, mut shown| reducer.for_each_open(Watermark::at(at(30)), &mut shown));
    let session = |start, end, events, why| ("a".to_owned(), start, end, events, why);
    assert_eq!(
        folding.emitted,
        [
            session(0, 0, 1, CloseReason::Gap),
            session(40, 50, 2, CloseReason::Gap),
            session(61, 61, 1, CloseReason::StillOpen),
        ]
    );
}

#[test]
fn a_key_that_was_never_stored_is_not_among_those_that_are_gone() {
    let mut folding = Folding::new();
    for number in 0..8_u8 {
        let open = Some(OpenSession::begin(at(if number == 0 { 0 } else { 50 })));
        folding
            .reducer
            .restore(KeyState { key: &[number], open, buffered: &[] }, KeyHash::of(&[number]).table());
    }
    for _ in 0..9 {
        folding.take("new", 5, 100).unwrap();
    }
    folding.evict_expired(40);
    assert_eq!(folding.emitted.len(), 2);
    let mut gone = Vec::new();
    assert!(
        folding
            .reducer
            .changes(|of_key, fate| gone.extend((fate == Fate::Gone).then(|| of_key.key.to_vec())))
    );
    assert_eq!(gone, [[0]]);
}
