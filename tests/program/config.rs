//! The configuration file: every flag has a key, the command line wins, and a mistake is said with its line.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

use crate::support::Folder;
use clap::{Arg, ArgAction};
use serde_json::{Value, json};

/// Values of every kind that flags take. One of them should be right for any flag that does not list its values.
const VALUES: [&str; 15] = [
    "7s",
    "7",
    "7%",
    "2020-01-01T00:00:00Z",
    "Europe/Paris",
    "epoch-s",
    ";",
    "7MiB",
    "count",
    "event=login",
    "event:login=2h,*=30m",
    "midnight",
    "both",
    "env:HASH_KEY",
    "word",
];

/// Each verb with each of its flags, as clap knows them.
fn flags() -> Vec<(String, Arg)> {
    let root = sessionize::internals::command();
    let flags = root.get_subcommands().flat_map(|verb| {
        let flags = verb.get_arguments().filter(|flag| flag.get_long().is_some() && !flag.is_hide_set());
        flags.map(|flag| (verb.get_name().to_owned(), flag.clone()))
    });
    flags.collect()
}

/// Values that a file may give to `flag`, as TOML, and as they are shown.
fn candidates(flag: &Arg) -> Vec<(String, Value)> {
    if matches!(flag.get_action(), ArgAction::SetTrue) {
        return vec![("true".to_owned(), json!(true))];
    }
    let listed = flag.get_possible_values();
    let texts: Vec<String> = match listed.last() {
        Some(last) => vec![last.get_name().to_owned()],
        None => VALUES.iter().map(|&value| value.to_owned()).collect(),
    };
    let shown = |text: &String| {
        if matches!(flag.get_action(), ArgAction::Append) { json!([text]) } else { json!(text) }
    };
    texts.iter().map(|text| (format!("'{text}'"), shown(text))).collect()
}

/// What `sessionize config` says of one key of a command.
#[track_caller]
fn effective(folder: &Folder, command: &[&str], key: &str) -> Value {
    let words = [&["config", "--report", "json"], command].concat();
    let report = folder.sessionize(&words).expect_code(0).json();
    let settings = report["settings"].as_array().unwrap();
    settings.iter().find(|setting| setting["key"] == key).unwrap().clone()
}

/// A folder with a configuration file.
fn folder_with(file: &str) -> Folder {
    let folder = Folder::new();
    folder.write("sessionize.toml", file);
    folder
}

#[track_caller]
fn expect_refused(file: &str, expected: &str) {
    let finished = folder_with(file).sessionize(&["config"]).expect_code(2);
    assert_eq!(finished.stderr, format!("sessionize: sessionize.toml:{expected}\n"));
}

#[test]
fn every_flag_of_every_verb_has_a_key() {
    let flags = flags();
    assert!(flags.len() > 40, "the flags were not found: {}", flags.len());
    let mut taken = 0;
    for (verb, flag) in &flags {
        let key = flag.get_long().unwrap();
        for (value, shown) in candidates(flag) {
            let folder = folder_with(&format!("\n[{verb}]\n{key} = {value}\n"));
            let finished = folder.sessionize(&["config", "--report", "json", verb]);
            if finished.code == Some(0) {
                let expected =
                    json!({"key": key, "value": shown, "from": "file", "place": "sessionize.toml:3"});
                assert_eq!(effective(&folder, &[verb], key), expected, "[{verb}]");
                taken += 1;
                break;
            }
            // The key is known, and it is the flag itself that does not take this value.
            let refusal = match key {
                // A value that may be a secret is not shown.
                "hash-key" => "--hash-key: ".to_owned(),
                _ => format!("invalid value {value} for '--{key} "),
            };
            let refusal = format!("sessionize: sessionize.toml:3: {refusal}");
            assert!(finished.stderr.starts_with(&refusal), "[{verb}] {key}: {}", finished.stderr);
        }
    }
    assert!(
        taken * 10 >= flags.len() * 9,
        "VALUES has a right one for only {taken} of {} flags",
        flags.len()
    );
}

#[test]
fn flags_of_the_whole_program_have_keys_at_the_top() {
    let folder = folder_with("verbose = 2\n");
    assert_eq!(effective(&folder, &["fake"], "verbose")["value"], "2");
    assert_eq!(effective(&folder, &["run"], "verbose")["place"], "sessionize.toml:1");
}

#[test]
fn a_key_at_the_top_holds_for_every_verb_in_which_it_means_the_same() {
    let folder = folder_with("state = 's'\nkey = 'user'\nquiet = true\n[finalize]\nstate = 'other'\n");
    assert_eq!(effective(&folder, &["run"], "key")["value"], json!(["user"]));
    assert_eq!(effective(&folder, &["inspect"], "state")["value"], "s");
    assert_eq!(effective(&folder, &["finalize"], "state")["place"], "sessionize.toml:5");
    // For inspect a key is no column.
    assert_eq!(effective(&folder, &["inspect"], "key")["value"], Value::Null);
}

/// Two events, ten minutes apart.
const TEN_MINUTES: &str = "a,2020-01-01 00:00:00\na,2020-01-01 00:10:00\n";

fn sessions_after(folder: &Folder, run: &[&str]) -> usize {
    folder.write("day.csv", TEN_MINUTES);
    folder.sessionize(run).expect_code(0);
    folder.sessionize(&["finalize"]).expect_code(0);
    folder.sessions().len()
}

#[test]
fn flags_win_over_the_file_and_the_file_over_defaults() {
    let cron_line = ["run", "--batch", "day.csv"];
    assert_eq!(sessions_after(&Folder::new(), &cron_line), 2);
    assert_eq!(sessions_after(&folder_with("gap = '30m'\n"), &cron_line), 1);
    let with_flag = ["run", "--batch", "day.csv", "--gap", "9m"];
    assert_eq!(sessions_after(&folder_with("gap = '30m'\n"), &with_flag), 2);
}

#[test]
fn each_setting_says_where_it_comes_from() {
    let folder = folder_with("# the shop's log\ngap = '30m'\nwatermark-delay = '1h'\n");
    let command = ["run", "--watermark-delay", "2h"];
    let of = |key| effective(&folder, &command, key);
    let expected = json!({"key": "gap", "value": "30m", "from": "file", "place": "sessionize.toml:2"});
    assert_eq!(of("gap"), expected);
    assert_eq!(of("watermark-delay"), json!({"key": "watermark-delay", "value": "2h", "from": "flag"}));
    assert_eq!(of("max-rejects"), json!({"key": "max-rejects", "value": "1%", "from": "default"}));
    let text = folder.sessionize(&["config", "--watermark-delay", "2h"]).expect_code(0).stdout;
    let line = |key: &str| {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(key)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(text.lines().next(), Some("run with sessionize.toml"));
    assert_eq!(line("gap"), "gap 30m sessionize.toml:2");
    assert_eq!(line("watermark-delay"), "watermark-delay 2h flag");
    assert_eq!(line("out"), "out sessionize-out default");
}

#[test]
fn a_switch_of_the_file_is_taken_back() {
    let folder = folder_with("quiet = true\n");
    folder.write("day.csv", TEN_MINUTES);
    assert_eq!(folder.sessionize(&["run", "day.csv", "--dry-run"]).expect_code(0).stdout, "");
    assert_ne!(folder.sessionize(&["run", "day.csv", "--no-quiet"]).expect_code(0).stdout, "");
    assert_eq!(effective(&folder, &["run", "--no-quiet"], "quiet")["from"], "flag");
    assert_eq!(effective(&folder, &["run", "--no-quiet", "-q"], "quiet")["value"], true);
}

#[test]
fn a_flag_drops_what_the_file_says_against_it() {
    let folder = folder_with("watermark-delay = '1h'\nbatch = ['no-such-file.csv']\n");
    folder.write("day.csv", TEN_MINUTES);
    folder.sessionize(&["run", "day.csv", "--watermark", "2020-01-02"]).expect_code(0);
    let folder = folder_with("watermark = 2020-01-02T00:00:00Z\n");
    folder.write("day.csv", TEN_MINUTES);
    let report =
        folder.sessionize(&["run", "day.csv", "--watermark-delay", "1m", "--report", "json"]).expect_code(0);
    assert_eq!(report.json()["watermark"], "2020-01-01T00:09:00Z");
}

#[test]
fn files_of_the_batch_may_stand_in_the_file() {
    let folder = folder_with("batch = ['day.csv']\n");
    assert_eq!(sessions_after(&folder, &["run"]), 2);
    Folder::new().sessionize(&["run"]).expect_code(2);
}

#[test]
fn paths_are_written_as_seen_from_the_folder_of_the_file() {
    let folder = Folder::new();
    folder.write("shop/sessionize.toml", "state = 'state'\nout = 'out'\nbatch = ['day.csv']\n");
    folder.write("shop/day.csv", TEN_MINUTES);
    folder.sessionize(&["--config", "shop/sessionize.toml", "run"]).expect_code(0);
    assert_eq!(folder.files("shop/out/sessions").len(), 1);
    assert!(folder.files("sessionize-state").is_empty());
    let absolute = folder.path("shop/sessionize.toml");
    let named = effective(&folder, &["run", "--config", absolute.to_str().unwrap()], "state");
    assert_eq!(named["value"], folder.path("shop/state").to_str().unwrap());
}

#[test]
fn an_unknown_key_names_the_nearest_known_one() {
    expect_refused(
        "gap = '1m'\nwatermark-dely = '1h'\n",
        "2: there is no key watermark-dely; did you mean watermark-delay?",
    );
    expect_refused("max_late = '1%'\n", "1: there is no key max_late; did you mean max-late?");
    expect_refused("[fake]\nrow = 3\n", "2: there is no key row; did you mean rows?");
    expect_refused("\n[finalise]\nkeep = 3\n", "2: there is no verb finalise; did you mean finalize?");
    let unlike = "a key is a flag without its dashes: see 'sessionize run --help'";
    expect_refused("colour = 'red'\n", &format!("1: there is no key colour; {unlike}"));
    let refused = folder_with("[colours]\nred = 1\n").sessionize(&["config"]).expect_code(2).stderr;
    assert!(
        refused.contains("there is no verb colours; there are init, run, ")
            && refused.ends_with(", source\n"),
        "{refused}"
    );
    let elsewhere = "1: there is no key rows; it is a flag of fake: write it under [fake]";
    expect_refused("rows = 3\n", elsewhere);
    expect_refused(
        "config = 'other.toml'\n",
        "1: there is no key config; it is a verb: write its keys under [config]",
    );
}

#[test]
fn a_value_of_the_wrong_kind_is_refused() {
    let units = "time unit needed, for example 1sec or 1ms; durations read like 90s, 5m, 1h30m, 7d";
    expect_refused("gap = 1\n", &format!("1: invalid value '1' for '--gap <DUR>': {units}"));
    let words = "[possible values: auto, yes, no]";
    expect_refused(
        "header = 'perhaps'\n",
        &format!("1: invalid value 'perhaps' for '--header <HEADER>' {words}"),
    );
    expect_refused("gap = true\n", "1: gap takes a value: it is not a switch");
    expect_refused("quiet = 'yes'\n", "1: quiet is a switch: write true or false");
    expect_refused("gap = ['1m', '2m']\n", "1: gap takes one value, but this is a list");
    expect_refused("key = []\n", "1: key is an empty list: leave it out");
    expect_refused("key = [['user']]\n", "1: key takes a value or a list of plain values");
    expect_refused("gap = { minutes = 5 }\n", "1: gap takes a value, but this is a table");
    // Mistakes in the table of another verb do not wait until that verb is used.
    expect_refused("[fake]\ndays = 0\n", "2: invalid value '0' for '--days <N>': 0 is not in 1..=36525");
}

#[test]
fn flags_that_exclude_each_other_do_so_in_the_file() {
    let both = "watermark-delay = '1m'\nwatermark = 2020-01-02T00:00:00Z\n";
    let expected = "2: watermark excludes watermark-delay (sessionize.toml:1); leave one of them out";
    expect_refused(both, expected);
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_its_line() {
    let folder = folder_with("gap = '1m'\nlateness 1h\n");
    let finished = folder.sessionize(&["run", "day.csv"]).expect_code(2);
    assert!(
        finished.stderr.starts_with("sessionize: sessionize.toml:2: the configuration file is not TOML: ")
    );
    assert_eq!(finished.stderr.lines().count(), 1);
    folder.write("sessionize.toml", b"gap = '1m'\n\xff\n");
    let finished = folder.sessionize(&["run", "day.csv"]).expect_code(2);
    assert_eq!(finished.stderr, "sessionize: sessionize.toml:2: the configuration file is not UTF-8\n");
    // The way out is open.
    folder.sessionize(&["run", "--help"]).expect_code(0);
    folder.sessionize(&["run", "--config", "/dev/null", "--help"]).expect_code(0);
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let folder = Folder::new();
    let finished = folder.sessionize(&["--config", "shop.toml", "inspect"]).expect_code(2);
    assert!(finished.stderr.starts_with("sessionize: shop.toml: cannot read the configuration file: "));
    assert!(folder.files("").is_empty());
}
