//! Who decides the definition, what counts as another one, and which source a file belongs to.

use super::job_tests::Job;
use super::sources::{check_keys, source_of};
use super::{check_request, check_secret};
use crate::core::gap::Gap;
use crate::core::rules::RuleTexts;
use crate::definition::{ColumnRequest, DefinitionRequest, KeyHasher, SourceRequest};
use crate::error::{Error, ErrorKind};
use crate::maintenance::rollback;
use crate::report::Status;
use crate::settings::{FilePattern, Limit, SourceChoice};
use std::path::Path;

fn ask_gap(job: &mut Job, minutes: i64) {
    job.settings.request.gap = Some(Gap::from_us(minutes * 60_000_000));
}

fn rules(rules: &[(&str, &str)]) -> RuleTexts {
    RuleTexts::collect(rules.iter().copied()).unwrap()
}

fn expect(refusal: &Error, kind: ErrorKind, words: &str) {
    assert_eq!(refusal.kind(), kind, "{refusal}");
    assert!(refusal.to_string().contains(words), "{refusal}");
}

#[test]
fn a_row_or_a_header_decides_the_definition_and_nothing_else_does() {
    for (header, content, decides) in [
        (None, "", false),
        (Some(true), "", false),
        (Some(false), "\n\n", false),
        (Some(true), "key,time\n", true),
        (None, "ann,2020-01-01 10:00:00\n", true),
        (Some(false), "ann,never\n", true),
    ] {
        let mut job = Job::new();
        let columns = |number| Some(vec![ColumnRequest::Number(number)]);
        let request = &mut job.settings.request.sources[0];
        (request.header, request.key, request.time) = (header, columns(1), columns(2));
        job.settings.max_rejects = Limit::Rows(1);
        job.run(&[("first.csv", content)]).unwrap();
        ask_gap(&mut job, 10);
        let rows = if header == Some(true) {
            "key,time\nbob,2020-01-02 10:00:00\n"
        } else {
            "bob,2020-01-02 10:00:00\n"
        };
        match job.run(&[("second.csv", rows)]) {
            Ok(report) => assert!(!decides && report.decided.unwrap().starts_with("gap 10m, "), "{content}"),
            Err(refusal) => {
                assert!(decides, "{content}: {refusal}");
                expect(&refusal, ErrorKind::Definition, "gap is 5m, the run asks for 10m");
            }
        }
    }
}

#[test]
fn a_row_of_json_decides_it_although_its_columns_have_no_places() {
    let mut job = Job::new();
    let name = |name: &str| Some(vec![ColumnRequest::Name(name.into())]);
    let request = &mut job.settings.request.sources[0];
    (request.key, request.time) = (name("who"), name("at"));
    let report = job.run(&[("log.json", "{\"who\":\"ann\",\"at\":\"2020-01-01 10:00:00\"}\n")]).unwrap();
    assert_eq!(report.rows_read, 1);
    // Its content is known: a run that decides nothing would have taken in nothing.
    assert_eq!(job.run_again(&["log.json"]).unwrap().status, Status::NothingToDo);
    ask_gap(&mut job, 10);
    let refusal = job.run(&[("more.json", "{\"who\":\"bob\",\"at\":\"2020-01-02\"}\n")]).unwrap_err();
    expect(&refusal, ErrorKind::Definition, "gap is 5m, the run asks for 10m");
}

#[test]
fn before_the_first_run_no_definition_is_decided() {
    let mut job = Job::of_days(2);
    rollback(&mut job.open().unwrap(), 0).unwrap();
    ask_gap(&mut job, 10);
    let report = job.day(1).unwrap();
    assert_eq!(report.decided.as_deref(), Some("gap 10m, key 1, time 2, header no"));
    ask_gap(&mut job, 5);
    expect(&job.day(2).unwrap_err(), ErrorKind::Definition, "gap is 10m, the run asks for 5m");
}

#[test]
fn what_no_run_asks_for_any_more_still_holds() {
    let mut job = Job::new();
    ask_gap(&mut job, 10);
    job.run(&[("empty.csv", "")]).unwrap();
    job.settings.request = DefinitionRequest::default();
    assert!(job.day(1).unwrap().decided.unwrap().starts_with("gap 10m, "));
    assert_eq!(job.day(2).unwrap().decided, None);
}

#[test]
fn another_definition_waits_until_nothing_is_held_under_the_old_one() {
    let mut job = Job::of_days(1);
    ask_gap(&mut job, 10);
    expect(
        &job.day(2).unwrap_err(),
        ErrorKind::Definition,
        "the checkpoint has another definition: gap is 5m, the run asks for 10m",
    );
    job.settings.redefine = true;
    let differs = "under the old definition (gap is 5m, the run asks for 10m)";
    expect(&job.day(2).unwrap_err(), ErrorKind::Definition, &format!("1 event is still open {differs}"));
    ask_gap(&mut job, 5);
    job.run(&[("more.csv", "bob,2020-01-01 12:00:01\n")]).unwrap();
    ask_gap(&mut job, 10);
    expect(&job.day(2).unwrap_err(), ErrorKind::Definition, &format!("2 events are still open {differs}"));
    job.finalize(None).unwrap();
    assert_eq!(job.day(2).unwrap().decided.as_deref(), Some("gap 10m, key 1, time 2, header no"));
}

#[test]
fn keys_without_open_events_are_held_too() {
    let two_keys = "ann,2020-01-01 12:00:00,in\nbob,2020-01-01 12:00:00,out\nann,2020-01-01 12:00:00,out\n";
    let can_change = "completed sessions of 2 keys can still change under the old definition";
    let at_its_end =
        "an event may still come at the time at which sessions of 1 key ended under the old definition";
    for (rule, rows, minutes, held) in [
        (("allowed-lateness", "1h"), two_keys, 10, can_change),
        (("end-on", "3=out"), "bob,2020-01-01 12:00:00,out\n", 0, at_its_end),
    ] {
        let mut job = Job::new();
        job.settings.request.rules = rules(&[rule]);
        job.run(&[("1.csv", rows)]).unwrap();
        let latest = job.open().unwrap().checkpoint.head().unwrap().latest.unwrap();
        job.finalize(Some(latest.saturating_add_us(minutes * 60_000_000))).unwrap();
        assert_eq!(job.open().unwrap().checkpoint.head().unwrap().events_open, 0);
        job.settings.redefine = true;
        ask_gap(&mut job, 10);
        expect(&job.day(2).unwrap_err(), ErrorKind::Definition, held);
    }
}

#[test]
fn a_decided_definition_is_told_with_everything_that_is_not_usual() {
    let mut job = Job::new();
    let request = &mut job.settings.request.sources[0];
    (request.key, request.time) = (
        Some(vec![ColumnRequest::Name("who".into()), ColumnRequest::Name("shop".into())]),
        Some(vec![ColumnRequest::Name("at".into())]),
    );
    request.timezone = Some("Europe/Paris".into());
    job.settings.request.rules = rules(&[("max-duration", "1h"), ("agg", "count=views")]);
    let report = job.run(&[("log.csv", "at;who;shop\n2020-01-01 10:00:00;ann;x\n")]).unwrap();
    let told = report.decided.unwrap();
    for part in [
        "gap 5m, ",
        "key who,shop, time at (Europe/Paris), header yes, delimiter ;",
        ", max-duration 1h",
        ", agg count=views",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains("quote"), "what is usual is not told: {told}");
}

#[test]
fn rules_that_exclude_each_other_and_columns_of_one_name_are_refused_before_anything_is_read() {
    let asked = |asked: &[(&str, &str)]| {
        check_request(&DefinitionRequest { rules: rules(asked), ..DefinitionRequest::default() })
    };
    asked(&[("agg", "count=views"), ("max-duration", "1h")]).unwrap();
    expect(&asked(&[("agg", "count=session_id")]).unwrap_err(), ErrorKind::Usage, "give it another name");
    let torn = [("max-duration", "1h"), ("max-duration", "none")];
    expect(&asked(&torn).unwrap_err(), ErrorKind::Usage, "these rules exclude each other");
    // The names of the key columns are known when a file has shown them.
    let mut job = Job::new();
    job.settings.request.sources[0].key = Some(vec![ColumnRequest::Name("views".into())]);
    job.settings.request.rules = rules(&[("agg", "count=views")]);
    let refusal = job.run(&[("log.csv", "views,time\nann,2020-01-01 10:00:00\n")]).unwrap_err();
    expect(&refusal, ErrorKind::Usage, "give it another name");
}

#[test]
fn a_command_without_the_secret_of_the_first_run_is_refused() {
    let hasher = KeyHasher::new(b"a secret that is long enough").unwrap();
    let definition = DefinitionRequest::default().create();
    check_secret(&definition, None).unwrap();
    expect(&check_secret(&definition, Some(&hasher)).unwrap_err(), ErrorKind::Definition, "--hash-key");
}

fn two_sources(keys: [u32; 2]) -> DefinitionRequest {
    let source = |name: &str, parts: u32| SourceRequest {
        name: Some(name.into()),
        key: Some((1..=parts).map(ColumnRequest::Number).collect()),
        ..SourceRequest::default()
    };
    DefinitionRequest {
        sources: vec![source("web", keys[0]), source("app", keys[1])],
        ..DefinitionRequest::default()
    }
}

#[test]
fn a_file_belongs_to_the_source_that_is_named_or_fits() {
    let found = |request: &DefinitionRequest, choice: &SourceChoice| {
        let mut definition = request.create();
        source_of(&mut definition, choice, Path::new("app.csv"))
            .map(|source| source.name.clone().unwrap_or_default())
    };
    let (one, two) = (DefinitionRequest::default(), two_sources([1, 1]));
    assert_eq!(found(&one, &SourceChoice::Only).unwrap(), "");
    expect(
        &found(&two, &SourceChoice::Only).unwrap_err(),
        ErrorKind::Usage,
        "this file matches several sources: web, app",
    );
    for name in ["web", "app"] {
        assert_eq!(found(&two, &SourceChoice::Named(name.into())).unwrap(), name);
    }
    let unknown = found(&two, &SourceChoice::Named("shop".into())).unwrap_err();
    expect(&unknown, ErrorKind::Usage, "there is no source shop: there are web, app");
    let by_pattern = |pattern: &str| {
        let pattern = FilePattern::read(pattern, Path::new("/")).unwrap();
        SourceChoice::ByPattern(vec![("app".into(), vec![pattern])])
    };
    assert_eq!(found(&two, &by_pattern("app*")).unwrap(), "app");
    let none = found(&two, &by_pattern("web*")).unwrap_err();
    expect(&none, ErrorKind::Usage, "no source has a pattern that matches this file: app (web*)");
}

#[test]
fn the_keys_of_all_sources_have_as_many_parts() {
    check_keys(&two_sources([2, 2]).create()).unwrap();
    let refusal = check_keys(&two_sources([1, 2]).create()).unwrap_err();
    expect(&refusal, ErrorKind::Usage, "the key of source app has 2 columns, that of the first source 1");
}
