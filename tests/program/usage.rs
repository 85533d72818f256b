//! An invalid command line is answered in one line, for every verb and every flag: what is wrong, what is nearest to it, where to
//! look.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on ends")]

use crate::support::twin::expect_one_clear_line;
use crate::support::{Finished, Folder};
use clap::{Arg, ArgAction, Command};

/// Runs an invalid command line; returns the one line without its beginning and without the way to the help.
#[track_caller]
fn reported(arguments: &[&str], help_of: &str) -> String {
    let folder = Folder::in_memory();
    let finished = folder.sessionize(arguments).expect_code(2);
    expect_one_clear_line(&finished);
    assert!(folder.files("").is_empty());
    let line = finished.stderr.trim_end().strip_prefix("sessionize: ").unwrap();
    let help = format!(
        "; see '{}'",
        [&["sessionize"], help_of.split_whitespace().collect::<Vec<_>>().as_slice(), &["--help"]]
            .concat()
            .join(" ")
    );
    line.strip_suffix(&help).unwrap_or_else(|| panic!("no {help} in: {line}")).to_owned()
}

fn verbs() -> Vec<Command> {
    sessionize::internals::command()
        .get_subcommands()
        .filter(|verb| verb.get_name() != "help")
        .cloned()
        .collect()
}

/// The flags that people see.
fn flags(verb: &Command) -> impl Iterator<Item = (&Arg, &str)> {
    verb.get_arguments().filter(|flag| !flag.is_hide_set()).filter_map(|flag| Some((flag, flag.get_long()?)))
}

#[test]
fn a_misspelt_flag_is_named_with_the_nearest_one() {
    for verb in verbs().iter().filter(|verb| verb.get_name() != "config") {
        for (_, flag) in flags(verb) {
            let wrong = format!("--{flag}z");
            let line = reported(&[verb.get_name(), &wrong], verb.get_name());
            let nearest =
                format!("unexpected argument '{wrong}' found; a similar argument exists: '--{flag}'");
            assert!(line.starts_with(&nearest), "{line}");
        }
    }
}

#[test]
fn a_word_of_before_is_answered_with_the_word_of_today() {
    for (before, now) in [
        (&["run", "--lateness", "1h"][..], "--lateness is now --watermark-delay"),
        (&["run", "--retain=3d"], "--retain is now --allowed-lateness"),
        (
            &["run", "--late", "correct"],
            "--late correct is now --allowed-lateness, with how long: --allowed-lateness 3d",
        ),
        (&["inspect", "--format", "json"], "--format is now --report"),
        (&["run", "--as-of-clock", "2020-01-01"], "--as-of-clock is now --now"),
        (&["finalize", "--keep", "3"], "--keep is now --keep-generations"),
    ] {
        assert_eq!(reported(before, before[0]), now);
    }
    assert_eq!(reported(&["evict", "--key", "a"], ""), "evict is now purge");
}

#[test]
fn a_key_or_a_table_of_before_is_answered_with_the_word_of_today() {
    for (file, answer) in [
        ("lateness = '1h'\n", "there is no key lateness; it is now watermark-delay"),
        ("retain = '3d'\n", "there is no key retain; it is now allowed-lateness"),
        ("format = 'json'\n", "there is no key format; it is now report"),
        ("as-of-clock = '2020-01-01'\n", "there is no key as-of-clock; it is now now"),
        ("[finalize]\nkeep = 3\n", "there is no key keep; it is now keep-generations"),
        ("[evict]\nstate = 'other'\n", "there is no verb evict; it is now purge"),
        (
            "late = 'correct'\n",
            "--late correct is now --allowed-lateness, with how long: --allowed-lateness 3d",
        ),
    ] {
        let folder = Folder::new();
        folder.write("sessionize.toml", file);
        let refused = folder.sessionize(&["config"]).expect_code(2).stderr;
        assert!(refused.contains(answer) && refused.lines().count() == 1, "{refused}");
    }
}

#[test]
fn a_value_that_is_not_possible_is_named_with_those_that_are() {
    let mut seen = 0;
    for verb in &verbs() {
        for (flag, name) in flags(verb).filter(|(flag, _)| matches!(flag.get_action(), ArgAction::Set)) {
            let values = flag.get_possible_values();
            let Some(last) = values.last() else { continue };
            let wrong = format!("{}z", last.get_name());
            let given = format!("--{name}={wrong}");
            let line = reported(&[verb.get_name(), &given], verb.get_name());
            assert!(line.starts_with(&format!("invalid value '{wrong}' for '--{name} <")), "{line}");
            assert!(values.iter().all(|value| line.contains(value.get_name())), "{line}");
            assert!(line.ends_with(&format!("; a similar value exists: '{}'", last.get_name())), "{line}");
            seen += 1;
        }
    }
    assert!(seen > 8, "the flags with listed values were not found: {seen}");
}

/// The files of a batch may also stand behind `--`: then `--batch` has none.
fn needs_a_value(flag: &Arg) -> bool {
    flag.get_action().takes_values() && flag.get_num_args().is_none_or(|values| values.min_values() > 0)
}

#[test]
fn a_flag_without_its_value_is_named() {
    for verb in &verbs() {
        for (_, name) in flags(verb).filter(|(flag, _)| needs_a_value(flag)) {
            let line = reported(&[verb.get_name(), &format!("--{name}")], verb.get_name());
            let expected = format!("a value is required for '--{name} <");
            assert!(line.starts_with(&expected) && line.contains("but none was supplied"), "{line}");
        }
    }
}

#[test]
fn a_misspelt_verb_is_named_with_the_nearest_one() {
    for verb in &verbs() {
        let wrong = format!("{}z", verb.get_name());
        let line = reported(&[&wrong], "");
        assert!(line.starts_with(&format!("unrecognized subcommand '{wrong}'; ")), "{line}");
        assert!(
            line.contains("similar subcommand") && line.contains(&format!("'{}'", verb.get_name())),
            "{line}"
        );
    }
    let all = reported(&[], "");
    assert!(verbs().iter().all(|verb| all.contains(verb.get_name())), "{all}");
    assert_eq!(reported(&["-v"], ""), all);
}

#[test]
fn flags_that_exclude_each_other_and_words_too_many_are_named() {
    let both = reported(&["run", "x", "--watermark-delay=1m", "--watermark=2020-01-01"], "run");
    assert!(
        both.contains("'--watermark-delay <DUR>' cannot be used with '--watermark <T>'")
            || both.contains("'--watermark <T>' cannot be used with '--watermark-delay <DUR>'"),
        "{both}"
    );
    assert!(reported(&["inspect", "word"], "inspect").starts_with("unexpected argument 'word' found"));
    assert!(reported(&["rollback"], "rollback").contains("--to-run"), "a flag that is needed");
    assert!(reported(&["run", "--gap=1m", "--gap=2m", "x"], "run").contains("cannot be used multiple times"));
}

#[test]
fn words_of_several_lines_stay_in_one() {
    let line = reported(&["run", "--gap=1\n\nUsage: 2", "x"], "run");
    assert!(line.starts_with("invalid value '1 Usage: 2' for '--gap <DUR>'"), "{line}");
    reported(&["run", "--\n\n"], "run");
    reported(&["a\nb"], "");
}

#[test]
fn help_and_version_go_to_standard_output() {
    let folder = Folder::in_memory();
    let mut asked: Vec<Vec<String>> =
        vec![vec!["--help".into()], vec!["--version".into()], vec!["help".into()]];
    for verb in &verbs() {
        asked.push(vec![verb.get_name().into(), "--help".into()]);
        asked.push(vec!["help".into(), verb.get_name().into()]);
        asked.push(vec![verb.get_name().into(), "--version".into()]);
    }
    for words in asked {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let Finished { stdout, stderr, .. } = folder.sessionize(&words).expect_code(0);
        assert!(!stdout.is_empty() && stderr.is_empty(), "{words:?}: {stderr}");
    }
}
