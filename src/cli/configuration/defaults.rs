//! The keys of a configuration file become defaults of flags. The parser of each flag checks them, and clap applies them.

use super::document::{Document, Setting, Table, Value};
use super::keys;
use super::negation::negation;
use crate::cli::renamed::word_of_today;
use crate::cli::usage;
use crate::error::{Error, Result};
use crate::input::{is_url, nearest_name};
use clap::builder::ValueRange;
use clap::error::ErrorKind as ClapErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use std::collections::BTreeMap;
use std::path::Path;

/// What a file sets for one verb: names of flags and their values.
pub(super) type Defaults = BTreeMap<String, Default>;

/// The value of a flag in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Default {
    pub(super) values: Vec<String>,
    pub(super) line: usize,
}

/// Checks every key of the file, for all verbs.
///
/// # Errors
/// [`crate::error::ErrorKind::Usage`] for the first unknown key, or the first value that its flag does not accept.
pub(super) fn check(document: &Document, root: &Command) -> Result<()> {
    check_settings(document, root, None, &document.top)?;
    for Table { name, settings, line } in &document.tables {
        if keys::verbs(root).all(|verb| verb.get_name() != name) {
            return Err(no_verb(document, root, name, *line));
        }
        check_settings(document, root, Some(name), settings)?;
    }
    Ok(())
}

fn no_verb(document: &Document, root: &Command, name: &str, line: usize) -> Error {
    if name == "source" {
        return document.mistake(line, "write a source in double brackets: [[source]]");
    }
    if keys::flag_of_key(root, None, name).is_some() {
        return document.mistake(line, format!("{name} takes a value, but this is a table"));
    }
    let names = || keys::verbs(root).map(Command::get_name).chain(["source"]);
    let all = || format!("there are {}", names().collect::<Vec<_>>().join(", "));
    let advice = match word_of_today(name) {
        Some(now) => format!("it is now {now}"),
        None => keys::did_you_mean(nearest_name(name, names())).unwrap_or_else(all),
    };
    document.mistake(line, format!("there is no verb {name}")).remedy(advice)
}

fn check_settings(
    document: &Document,
    root: &Command,
    verb: Option<&str>,
    settings: &[Setting],
) -> Result<()> {
    for setting in settings {
        let Some(flag) = keys::flag_of_key(root, verb, &setting.key) else {
            return Err(unknown(document, setting, &keys::advice(root, verb, &setting.key)));
        };
        let values = values_of(document, flag, setting)?;
        let of_verb = root.find_subcommand(verb.unwrap_or("run")).unwrap_or(root);
        let command = if keys::flag(of_verb, &setting.key).is_some() { of_verb } else { root };
        try_values(command, flag, &values).map_err(|what| document.mistake(setting.line, what))?;
    }
    Ok(())
}

/// The error for an unknown key.
pub(super) fn unknown(document: &Document, setting: &Setting, advice: &str) -> Error {
    document.mistake(setting.line, format!("there is no key {}", setting.key)).remedy(advice)
}

/// The values in the form that the flag takes. Paths are relative to the folder of the file.
pub(super) fn values_of(document: &Document, flag: &Arg, setting: &Setting) -> Result<Vec<String>> {
    let mistake = |what: &str| document.mistake(setting.line, format!("{} {what}", setting.key));
    let is_switch = matches!(flag.get_action(), ArgAction::SetTrue);
    let values = match &setting.value {
        Value::Switch(value) if is_switch => vec![value.to_string()],
        _ if is_switch => return Err(mistake("is a switch: write true or false")),
        Value::Switch(_) => return Err(mistake("takes a value: it is not a switch")),
        Value::Many(_) if !takes_many(flag) => return Err(mistake("takes one value, but this is a list")),
        Value::Many(values) if values.is_empty() => return Err(mistake("is an empty list: leave it out")),
        Value::Many(values) => values.clone(),
        Value::One(value) => vec![value.clone()],
    };
    let is_path = matches!(flag.get_value_hint(), ValueHint::AnyPath);
    let beside = |value: String| if is_path { beside_file(&document.path, &value) } else { value };
    Ok(values.into_iter().map(beside).collect())
}

fn takes_many(flag: &Arg) -> bool {
    let more_than_one = |range: ValueRange| range.max_values() > 1;
    matches!(flag.get_action(), ArgAction::Append) || flag.get_num_args().is_some_and(more_than_one)
}

/// A path of the file, relative to the folder of the file.
fn beside_file(file: &Path, path: &str) -> String {
    match file.parent() {
        Some(folder) if path != "-" && !is_url(Path::new(path)) => {
            folder.join(path).to_string_lossy().into_owned()
        }
        _ => path.to_owned(),
    }
}

/// Lets clap parse the values as if they were given to the flag alone.
pub(super) fn try_values(command: &Command, flag: &Arg, values: &[String]) -> Result<(), String> {
    let name = flag.get_long().unwrap_or_default();
    let words: Vec<String> = match flag.get_action() {
        ArgAction::SetTrue => return Ok(()),
        ArgAction::Count => {
            let count = values.first().and_then(|count| count.parse::<u8>().ok());
            return count.map(|_| ()).ok_or_else(|| format!("{name} takes a number from 0 to 255"));
        }
        _ => values.iter().map(|value| format!("--{name}={value}")).collect(),
    };
    match command.clone().no_binary_name(true).try_get_matches_from(words) {
        Err(error) if error.kind() == ClapErrorKind::MissingRequiredArgument => Ok(()),
        Err(error) => Err(usage::explained(&error)),
        Ok(_) => Ok(()),
    }
}

/// What the file sets for `verb`, without what the command line (`given`) overrides.
///
/// # Errors
/// [`crate::error::ErrorKind::Usage`] if two flags that exclude each other have a key.
pub(super) fn defaults(
    document: &Document,
    root: &Command,
    verb: &Command,
    given: &ArgMatches,
) -> Result<Defaults> {
    let mut found = Defaults::new();
    for setting in &document.top {
        if let Some(flag) = keys::flag_of_top(root, verb, &setting.key) {
            let values = values_of(document, flag, setting)?;
            found.insert(setting.key.clone(), Default { values, line: setting.line });
        }
    }
    for table in document.tables.iter().filter(|table| table.name == verb.get_name()) {
        for setting in &table.settings {
            if let Some(flag) = keys::flag_of_key(root, Some(verb.get_name()), &setting.key) {
                let values = values_of(document, flag, setting)?;
                found.insert(setting.key.clone(), Default { values, line: setting.line });
            }
        }
    }
    found.retain(|name, _| keys::flag(verb, name).is_none_or(|flag| !is_overruled(verb, flag, given)));
    exclude(document, verb, &found)?;
    Ok(found)
}

/// Whether the command line overrides a default of `flag`: with its negation, with a flag that excludes it, or with the same
/// values as positional arguments.
fn is_overruled(verb: &Command, flag: &Arg, given: &ArgMatches) -> bool {
    let same_values =
        verb.get_positionals().filter(|other| other.get_value_names() == flag.get_value_names());
    let rivals = verb.get_arg_conflicts_with(flag).into_iter().chain(excluding(verb, flag));
    let negation = flag.get_long().and_then(|name| verb_negation(verb, name));
    rivals.chain(same_values).chain(negation).any(|other| is_given(given, other))
}

/// The flags that declare that they exclude `flag`.
fn excluding<'c>(verb: &'c Command, flag: &Arg) -> impl Iterator<Item = &'c Arg> {
    verb.get_arguments()
        .filter(move |other| verb.get_arg_conflicts_with(other).iter().any(|of| of.get_id() == flag.get_id()))
}

pub(super) fn verb_negation<'c>(verb: &'c Command, name: &str) -> Option<&'c Arg> {
    let negation = negation(name);
    verb.get_arguments().find(|other| other.get_long() == Some(negation.as_str()))
}

/// Whether the command line itself has this flag.
pub(super) fn is_given(given: &ArgMatches, flag: &Arg) -> bool {
    let id = flag.get_id().as_str();
    // clap panics on an id that the matches do not know, such as that of a flag of the root.
    let known = given.ids().any(|known| known.as_str() == id);
    known && given.value_source(id) == Some(clap::parser::ValueSource::CommandLine)
}

fn exclude(document: &Document, verb: &Command, found: &Defaults) -> Result<()> {
    for (name, default) in found {
        let rivals = keys::flag(verb, name).map_or_else(Vec::new, |flag| verb.get_arg_conflicts_with(flag));
        for rival in rivals.iter().filter_map(|rival| rival.get_long()) {
            if let Some(other) = found.get(rival) {
                let place = document.place(other.line);
                let what = format!("{name} excludes {rival} ({place})");
                return Err(document.mistake(default.line, what).remedy("leave one of them out"));
            }
        }
    }
    Ok(())
}

/// `command` with these defaults. A flag with a default is no longer required.
pub(super) fn give(command: Command, defaults: &Defaults) -> Command {
    command.mut_args(|flag| match flag.get_long().and_then(|name| defaults.get(name)) {
        Some(default) => flag.required(false).default_values(default.values.clone()),
        None => flag,
    })
}
