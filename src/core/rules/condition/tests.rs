//! What conditions mean, and the one form of those that mean the same.

use super::*;
use crate::core::event::push_value;
use proptest::prelude::*;

/// Whether `text`, a condition over the columns `a` and `b`, holds for these values.
fn holds(text: &str, a: &str, b: &str) -> bool {
    let mut kept = ProjectedColumns::default();
    let places = ["a", "b"].map(|column| kept.place_of(ProjectedColumn::column(column)));
    assert_eq!(places, [0, 1]);
    let condition = ConditionText::read(text).unwrap().compile(&mut kept).unwrap();
    assert_eq!(kept.columns().count(), 2, "{text} looks at another column");
    let mut payload = Vec::new();
    assert!(push_value(&mut payload, a.as_bytes()) && push_value(&mut payload, b.as_bytes()));
    condition.holds(Values::of(&payload))
}

fn form(text: &str) -> Result<String, String> {
    ConditionText::read(text).map(|condition| condition.to_string())
}

#[test]
fn each_operator_holds_for_its_values_and_no_others() {
    for (text, fulfil, others) in [
        ("a=10", &["10"][..], &["10.0", "1", "", "010"][..]),
        ("a!=10", &["10.0", "1", ""], &["10"]),
        ("a<10", &["9.99", "-11", "0"], &["10", "10.0", "11", "", "n/a", "5s"]),
        ("a<=10", &["10.000", "+10", "9"], &["10.0001", "", "n/a"]),
        ("a>10", &["10.5", "100", "0011"], &["10", "9", "", "x"]),
        ("a>=10", &["10", "10.0", "1000000000000000000000"], &["9.999999999", "-10", "", "x"]),
        ("a>='10'", &["9", "10", "x"], &["", "1", "+10"]),
        ("a<2020-02-01", &["2020-01-31", "2020"], &["2020-02-01", "2020-02-01T00", ""]),
        ("a~^/api/v[0-9]+$", &["/api/v1", "/api/v22"], &["/api/v", "x/api/v1", ""]),
        ("a~in", &["login", "in"], &["out", ""]),
        ("a!~in", &["out", ""], &["login"]),
        ("a~.*", &["x", " "], &[""]),
        ("a=", &[""], &["x"]),
        ("a!=''", &["x"], &[""]),
    ] {
        for value in fulfil {
            assert!(holds(text, value, ""), "{text} holds for '{value}'");
        }
        for value in others {
            assert!(!holds(text, value, ""), "{text} does not hold for '{value}'");
        }
    }
}

#[test]
fn and_asks_for_all_comparisons() {
    for (text, a, b, expected) in [
        ("a=1 and b=2", "1", "2", true),
        ("a=1 AND b=2", "1", "3", false),
        ("a=1 and b=2", "0", "2", false),
        ("a= and b=2", "", "2", true),
        ("a>1 and a<3 and b!=", "2", "x", true),
        ("a>1 and a<3 and b!=", "3", "x", false),
    ] {
        assert_eq!(holds(text, a, b), expected, "{text} {a} {b}");
    }
}

#[test]
fn quotes_keep_what_would_be_read_otherwise() {
    for (text, value) in [
        ("a=rock'n'roll", "rock'n'roll"),
        ("a='rock and roll'", "rock and roll"),
        ("a=\"it's\"", "it's"),
        ("a='it''s' and b=", "it's"),
        ("a=' x '", " x "),
        ("a = x=y", "x=y"),
        ("a='=x'", "=x"),
        ("'a'=a<b", "a<b"),
        ("\"a\" = brand", "brand"),
        ("a='he or she'", "he or she"),
    ] {
        assert!(holds(text, value, ""), "{text}");
    }
    let of_column = |text| ConditionText::read(text).map(|read| read.comparisons[0].column.clone());
    assert_eq!(of_column("'a=b'=c"), Ok("a=b".to_owned()));
    assert_eq!(of_column("wow!=c"), Ok("wow".to_owned()));
    assert_eq!(of_column("wow! =c"), Ok("wow!".to_owned()));
    assert_eq!(of_column("user id>=3"), Ok("user id".to_owned()));
}

#[test]
fn what_may_be_meant_otherwise_is_refused() {
    for (text, why) in [
        ("login", "no operator"),
        ("=x", "a name or a number"),
        ("''=x", "a name or a number"),
        ("", "no operator"),
        ("a=1 and ", "no operator"),
        ("a=rock and roll", "no operator"),
        ("page and a=1", "the word 'and'"),
        ("a=1 or b=2", "the word 'or'"),
        ("a=1 && b=2", "the word '&&'"),
        ("a==1", "begins with an operator"),
        ("a=~x", "begins with an operator"),
        ("a<>1", "begins with an operator"),
        ("a>", "nothing follows"),
        ("a~''", "nothing follows"),
        ("a~(", "not a regular expression"),
        ("a='x", "no end"),
        ("a='x' b", "neither by `and` nor by the end"),
        ("'a'", "no operator"),
    ] {
        let refusal = form(text).unwrap_err();
        assert!(refusal.contains(why), "{text}: {refusal}");
        assert!(refusal.contains("column=value"), "{text}: {refusal}");
    }
}

#[test]
fn what_means_the_same_has_one_form() {
    for (text, expected) in [
        ("event=login", "event=login"),
        (" event = 'login' ", "event=login"),
        ("b=2 and a=1 and b=2", "a=1 and b=2"),
        ("a>=+05.00", "a>=5"),
        ("a<-0", "a<0"),
        ("a='5'", "a=5"),
        ("a=05", "a=05"),
        ("a<'5'", "a<'5'"),
        ("a<'x'", "a<x"),
        ("a=\"it's\"", "a=it's"),
        ("a=''''", "a=''''"),
        ("a='x and y'", "a='x and y'"),
        ("a='and'", "a='and'"),
        ("a=' x'", "a=' x'"),
        ("a=''", "a="),
        ("'a=b'='=c'", "'a=b'='=c'"),
        ("a = b=c", "a=b=c"),
    ] {
        assert_eq!(form(text).as_deref(), Ok(expected), "{text}");
        assert_eq!(form(expected).as_deref(), Ok(expected), "the form of {text} reads back");
    }
}

proptest! {
    /// Whatever is read is written so that it is read as the same.
    #[test]
    fn the_form_reads_back(text in "[ab '\"]{0,3}(=|!=|<|<=|>|>=|~|!~) ?[-ab0-9. '\"=or]{0,6}( and [ab]=[x' ]{0,3})?") {
        if let Ok(condition) = ConditionText::read(&text) {
            prop_assert_eq!(ConditionText::read(&condition.to_string()), Ok(condition));
        }
    }

    /// Any column and any value can be asked for.
    #[test]
    fn every_text_can_stand_in_quotes(column in "[a-z=<>~!'\" ]{1,6}", value in "[a-z=<>~!'\" and]{0,8}") {
        let quoted = |text: &str| words::quoted(text);
        let read = ConditionText::read(&format!("{}={}", quoted(&column), quoted(&value))).unwrap();
        prop_assert_eq!(&read.comparisons[0].column, &column);
        prop_assert!(read.comparisons[0].compile().unwrap().holds(value.as_bytes()));
        prop_assert_eq!(ConditionText::read(&read.to_string()), Ok(read));
    }
}

#[test]
fn the_spelling_of_a_number_matters_only_where_numbers_are_compared() {
    for (text, compares) in [("a>5", true), ("a<=5", true), ("a=5", false), ("a>'5'", false), ("a~5", false)]
    {
        let mut kept = ProjectedColumns::default();
        ConditionText::read(text).unwrap().compile(&mut kept).unwrap();
        let demands: Vec<bool> = kept.iter().map(|(_, demand)| demand.reads_numbers()).collect();
        assert_eq!(demands, [compares], "{text}");
    }
}

#[test]
fn conditions_are_equal_if_their_patterns_are() {
    let compiled =
        |text| ConditionText::read(text).unwrap().compile(&mut ProjectedColumns::default()).unwrap();
    assert!(compiled("a~^in") == compiled("a~^in"));
    assert!(compiled("a~^in") != compiled("a~^on"));
}
