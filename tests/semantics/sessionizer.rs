//! The public core gives the sessions of the oracle, as the command does, also when it is saved and loaded at any moment.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use crate::oracle::rules::RuledEvent;
use crate::property_rules::ruled_stream::{Drawn, drawn, web_file};
use crate::property_rules::{Counted, accepted, expected, sorted};
use proptest::prelude::*;
use sessionize::{
    Op, ProjectedColumn, Pushed, Session, SessionBatch, Sessionizer, SessionizerBuilder, SessionizerError,
    Timestamp, Value,
};

/// The definition of a case, in the words of its flags.
fn builder(drawn: &Drawn, watermark_delay: &str) -> SessionizerBuilder {
    let flags = drawn.flags();
    let defaults = Sessionizer::builder().watermark_delay(watermark_delay);
    flags.chunks(2).fold(defaults, |builder, flag| match (flag[0].trim_start_matches('-'), &flag[1]) {
        ("gap", gap) => builder.gap(gap),
        ("timezone", name) => builder.timezone(name),
        ("threads" | "memory", _) => builder,
        (rule, value) => builder.rule(rule, value),
    })
}

fn value(event: &RuledEvent, column: &ProjectedColumn) -> Vec<u8> {
    let file = web_file(std::slice::from_ref(event));
    let (header, row) = file.trim_end_matches('\n').split_once('\n').unwrap();
    match column {
        ProjectedColumn::Column(name) => {
            let place = header.split(',').position(|column| column == name).unwrap();
            row.split(',').nth(place).unwrap().as_bytes().to_vec()
        }
        _ => row.as_bytes().to_vec(),
    }
}

fn push(sessionizer: &mut Sessionizer, event: &RuledEvent) -> Pushed {
    let values: Vec<Vec<u8>> = sessionizer.columns().iter().map(|column| value(event, column)).collect();
    let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
    let time = Timestamp::from_us(event.second * 1_000_000).unwrap();
    sessionizer.push(event.key.as_bytes(), time, &values).unwrap()
}

fn text(value: &Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(is_true) => is_true.to_string(),
        Value::Int(int) => int.to_string(),
        Value::AtLeast(int) => format!("{int}+"),
        Value::Decimal(number) if number.contains('.') => {
            number.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        Value::Decimal(number) => number.to_string(),
        Value::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
        Value::List { values, more } => {
            let texts = values.iter().map(|text| format!("\"{}\"", String::from_utf8_lossy(text)));
            let all: Vec<String> = texts.chain(more.then(|| "null".to_owned())).collect();
            format!("[{}]", all.join(","))
        }
        // No aggregate of the oracle comes to any other.
        other => format!("{other:?}"),
    }
}

fn row(session: &Session<'_>) -> Vec<String> {
    let mut row = vec![
        String::from_utf8(session.key.to_vec()).unwrap(),
        (session.start.us() / 1_000_000).to_string(),
        (session.end.us() / 1_000_000).to_string(),
        session.event_count.to_string(),
        session.close_reason.name().replace("finalize", "gap"),
        session.id().to_string(),
        // No event is of the shop: there is one source.
        "0".to_owned(),
    ];
    row.extend(session.values().map(|value| text(&value)));
    row
}

/// Carries out what a batch of sessions says.
fn apply(log: &mut Vec<Vec<String>>, batch: &SessionBatch) -> Result<(), TestCaseError> {
    for session in batch.iter() {
        let (row, place) = (row(&session), log.iter().position(|other| *other == self::row(&session)));
        match (session.op, place) {
            (Op::Insert, None) => log.push(row),
            (Op::Retract, Some(place)) => drop(log.remove(place)),
            (op, _) => prop_assert!(false, "{} of {row:?}, which {place:?}", op.name()),
        }
    }
    Ok(())
}

/// Books what a sessionizer has counted since it was built or loaded.
fn book(counted: &mut Counted, sessionizer: &Sessionizer) {
    counted.duplicates += i64::try_from(sessionizer.duplicates()).unwrap();
    counted.sessions_filtered += sessionizer.filtered().sessions;
    counted.events_filtered += sessionizer.filtered().events;
}

/// Pushes every batch and finishes, saved and loaded after every `every`th event and after each batch; returns the sessions,
/// how many events were late, and what else was counted.
fn play(
    drawn: &Drawn,
    definition: &SessionizerBuilder,
    every: usize,
) -> Result<(Vec<Vec<String>>, usize, Counted), TestCaseError> {
    let mut sessionizer = definition.clone().build().unwrap();
    let (mut log, mut late, mut counted) = (Vec::new(), 0, Counted::default());
    for batch in drawn.batches() {
        for (number, event) in batch.iter().enumerate() {
            let pushed = push(&mut sessionizer, event);
            late += usize::from(pushed == Pushed::Late);
            counted.rows_filtered += i64::from(pushed == Pushed::Filtered);
            if number % every == every - 1 {
                book(&mut counted, &sessionizer);
                sessionizer = definition.clone().load(&sessionizer.save()).unwrap();
            }
        }
        apply(&mut log, sessionizer.advance().unwrap())?;
        book(&mut counted, &sessionizer);
        let saved = sessionizer.save();
        sessionizer = definition.clone().load(&saved).unwrap();
        prop_assert_eq!(sessionizer.save(), saved, "what is loaded is what was saved");
    }
    apply(&mut log, sessionizer.finish().unwrap())?;
    book(&mut counted, &sessionizer);
    Ok((log, late, counted))
}

proptest! {
    #![proptest_config(crate::support::stream::config(64))]

    #[test]
    fn its_sessions_are_those_of_the_oracle(drawn in drawn(40, false), every in 1_usize..9) {
        let definition = builder(&drawn, &format!("{}s", drawn.keeping_lateness()));
        let (rows_expected, counted_expected) = expected(&drawn.selected().concat(), &drawn);
        let (rows, late, counted) = play(&drawn, &definition, every)?;
        prop_assert_eq!(sorted(rows), rows_expected);
        prop_assert_eq!((late, counted), (0, counted_expected));
    }

    #[test]
    fn its_corrections_come_to_the_sessions_of_all_accepted_events(
        drawn in drawn(40, false),
        retain in 1_i64..40,
        every in 1_usize..9,
    ) {
        let retain = retain * drawn.unit();
        let definition = builder(&drawn, &format!("{}s", drawn.lateness)).allowed_lateness(&format!("{retain}s"));
        let accepted = accepted(&drawn, drawn.lateness, retain).pop().unwrap().0;
        let (rows_expected, counted_expected) = expected(&accepted, &drawn);
        let (rows, late, counted) = play(&drawn, &definition, every)?;
        prop_assert_eq!(sorted(rows), rows_expected);
        prop_assert_eq!(late, drawn.selected().concat().len() - accepted.len());
        prop_assert_eq!(counted, counted_expected);
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_us(second * 1_000_000).unwrap()
}

#[test]
fn an_event_before_the_watermark_is_late_and_one_at_it_is_not() {
    let mut sessionizer = Sessionizer::builder().gap("10s").watermark_delay("5s").build().unwrap();
    assert_eq!(sessionizer.push(b"a", at(100), &[]), Ok(Pushed::Accepted));
    assert_eq!(
        sessionizer.push(b"a", at(0), &[]),
        Ok(Pushed::Accepted),
        "the watermark moves at the end of a batch"
    );
    assert_eq!(sessionizer.advance().unwrap().len(), 1);
    assert_eq!(sessionizer.watermark().time(), Some(at(95)));
    assert_eq!(sessionizer.push(b"b", at(94), &[]), Ok(Pushed::Late));
    assert_eq!(sessionizer.push(b"b", at(95), &[]), Ok(Pushed::Accepted));
    let mut open = SessionBatch::default();
    sessionizer.open_sessions(&mut open);
    assert_eq!(open.iter().map(|session| session.key).collect::<Vec<_>>(), [b"a"]);
    assert_eq!(sessionizer.advance_to(at(200)).unwrap().len(), 2);
}

#[test]
fn emitted_events_are_values_of_their_columns() {
    let mut sessionizer =
        Sessionizer::builder().aggregate("count(page)").emit_events(["user", "page"]).build().unwrap();
    let columns = ["page", "user", "page"].map(|name| ProjectedColumn::Column(name.to_owned()));
    assert_eq!(sessionizer.columns(), columns);
    sessionizer.push(b"ann", at(1), &[b"/a,b", b"ann", b"/a,b"]).unwrap();
    sessionizer.push(b"ann", at(2), &[b"", b"ann", b""]).unwrap();
    let completed = sessionizer.finish().unwrap();
    let session = completed.iter().next().unwrap();
    let events: Vec<Vec<&[u8]>> = session.events().map(|event| event.iter().collect()).collect();
    assert_eq!(events, [[&b"ann"[..], b"/a,b"], [b"ann", b""]]);
    assert_eq!(session.values().collect::<Vec<_>>(), [Value::Int(1)]);
}

#[test]
fn columns_of_the_row_filter_stand_before_those_of_emitted_events() {
    let builder =
        Sessionizer::builder().rule("where", "kind!=ping").rule("null", "-").rule("having", "pages>0");
    let mut sessionizer = builder.aggregate("count(page)=pages").emit_events(["page"]).build().unwrap();
    let columns = ["page", "kind", "page"].map(|name| ProjectedColumn::Column(name.to_owned()));
    assert_eq!(sessionizer.columns(), columns);
    let mut push = |key: &[u8], page: &[u8], kind: &[u8]| sessionizer.push(key, at(1), &[page, kind, page]);
    assert_eq!(push(b"ann", b"/a", b"view"), Ok(Pushed::Accepted));
    assert_eq!(push(b"ann", b"/b", b"ping"), Ok(Pushed::Filtered));
    assert_eq!(push(b"", b"/b", b"ping"), Ok(Pushed::Filtered), "as if it had not come");
    assert_eq!(push(b"bob", b"-", b""), Ok(Pushed::Accepted));
    let completed = sessionizer.finish().unwrap();
    let sessions: Vec<Session<'_>> = completed.iter().collect();
    assert_eq!(sessions.iter().map(|session| session.key).collect::<Vec<_>>(), [b"ann"]);
    assert_eq!(sessions[0].events().map(|event| event.get(0)).collect::<Vec<_>>(), [b"/a"]);
    assert_eq!((sessionizer.filtered().sessions, sessionizer.filtered().events), (1, 1));
}

#[test]
fn what_cannot_be_an_event_is_refused_and_changes_nothing() {
    let mut sessionizer = Sessionizer::builder().aggregate("sum(amount)").build().unwrap();
    let values: [&[u8]; 1] = [b"1"];
    let too_long = vec![b'x'; 32_768];
    for (key, time, values) in [
        (&b""[..], at(1), &values[..]),
        (&too_long, at(1), &values),
        (b"a", Timestamp::MAX, &values),
        (b"a", at(1), &[]),
        (b"a", at(1), &[b"1", b"2"]),
        (b"a", at(1), &[b"one"]),
    ] {
        let refused = sessionizer.push(key, time, values);
        assert!(matches!(refused, Err(SessionizerError::Rejected(_))), "{refused:?}");
    }
    assert_eq!(sessionizer.finish().unwrap().len(), 0);
    assert_eq!(sessionizer.watermark().time(), None);
}

#[test]
fn a_state_goes_on_only_under_its_own_definition_and_whole() {
    let plain = || Sessionizer::builder().gap("10s");
    let mut sessionizer = plain().build().unwrap();
    sessionizer.push(b"a", at(1), &[]).unwrap();
    let saved = sessionizer.save();
    assert!(plain().gap("10000ms").watermark_delay("1h").load(&saved).is_ok(), "the same gap in other words");
    assert!(plain().rule("max-list", "1000").load(&saved).is_ok(), "the default in words");
    let filtered = plain().rule("where", "a=1 and b>2.0").build().unwrap().save();
    assert!(
        plain().rule("where", "b > 2").rule("where", "a=1").load(&filtered).is_ok(),
        "the same condition"
    );
    for other in [plain().gap("11s"), plain().aggregate("count"), plain().timezone("Europe/Paris")] {
        assert!(matches!(other.load(&saved), Err(SessionizerError::OtherDefinition(..))));
    }
    for length in 0..saved.len() {
        assert!(
            matches!(plain().load(&saved[..length]), Err(SessionizerError::Damaged(_))),
            "cut to {length}"
        );
    }
    for at in 0..saved.len() {
        let mut damaged = saved.clone();
        damaged[at] ^= 0x10;
        assert!(matches!(plain().load(&damaged), Err(SessionizerError::Damaged(_))), "byte {at}");
    }
}

#[test]
fn a_definition_that_makes_no_sense_is_refused() {
    for wrong in [
        Sessionizer::builder().gap("soon"),
        Sessionizer::builder().timezone("Europe/Pariss"),
        Sessionizer::builder().rule("max-pages", "3"),
        Sessionizer::builder().aggregate("mean(amount)"),
        Sessionizer::builder().rule("emit", "events"),
        Sessionizer::builder().emit_events(["user"]).allowed_lateness("1d"),
        Sessionizer::builder().aggregate("count").aggregate("count"),
        Sessionizer::builder().rule("having", "pages>1"),
        Sessionizer::builder().rule("key-parts", "all"),
    ] {
        assert!(matches!(wrong.clone().build(), Err(SessionizerError::Definition(_))), "{wrong:?}");
    }
}
