//! What a run may ask for, held against what is kept.

use super::*;

fn asking(change: impl FnOnce(&mut SourceRequest)) -> DefinitionRequest {
    let mut source = SourceRequest::default();
    change(&mut source);
    DefinitionRequest { gap: None, sources: vec![source], ..DefinitionRequest::default() }
}

fn options(of: &[(&str, &str)]) -> FormatOptions {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn kept() -> Definition {
    let source = Source {
        key: vec![Column { position: Some(0), name: Some("user".into()) }],
        time: vec![Column { position: Some(1), name: None }],
        header: Some(true),
        options: options(&[("delimiter", ","), ("escape", "none")]),
        ..SourceRequest::default().create(&[])
    };
    Definition { gap: DEFAULT_GAP, sources: vec![source], rules: RuleTexts::default(), event_columns: None }
}

#[test]
fn a_column_is_a_number_or_a_name() {
    assert_eq!(ColumnRequest::read("2"), ColumnRequest::Number(2));
    for name in ["user_id", "0", "-1", "2.0"] {
        assert_eq!(ColumnRequest::read(name), ColumnRequest::Name(name.to_owned()));
    }
}

#[test]
fn a_run_that_asks_for_nothing_differs_in_nothing() {
    assert_eq!(DefinitionRequest::default().differences(&kept()), []);
}

#[test]
fn a_column_may_be_asked_for_by_the_number_or_the_name_that_it_had() {
    for column in ["1", "user"] {
        let request = asking(|r| r.key = Some(vec![ColumnRequest::read(column)]));
        assert_eq!(request.differences(&kept()), []);
    }
}

#[test]
fn every_part_that_differs_is_listed() {
    let source = SourceRequest {
        name: None,
        key: Some(vec![ColumnRequest::read("user"), ColumnRequest::read("shop")]),
        time: Some(vec![ColumnRequest::read("3")]),
        header: Some(false),
        options: options(&[("delimiter", "tab")]),
        time_format: Some("epoch-s".into()),
        timezone: Some("Europe/Paris".into()),
        input_format: Some("csv".into()),
    };
    let request = DefinitionRequest {
        gap: Some(Gap::from_us(1_800_000_000)),
        sources: vec![source],
        ..DefinitionRequest::default()
    };
    let listed: Vec<String> = request.differences(&kept()).iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            "gap is 5m, the run asks for 30m",
            "key is user, the run asks for user,shop",
            "time is 2, the run asks for 3",
            "header is yes, the run asks for no",
            "delimiter is ,, the run asks for tab",
            "time-format is auto, the run asks for epoch-s",
            "timezone is UTC, the run asks for Europe/Paris",
        ]
    );
}

#[test]
fn a_property_of_a_format_that_is_open_may_be_asked_for() {
    let asked = asking(|r| r.options = options(&[("comment", "#"), ("delimiter", ",")]));
    let mut kept = kept();
    assert_eq!(listed(&asked, &kept), <[&str; 0]>::default());
    let source = asked.complete(&kept).sources.remove(0);
    assert_eq!(source.options, options(&[("comment", "#"), ("delimiter", ","), ("escape", "none")]));
    kept.sources = vec![source];
    let other = asking(|r| r.options = options(&[("comment", "%")]));
    assert_eq!(listed(&other, &kept), ["comment is #, the run asks for %"]);
}

#[test]
fn columns_in_paths_are_there_from_the_first_run_on_or_never() {
    let asked = asking(|r| r.options = options(&[(PATH_COLUMNS, "yes")]));
    let mut kept = kept();
    assert_eq!(listed(&asked, &kept), ["path-columns is no, the run asks for yes"]);
    kept.sources[0] = asked.sources[0].over(&kept.sources[0]).create(&[]);
    assert!(kept.sources[0].has_path_columns());
    assert_eq!(listed(&asked, &kept), <[&str; 0]>::default());
    assert_eq!(listed(&DefinitionRequest::default(), &kept), <[&str; 0]>::default());
}

#[test]
fn keys_without_names_are_numbered_only_where_there_are_several() {
    let of = |columns: &str| {
        let key = columns.split(',').map(ColumnRequest::read).collect();
        asking(|r| r.key = Some(key)).create().key_names()
    };
    assert_eq!(of("1"), ["key"]);
    assert_eq!(of("1,3"), ["key_1", "key_2"]);
    assert_eq!(of("user,3"), ["user", "key_2"]);
}

fn named(name: &str, key: &str) -> SourceRequest {
    let key = key.split(',').map(ColumnRequest::read).collect();
    SourceRequest { name: Some(name.into()), key: Some(key), ..SourceRequest::default() }
}

fn listed(request: &DefinitionRequest, kept: &Definition) -> Vec<String> {
    request.differences(kept).iter().map(ToString::to_string).collect()
}

#[test]
fn sources_are_held_against_their_namesakes() {
    let two = DefinitionRequest {
        gap: None,
        sources: vec![named("views", "user"), named("sales", "buyer")],
        ..DefinitionRequest::default()
    };
    let kept = two.create();
    assert_eq!(listed(&two, &kept), <[&str; 0]>::default());
    assert_eq!(listed(&DefinitionRequest::default(), &kept), <[&str; 0]>::default());
    let other = DefinitionRequest {
        gap: None,
        sources: vec![named("sales", "customer")],
        ..DefinitionRequest::default()
    };
    assert_eq!(
        listed(&other, &kept),
        [
            "list of sources is views + sales, the run asks for sales",
            "source sales: key is buyer, the run asks for customer",
        ]
    );
    let unnamed = DefinitionRequest::default().create();
    assert_eq!(listed(&other, &unnamed), ["list of sources is (no name), the run asks for sales"]);
}

#[test]
fn a_request_without_names_asks_the_same_of_every_source() {
    let two = DefinitionRequest {
        gap: None,
        sources: vec![named("views", "user"), named("sales", "buyer")],
        ..DefinitionRequest::default()
    };
    let kept = two.create();
    let zone = asking(|r| r.timezone = Some("Europe/Paris".into()));
    assert_eq!(
        listed(&zone, &kept),
        [
            "source views: timezone is UTC, the run asks for Europe/Paris",
            "source sales: timezone is UTC, the run asks for Europe/Paris",
        ]
    );
    let changed = zone.over(&kept).create();
    assert_eq!(changed.sources.len(), 2);
    assert_eq!(listed(&zone, &changed), <[&str; 0]>::default());
    assert_eq!(listed(&two, &changed), <[&str; 0]>::default());
}

#[test]
fn the_first_source_names_the_key_columns() {
    let two = DefinitionRequest {
        gap: None,
        sources: vec![named("views", "user"), named("sales", "buyer")],
        ..DefinitionRequest::default()
    };
    assert_eq!(two.create().key_names(), ["user"]);
}
