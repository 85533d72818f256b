use super::*;
use proptest::prelude::*;

const BOUNDS: Bounds = Bounds { distinct: 2, list: 2 };

fn accumulated(name: &str, values: &[&str]) -> Accumulator {
    let mut accumulator = Function::named(name).unwrap().accumulator();
    for value in values {
        accumulator.update(value.as_bytes(), BOUNDS);
    }
    accumulator
}

fn texts(values: &[&str]) -> Vec<Vec<u8>> {
    values.iter().map(|value| value.as_bytes().to_vec()).collect()
}

#[test]
fn every_function_does_what_its_name_says() {
    let values = ["10", "9.50", "9.5"];
    for (name, expected) in [
        ("first", Value::Text(b"10")),
        ("last", Value::Text(b"9.5")),
        ("count", Value::Int(3)),
        ("count_if", Value::Int(3)),
        ("sum", Value::Decimal("29.00".into())),
        ("min", Value::Decimal("9.50".into())),
        ("max", Value::Decimal("10".into())),
        ("median", Value::Decimal("9.50".into())),
        ("distinct", Value::AtLeast(2)),
        ("list", Value::List { values: vec![b"10", b"9.50"], more: true }),
        ("any", Value::Bool(true)),
    ] {
        assert_eq!(accumulated(name, &values).value(), expected, "{name}");
    }
}

#[test]
fn the_help_text_has_every_function_with_its_argument() {
    let usage = Function::usage();
    assert!(usage.starts_with("first(COL), last(COL), count[(COL)], count_if(COL=VALUE)"), "{usage}");
    for function in Function::ALL {
        assert!(usage.contains(function.name()), "{usage}");
    }
}

#[test]
fn of_no_event_there_is_nothing_none_or_zero() {
    for (name, expected) in [
        ("first", Value::Null),
        ("last", Value::Null),
        ("count", Value::Int(0)),
        ("count_if", Value::Int(0)),
        ("sum", Value::Null),
        ("min", Value::Null),
        ("max", Value::Null),
        ("median", Value::Null),
        ("distinct", Value::Int(0)),
        ("list", Value::List { values: Vec::new(), more: false }),
        ("any", Value::Bool(false)),
    ] {
        assert_eq!(accumulated(name, &[]).value(), expected, "{name}");
    }
    assert_eq!(Function::ALL.len(), 11, "a new one belongs into both lists");
}

#[test]
fn bounds_are_reached_before_they_are_marked() {
    assert_eq!(accumulated("distinct", &["x", "y", "x"]).value(), Value::Int(2));
    assert_eq!(accumulated("distinct", &["x", "y", "z"]).value(), Value::AtLeast(2));
    assert_eq!(
        accumulated("list", &["x", "y"]).value(),
        Value::List { values: vec![b"x", b"y"], more: false }
    );
}

#[test]
fn numbers_are_compared_as_numbers_and_the_first_of_equal_ones_stays() {
    assert_eq!(accumulated("max", &["9", "10", "-11", "+10.0"]).value(), Value::Decimal("10".into()));
    assert_eq!(accumulated("min", &["9", "10", "-11", "-11.0"]).value(), Value::Decimal("-11".into()));
}

#[test]
fn a_median_is_the_middle_or_the_exact_mean_of_the_two_in_the_middle() {
    for (values, expected) in [
        (&["7"][..], Some("7")),
        (&["10", "9"], Some("9.5")),
        (&["+.1", "-0.2"], Some("-0.05")),
        (&["2", "1.0", "1", "2"], Some("1.5")),
        (&["2", "1", "2.0"], Some("2")),
        (&["1", "2", "1", "2", "3"], None),
        (&["1", "2", "3", "1"], None),
        (&["x", ""], None),
    ] {
        let expected = expected.map_or(Value::Null, |median| Value::Decimal(median.into()));
        assert_eq!(accumulated("median", values).value(), expected, "{values:?}");
    }
}

#[test]
fn a_state_that_no_accumulator_leaves_is_refused() {
    for (name, state) in [
        ("first", &["a", "b"][..]),
        ("count", &[]),
        ("count", &["many"]),
        ("count_if", &["-1"]),
        ("sum", &["much"]),
        ("sum", &["1e9"]),
        ("min", &["a"]),
        ("max", &["1", "2"]),
        ("median", &[]),
        ("median", &["", "1"]),
        ("median", &["", "1", "0"]),
        ("median", &["", "1", "2", "1.0", "3"]),
        ("median", &["", "1e9", "2"]),
        ("median", &["+", "1", "2"]),
        ("distinct", &[]),
        ("list", &["more", "a"]),
        ("any", &["-"]),
    ] {
        let refused = Function::named(name).unwrap().restore(texts(state));
        assert!(refused.is_err_and(|why| why.ends_with(name)), "{name} {state:?}");
    }
}

proptest! {
    /// However the events are cut into two runs, the second goes on where the first has ended.
    #[test]
    fn a_restored_accumulator_goes_on(
        function in proptest::sample::select(Function::ALL),
        before in proptest::collection::vec("[0-9]{1,2}(\\.[0-9])?", 0..5),
        after in proptest::collection::vec("[0-9]{1,2}(\\.[0-9])?", 0..5),
    ) {
        let mut whole = function.accumulator();
        for value in &before {
            whole.update(value.as_bytes(), BOUNDS);
        }
        let mut restored = function.restore(whole.state()).unwrap();
        prop_assert_eq!(&restored, &whole);
        for value in &after {
            whole.update(value.as_bytes(), BOUNDS);
            restored.update(value.as_bytes(), BOUNDS);
        }
        prop_assert_eq!(restored.value(), whole.value());
    }
}
