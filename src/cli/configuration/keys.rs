//! The keys of the configuration file. There is no list of them: clap knows every flag, and each visible flag has a key of its
//! name.

use crate::cli::renamed::key_of_today;
use crate::input::nearest_name;
use clap::{Arg, Command};

/// Flags without a key, because they make no sense in a file.
const WITHOUT_KEY: [&str; 3] = ["config", "help", "version"];

/// The flags of `command` that have a key, in the order of its help.
pub(super) fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|flag| {
        let named = flag.get_long().is_some_and(|name| !WITHOUT_KEY.contains(&name));
        named && !flag.is_hide_set()
    })
}

/// The flag of `command` with this name.
pub(super) fn flag<'c>(command: &'c Command, name: &str) -> Option<&'c Arg> {
    flags(command).find(|flag| flag.get_long() == Some(name))
}

/// The verbs that can have a table: those with flags.
pub(super) fn verbs(root: &Command) -> impl Iterator<Item = &Command> {
    root.get_subcommands().filter(|verb| flags(verb).next().is_some())
}

/// The flag that a key of the table `[verb]` sets. Without `verb`, the key is at the top of the file: a flag of every verb, or
/// one of `run`.
pub(super) fn flag_of_key<'c>(root: &'c Command, verb: Option<&str>, key: &str) -> Option<&'c Arg> {
    let verb = root.find_subcommand(verb.unwrap_or("run"))?;
    flag(verb, key).or_else(|| flag(root, key))
}

/// The flag of `verb` that a key at the top of the file sets: it must mean the same as for `run`.
pub(super) fn flag_of_top<'c>(root: &'c Command, verb: &'c Command, key: &str) -> Option<&'c Arg> {
    let here = flag(verb, key).or_else(|| flag(root, key))?;
    let for_run = flag_of_key(root, None, key)?;
    same_meaning(here, for_run).then_some(here)
}

/// Flags of one name mean the same if they take the same kind of value: `--key` takes columns for `run`, and a key for
/// `inspect`.
fn same_meaning(one: &Arg, other: &Arg) -> bool {
    one.get_value_names() == other.get_value_names()
}

/// The advice for an unknown key: where it belongs, or the nearest known one.
pub(super) fn advice(root: &Command, verb: Option<&str>, key: &str) -> String {
    if let Some(now) = key_of_today(key) {
        return format!("it is now {now}");
    }
    let elsewhere = verbs(root).find(|other| flag(other, key).is_some());
    if let Some(other) = elsewhere {
        return format!("it is a flag of {name}: write it under [{name}]", name = other.get_name());
    }
    if verb.is_none() && verbs(root).any(|verb| verb.get_name() == key) {
        return format!("it is a verb: write its keys under [{key}]");
    }
    let own = verb.unwrap_or("run");
    let names = root.find_subcommand(own).into_iter().flat_map(flags).chain(flags(root));
    let names = names.filter_map(Arg::get_long);
    let nearest = match verb {
        Some(_) => nearest_name(key, names),
        None => nearest_name(key, names.chain(verbs(root).map(Command::get_name)).chain(["source"])),
    };
    did_you_mean(nearest)
        .unwrap_or_else(|| format!("a key is a flag without its dashes: see 'sessionize {own} --help'"))
}

/// The question after a misspelled name.
pub(super) fn did_you_mean(nearest: Option<&str>) -> Option<String> {
    nearest.map(|name| format!("did you mean {name}?"))
}
